#!/usr/bin/env bash
# gommir encode: the vector of a text or a picture, as lines and as JSON.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
clip=$GMR_SOURCE_DIR/tests/golden/data/clip
weights=$clip/openai.safetensors # its vocabulary is inside
number='-?[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?'

# encodes ARGUMENT...: six numbers, the same in both forms; the JSON is in $out
encodes() {
    local lines
    run encode --weights "$@"
    same status 0 "$status"
    same "standard error" "" "$err"
    matches "standard output" "($number"$'\n'"){5}$number" "$out"
    lines=$(awk '{printf "%.4f ", $1}' <<<"$out")
    run encode --weights "$@" --json
    same status 0 "$status"
    matches "standard output" "\\{\"embedding\":\\[($number,){5}$number\\]\\}" "$out"
    same "numbers" "$lines" "$(tr -d '{}[]' <<<"${out#*:}" | tr , '\n' |
        awk '{printf "%.4f ", $1}')"
}

encodes "$weights" --text 'a red dress'
first=$out
same "the vector of PyTorch" "-0.2916 -0.0259 1.3131 -0.5512 -2.8750 -1.2728" \
    "$(tr -d '{}[]' <<<"${out#*:}" | tr , '\n' | awk '{printf "%s%.4f", s, $1; s = " "}')"
encodes "$weights" --text '  A  RED dress ' --threads 1
same "the same text, written otherwise" "$first" "$out"
encodes "$weights" --text ''
[ "$out" != "$first" ] || fail "all texts have one vector"
encodes "$clip/hugging_face_archive.pt" --text 'a red dress' --vocab "$clip/vocabulary.txt"
same "the same weights under other names" "$first" "$out"

# A picture of 2 x 2 pixels, from a file and from a pipe.
base64 -d >dot.png <<<'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP4z8DAAMIM////ZwAAHu8E/KPItPcAAAAA'\
'SUVORK5CYII='
encodes "$weights" --image dot.png
picture=$out
same "the vector of standard input" "$picture" \
    "$("$GMR_COMMAND" encode --weights "$weights" --image - --json <dot.png)"
encodes "$clip/resnet_open_clip.safetensors" --image dot.png
[ "$out" != "$picture" ] || fail "all models give one vector"

# Vocabularies are found beside weights of any path; pictures need none.
cp "$clip/openai_archive.pt" bare.pt
run encode --weights bare.pt --text a
same status 1 "$status"
same "standard output" "" "$out"
same "standard error" \
    "gommir: no vocabulary for 'bare.pt': none is inside it or beside it" "$err"
cp "$clip/vocabulary.txt" .
encodes bare.pt --text a
printf '#version: 0.2\n' >merges.txt
run encode --weights bare.pt --text a
same status 1 "$status"
same "standard error" \
    "gommir: 'merges.txt' is no vocabulary of 'bare.pt': it has 514 tokens, the model 522" "$err"

# fails MESSAGE ARGUMENT...
fails() {
    local message=$1
    shift
    run encode "$@"
    same status 1 "$status"
    same "standard output" "" "$out"
    matches "standard error" "gommir: $message" "$err"
}
fails "cannot read 'none': No such file or directory" --weights none --text a
fails "cannot read 'none': No such file or directory" --weights "$weights" --image none
fails "cannot read '\.': .*" --weights "$weights" --image .
echo words >words.jpg
fails "cannot decode 'words.jpg': .*" --weights "$weights" --image words.jpg
fails "'.*containers/saved.safetensors' is no CLIP model: .*" \
    --weights "$GMR_SOURCE_DIR/tests/golden/data/containers/saved.safetensors" --text a
finish
