#!/usr/bin/env bash
# gommir convert: any checkpoint becomes a safetensors file that encodes the same; what cannot be
# converted leaves nothing behind.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
clip=$GMR_SOURCE_DIR/tests/golden/data/clip

# encoded WEIGHTS [OPTION...]: the vector of a text, in $out
encoded() {
    run encode --json --weights "$@" --text 'a red dress'
    same status 0 "$status"
    same "standard error" "" "$err"
}

# types FILE: the lines of totals, without the last
types() {
    run inspect "$1"
    sed '1,/^type /d; /^all /d' <<<"$out" | awk '{print $1, $2}'
}

for file in "$clip"/{openai,open_clip,hugging_face,resnet_open}*.{pt,safetensors}; do
    [ -e "$file" ] || continue
    encoded "$file"
    before=$out
    run convert "$file" out.safetensors --vocab="$clip/vocabulary.txt"
    same status 0 "$status"
    same output "" "$out$err"
    encoded out.safetensors
    same "vector of the converted $file" "$before" "$out"
    run inspect --json out.safetensors
    matches "architecture" '.*"names":"OpenAI",.*"vocabulary_inside":true.*' "$out"
    [[ $out == *'"metadata":{"model":"clip","version":"1"'* ]] || fail "$call: other metadata"
done

# Types stay, or matrices become halves; both vectors are near.
run convert "$clip/openai_script.pt" mixed
same "types" $'F32 27\nF16 35' "$(types mixed | sort -r)"
run convert "$clip/open_clip_legacy.pt" half --half
same "types" $'F64 40\nF16 22' "$(types half | sort -r)"

# In place, and again: the same bytes, with what the file said before.
cp "$clip/openai.safetensors" own
run convert own own
same status 0 "$status"
cp own once
run convert own own
cmp -s own once || fail "converting twice gives other bytes"
run inspect --json own
matches "metadata" '.*"fit":"pad".*"vocabulary_inside":true.*' "$out"

# What it was trained with is kept.
run convert "$clip/openai_archive.pt" gelu --gelu
run inspect --json gelu
matches "architecture" '.*"activation":"gelu".*' "$out"
encoded gelu --vocab "$clip/vocabulary.txt"
exact=$out
encoded "$clip/openai_archive.pt" --gelu
same "vector" "$exact" "$out"
encoded "$clip/openai_archive.pt"
[ "$exact" != "$out" ] || fail "GELU makes no difference"

# ---- recommenders ----

# recommender FILE NAME...: one with these tensors, of one number each
recommender() {
    local file=$1 header='' at=0 name
    shift
    for name; do
        header+="${header:+,}\"$name\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[$at,$((at + 4))]}"
        at=$((at + 4))
    done
    put "$file" "{$header}" "$at"
}

layer=tran.layers.0.attn.q_linear.weight
recommender gommir "$layer" gated_feature_composer.0.weight res_info_composer.0.weight
recommender gommir-no-gate "$layer" img_linear.weight res_info_composer.0.weight
recommender gommir-no-res "$layer" img_linear.weight gated_feature_composer.0.weight
recommender four "$layer" img_linear.weight
recommender tirg gated_feature_composer.0.weight img_linear.weight
recommender clip4cir combiner_layer.weight
recommender deers fc_joint.weight rnn.weight_ih rnn_n.weight_ih dis_layer_1.weight
recommender ege fc_joint.weight rnn.weight_ih dis_layer_1.weight
recommender mmran fc_joint.weight rnn.weight_ih "$layer"
recommender dm fc_joint.weight rnn.weight_ih

# becomes FILE MODEL [OPTION]
becomes() {
    run convert "$1" out ${3:+"$3"}
    same status 0 "$status"
    same "standard error" "" "$err"
    run inspect --json out
    matches "metadata" ".*\"model\":\"$2\",\"version\":\"1\".*\"models\":\\[\"$2\"\\].*" "$out"
    rm out
}
for name in gommir gommir-no-gate gommir-no-res tirg clip4cir deers ege mmran dm; do
    becomes $name $name
    becomes $name $name --model=$name
done
# What differs in training only is known by its name, which stays.
for name in gommir-no-comploss gommir-random-negs gommir-hist-negs gommir-no-rewards \
    gommir-no-neg-rewards; do
    run convert gommir trained --model=$name
    becomes trained $name
done
for name in gommir-no-comp ir-img ir-txt mmt; do
    becomes four $name --model=$name
done

# ---- captioners ----

captioner=$GMR_SOURCE_DIR/tests/golden/data/captioner
mkdir published
cp "$captioner/attend_archive.pth" published/model_best.pth
cp "$captioner/attend_2.pkl" published/infos_best.pkl
run convert published/model_best.pth attend.safetensors
same status 0 "$status"
same output "" "$out$err"
run inspect --json attend.safetensors
matches "metadata" '.*"model":"captioner","captioner":"show-attend-tell","version":"1",'\
'"input":"difference","length":"12","dropout":"0.25".*"vocabulary_inside":true.*' "$out"
words='"vocabulary":"are\u000ablack\u000ahas\u000acafé\u000a你好\u000aUNK\u000a"'
[[ $out == *"$words"* ]] || fail "$call: other words"

# The pickle may be anywhere, and of any protocol; its other name is known too.
mv published/infos_best.pkl published/infos.pkl
run convert published/model_best.pth again --model=captioner
same status 0 "$status"
cmp -s attend.safetensors again || fail "infos.pkl gives another file"
for protocol in 0 4; do
    run convert "$captioner/attend_archive.pth" again --infos "$captioner/attend_$protocol.pkl"
    same status 0 "$status"
    cmp -s attend.safetensors again || fail "protocol $protocol gives another file"
done
run convert again again
cmp -s attend.safetensors again || fail "converting twice gives other bytes"
run convert "$captioner/transformer_archive.pth" out --infos="$captioner/transformer_2.pkl"
same status 0 "$status"
run inspect --json out
matches "architecture" '.*"form":"transformer".*"input":"both".*"heads":2.*"length":8.*' "$out"
rm out

# ---- what cannot be converted ----

# fails MESSAGE ARGUMENT...
fails() {
    local message=$1
    shift
    echo before >kept
    run convert "$@"
    same status 1 "$status"
    same "standard output" "" "$out"
    matches "standard error" "gommir: $message" "$err"
    same "the file" before "$(cat kept)"
    same "files" "" "$(find . -name '*kept?*' -o -name '.*kept*')"
}
fails "cannot read 'none': No such file or directory" none kept
head -c 20000 "$clip/openai_archive.pt" >short
fails "cannot read 'short': .*" short kept
put other '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' 4
fails "cannot convert 'other': it holds neither CLIP, nor a captioner, nor a recommender that is known" other kept
fails ".*its tensors do not tell which of these it is: gommir-no-comp, ir-img, ir-txt, mmt" \
    four kept
fails ".*its tensors are not those of 'mmt', but of: gommir" gommir kept --model=mmt
fails ".*its tensors are not those of 'gommir-random-negs', but of: gommir-no-gate" \
    gommir-no-gate kept --model=gommir-random-negs
fails "'gommir' is no CLIP model: it has no vocabulary.*" gommir kept --half
fails "'.*' holds CLIP: only a recommender is told by a name, not 'dm'" \
    "$clip/openai_archive.pt" kept --model=dm
fails ".*'$captioner/attend_archive.pth' is a captioner of PyTorch: its words are in another file.*" \
    "$captioner/attend_archive.pth" kept
fails "cannot read 'missing.pkl': No such file or directory" \
    "$captioner/attend_archive.pth" kept --infos=missing.pkl
fails "'.*transformer_2.pkl' is of a captioner transformer, the tensors of '.*' are of show_.*" \
    "$captioner/attend_archive.pth" kept --infos="$captioner/transformer_2.pkl"
head -c 600 "$captioner/attend_2.pkl" >short.pkl
fails "cannot read 'short.pkl': pickle, byte .*: it ends early" \
    "$captioner/attend_archive.pth" kept --infos=short.pkl
fails "'attend.safetensors' says all of itself: 'short.pkl' is not needed" \
    attend.safetensors kept --infos=short.pkl
fails ".*its tensors are not those of 'mmt', but of: captioner" attend.safetensors kept --model=mmt
fails "'attend.safetensors' is no CLIP model: it has no vocabulary.*" attend.safetensors kept --half
fails "'gommir' is no captioner: it has no infos" gommir kept --infos=short.pkl
fails "'.*' is no captioner: it has no infos" "$clip/openai_archive.pt" kept --infos=short.pkl
printf '#version: 0.2\n' >small
fails "'small' is no vocabulary of '.*': it has 514 tokens, the model 522" \
    "$clip/openai_archive.pt" kept --vocab=small
fails "cannot read 'missing': No such file or directory" \
    "$clip/openai_archive.pt" kept --vocab=missing
run convert "$clip/openai_archive.pt" no/such/folder
same status 1 "$status"
matches "standard error" "gommir: .*'no/such/folder.*" "$err"
finish
