#!/usr/bin/env bash
# gommir train captioner and evaluate: critiques of the attribute critic and of people, going on after a stop,
# and what is refused.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
encoder=$GMR_SOURCE_DIR/tests/golden/data/clip/openai.safetensors

done_well catalogue generate --quiet --items 60 --out drawn
sizes=(--width 8 --embed 4 --attention 4 --hidden 8 --layers 1 --heads 2 --minimum 1 --batch 8 --warm-up 2
    --threads 1)
small=(train captioner --catalogue drawn --features "$encoder" --pairs 32 --epochs 2 "${sizes[@]}")

# ---- a run, and how good it is ----

run "${small[@]}" --out run
same status 0 "$status"
matches report "run/best.safetensors: epoch [12] of 2

  pictures    [0-9]+ learned from, [0-9]+ held out
  parameters  [0-9]+, and [0-9]+ words
  held out    loss [0-9.]+ a word, as if one of [0-9.]+ words were guessed
  time        [0-9.]+ s" "$out"
matches progress '.*training: batch .*loss [0-9.]+.*' "$err"
same files "best.safetensors config.json last.safetensors log.jsonl metrics.json" \
    "$(cd run && echo [!o]*)"
same "lines of epochs" 2 "$(grep -c '^{"epoch":[12],"loss":[0-9.]*,"validation":[0-9.]*,"seconds":' run/log.jsonl)"

before=$(sha256sum run/*.safetensors)
run "${small[@]}" --out run --json --quiet
same status 0 "$status"
same "standard error" "" "$err"
matches JSON '\{"items":[0-9]+,"held_out":[0-9]+,"parameters":[0-9]+,"vocabulary":[0-9]+,"steps":8,"epochs":2,"best_epoch":[12],"loss":[0-9.]+,"seconds":[0-9.]+\}' "$out"
same weights "$before" "$(sha256sum run/*.safetensors)"

measure=(evaluate --catalogue drawn --split test --features "$encoder" --pairs 12 --threads 1)
run "${measure[@]}" --model run/best.safetensors --quiet
same status 0 "$status"
matches table "Critiques of [0-9]+ pairs of [0-9]+ items of split 'test'

 +captioner +one sentence for all
  BLEU-1 .*
  CIDEr-D .*
  true of target .*
  and not of other .*
  for all     [a-z, -]+.*" "$out"
run "${measure[@]}" --model run/best.safetensors --quiet --json
matches JSON '\{"model":"run/best.safetensors",.*"pairs":[0-9]+,"captioner":\{"bleu1":.*"ci95":\{.*"constant_text":"[a-z, -]+".*\}' \
    "$out"
! command -v jq >/dev/null || jq . <<<"$out" >/dev/null || fail "$call: not JSON"
same "the same again" "${out%\"seconds\"*}" "$(
    "$GMR_COMMAND" "${measure[@]}" --model run/best.safetensors --quiet --json | sed 's/"seconds".*//')"

# ---- stopped, it ends as an unbroken run ----

transformer=("${small[@]}" --model transformer --epochs 12)
"$GMR_COMMAND" "${transformer[@]}" --out whole --quiet >/dev/null || fail "cannot train"
: >err
"$GMR_COMMAND" "${transformer[@]}" --out parts >out 2>err &
process=$!
while ! grep -q '^training: batch' err && kill -0 "$process"; do sleep 0.02; done
kill -INT "$process"
kill -TERM "$process"
wait "$process"
stopped=$?
call="gommir train captioner, stopped"
if [ "$stopped" -ne 0 ]; then # it may have been too fast
    matches message ".*gommir: stopped; the same command goes on with run 'parts'" "$(cat err)"
fi
run "${transformer[@]}" --out parts --quiet
same status 0 "$status"
cmp whole/best.safetensors parts/best.safetensors || fail "the weights differ"

# ---- critiques of people ----

done_well catalogue export --quiet drawn --pictures photos
mkdir -p shoes/images
names=() n=0
for photo in photos/*.jpg; do
    [ "$n" -lt 40 ] || break
    names+=("img_womens_clogs_$n.jpg")
    mv "$photo" "shoes/images/${names[n]}"
    n=$((n + 1))
done
list() { printf '"%s",' "$@" | sed 's/^/[/; s/,$/]/'; }
list "${names[@]:0:30}" >shoes/split.shoe.train.filter.json
list "${names[@]:30}" >shoes/split.shoe.test.filter.json
cp shoes/split.shoe.test.filter.json shoes/split.shoe.val.filter.json
for ((i = 0; i < 40; i++)); do # neighbours, within the splits
    if [ "$i" -eq 29 ] || [ "$i" -eq 39 ]; then continue; fi
    printf '{"ImageName":"%s","ReferenceImageName":"%s","RelativeCaption":"%s"}\n' "${names[i]}" \
        "${names[i + 1]}" "are $((i % 3 == 0)) darker, with a bow"
done | paste -sd, | sed 's/^/[/; s/$/]/' >shoes/relative_captions_shoes.json
done_well catalogue import --quiet --format=shoes shoes --out people
run train captioner --catalogue people --features "$encoder" --critiques captions --pairs 1000 \
    --train shoe.train --validation shoe.val \
    --epochs 1 "${sizes[@]}" --out said --json --quiet
same status 0 "$status"
# of 29 pairs, three whole batches; words: are darker , with a bow UNK
matches JSON '\{"items":[0-9]+,.*"vocabulary":7,"steps":3,.*' "$out"
run evaluate --model said/best.safetensors --catalogue people --features "$encoder" --split shoe.test \
    --critiques captions --quiet --json
same status 0 "$status"
matches JSON '.*"references":"captions",.*"pairs":9,.*"constant_text":"are [01] darker, with a bow".*' "$out"

# ---- what is refused ----

refused() { # message argument...
    local message=$1
    shift
    run "$@"
    same "standard output" "" "$out"
    matches "standard error" ".*$message.*" "$err"
}
refused "was begun with other settings: batch was 8, now 4" "${small[@]}" --batch 4 --out run
same status 1 "$status"
refused "has no captions of these items" "${small[@]}" --critiques captions --out other
same status 1 "$status"
refused "no split 'nonsense'" "${small[@]}" --train nonsense --out other
same status 1 "$status"
refused "width 8 does not divide into 3 heads" "${small[@]}" --model transformer --heads 3 --out other
same status 2 "$status"
[ ! -e other ] || fail "a run was begun in vain"
refused "catalogue is missing" train captioner --out other
same status 2 "$status"
refused "out is missing" train captioner --catalogue drawn
same status 2 "$status"
refused "'show-attend-tell' or 'transformer', not 'lstm'" "${small[@]}" --model lstm --out other
same status 2 "$status"
refused "takes a number" "${small[@]}" --rate fast --out other
same status 2 "$status"
other=$GMR_SOURCE_DIR/tests/golden/data/clip/resnet_open_clip.safetensors
refused "reads features of|features of other weights" "${measure[@]}" --features "$other" \
    --model run/best.safetensors
same status 1 "$status"
truncate -s 100 run/last.safetensors
refused "run/last.safetensors" "${small[@]}" --out run
same status 1 "$status"
finish
