#!/usr/bin/env bash
# gommir evaluate: a table and JSON about an encoder on one split, the same for the same seed;
# pictures that are gone or broken are left out and counted.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
model=$GMR_SOURCE_DIR/tests/golden/data/clip/openai.safetensors
words=$GMR_SOURCE_DIR/tests/golden/data/clip/vocabulary.txt

ran() { # argument...: must succeed
    run "$@"
    same status 0 "$status"
}

without_seconds() {
    sed -E 's/"seconds":[0-9.e-]+/"seconds":0/' <<<"$out"
}

# A catalogue whose pictures are files: one breaks, one vanishes, one item never had one.
ran catalogue generate --quiet --items 60 --out drawn
ran catalogue export --quiet drawn --pictures photos
sed -E '1s/,"picture":"[^"]*"//; s/"picture":"([^"]*)"/"picture":"photos\/\1"/' <<<"$out" >lines.jsonl
grep -q '"picture":"photos/' lines.jsonl || fail "no pictures in $(head -1 lines.jsonl)"
sed -i 's|photos/photos/|photos/|' lines.jsonl
ran catalogue import --quiet --format=jsonl lines.jsonl --out=shop
mapfile -t train < <(grep -E '"train"' lines.jsonl | sed -nE 's/.*"picture":"([^"]*)".*/\1/p')
printf 'no picture' >"${train[3]}"
rm "${train[5]}"
items=$(grep -c '"train"' lines.jsonl)
bare=$(head -1 lines.jsonl | grep -c '"train"')
sound=$((items - bare - 2))
on_train=(evaluate --model "$model" --vocab "$words" --catalogue shop --split train --threads 2)

ran "${on_train[@]}"
percent='[0-9.]+ % \([0-9.]+ - [0-9.]+\)'
matches table "Found among $sound items, for $sound items
.* text to picture +picture to text
 +first +$percent +$percent
 +among the first 5 +$percent +$percent
 +among the first 10 +$percent +$percent
 +median rank +[0-9.]+ \([0-9.]+ - [0-9.]+\) .*
Classified by words alone
.* attribute +classes +items +accuracy +mean over classes +commonest
 +category +[0-9]+ +[0-9]+ +$percent +$percent +[0-9.]+ %
 +colour .*
 +gender .*
 +items +$sound of split 'train'; $bare without picture, 2 with a broken one
.* time +[0-9.]+ s" "$out"
matches messages '.*encoding texts: text .*encoding pictures: picture .*' "$err"
matches messages ".*gommir: 2 pictures were left out, the first: .*" "$err"
same "widest line" "" "$(grep -E '.{100}' <<<"$out")"

ran "${on_train[@]}" --quiet --json --block 10 --classify colour=4 --classify gender
same "standard error" "" "$err"
same lines 1 "$(wc -l <<<"$out")"
number='[0-9.e-]+'
pair="\[$number,$number\]"
shares="\"r1\":$number,\"r5\":$number,\"r10\":$number,\"median_rank\":$number,\"mean_reciprocal\":$number"
pairs="\"r1\":$pair,\"r5\":$pair,\"r10\":$pair,\"median_rank\":$pair,\"mean_reciprocal\":$pair"
scores="\"items\":[0-9]+,\"accuracy\":$number,\"balanced\":$number,\"majority\":$number"
both="\"accuracy\":$pair,\"balanced\":$pair"
matches JSON "\{\"model\":\"[^\"]*openai.safetensors\",\"catalogue\":\"shop\",\"split\":\"train\",\
\"seed\":42,\"items\":$sound,\"without_picture\":$bare,\"broken_pictures\":2,\"block\":10,\
\"ranked\":$((sound / 10 * 10)),\"text_to_picture\":\{$shares\},\"picture_to_text\":\{$shares\},\
\"zero_shot\":\[\{\"attribute\":\"colour\",\"classes\":4,$scores\},\
\{\"attribute\":\"gender\",\"classes\":[0-9]+,$scores\}\],\"ci95\":\{\
\"text_to_picture\":\{$pairs\},\"picture_to_text\":\{$pairs\},\
\"zero_shot\":\[\{\"attribute\":\"colour\",$both\},\{\"attribute\":\"gender\",$both\}\]\},\
\"seconds\":$number\}" "$out"
! command -v jq >/dev/null || jq . <<<"$out" >/dev/null || fail "$call: not JSON"
before=$(without_seconds)

# The same seed, the same result, whatever the number of threads; another, another.
ran "${on_train[@]}" --quiet --json --block 10 --classify colour=4 --classify gender --threads 1
same "result with one thread" "$before" "$(without_seconds)"
ran "${on_train[@]}" --quiet --json --block 10 --classify colour=4 --classify gender --seed 43
[ "$(without_seconds)" != "${before/\"seed\":42/\"seed\":43}" ] || fail "seeds 42 and 43 agree"

# Only the split that was asked for.
ran "${on_train[@]/train/test}" --quiet --json
matches JSON ".*\"split\":\"test\",.*\"items\":$(grep -c '"test"' lines.jsonl),.*" "$out"

# What cannot be done is said with its reason.
fails() { # regex, argument...
    local regex=$1
    shift
    run "$@" --quiet
    same status 1 "$status"
    same "standard output" "" "$out"
    matches "standard error" "gommir: $regex" "$err"
}
fails ".*'shop' has no split 'nowhere'" "${on_train[@]/train/nowhere}"
fails "attribute 'wheels' has no two values among the items of split 'train'" \
    "${on_train[@]}" --classify wheels
fails "cannot read 'missing': No such file or directory" \
    evaluate --model missing --catalogue shop --split train
fails ".*lines.jsonl.*" evaluate --model lines.jsonl --catalogue shop --split train
fails ".*'nothing'.*" evaluate --model "$model" --catalogue nothing --split train
fails "'[^']*encoder.safetensors' holds no model that is known" evaluate \
    --model "$GMR_SOURCE_DIR/tests/golden/data/encoder.safetensors" --catalogue shop --split train
cp "${model/openai.safetensors/openai_archive.pt}" alone.pt
fails "no vocabulary for 'alone.pt'.*" \
    evaluate --model alone.pt --catalogue shop --split train
fails ".*'lines.jsonl'.*" evaluate --model "$model" --vocab lines.jsonl --catalogue shop --split train
finish
