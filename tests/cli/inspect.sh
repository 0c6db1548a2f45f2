#!/usr/bin/env bash
# gommir inspect: tables and JSON of good files, reasons for bad ones; files of PyTorch too.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"

# shows FILE TABLE JSON
shows() {
    run inspect "$1"
    same status 0 "$status"
    same "standard output" "$2" "$out"
    same "standard error" "" "$err"
    run inspect --json "$1"
    same status 0 "$status"
    same "standard output" "$3" "$out"
    same "standard error" "" "$err"
    ! command -v jq >/dev/null || jq . <<<"$out" >/dev/null || fail "$call: not JSON"
}

put model '{"__metadata__":{"model":"gommir","dim":"5"},'\
'"steps":{"dtype":"I64","shape":[],"data_offsets":[0,8]},'\
'"head.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},'\
'"none":{"dtype":"F32","shape":[0,4],"data_offsets":[32,32]}}' 32
shows model 'model  gommir
dim    5

name         type  shape          bytes
steps        I64   []                 8
head.weight  F32   [2, 3]            24
none         F32   [0, 4]             0

type    tensors        elements           bytes
I64           1               1               8
F32           2               6              24
all           3               7              32' '{"metadata":{"model":"gommir","dim":"5"},"architecture":null,"tensors":['\
'{"name":"steps","type":"I64","shape":[],"bytes":8},'\
'{"name":"head.weight","type":"F32","shape":[2,3],"bytes":24},'\
'{"name":"none","type":"F32","shape":[0,4],"bytes":0}],'\
'"types":{"I64":{"tensors":1,"elements":1,"bytes":8},"F32":{"tensors":2,"elements":6,"bytes":24}},'\
'"total":{"tensors":3,"elements":7,"bytes":32}}'

put empty '{}' 0
shows empty 'type    tensors        elements           bytes
all           0               0               0' \
    '{"metadata":{},"architecture":null,"tensors":[],"types":{},"total":{"tensors":0,"elements":0,"bytes":0}}'

# Names that would move the cursor or break a line, quotes, and a name longer than its column.
long=$(printf 'n%.0s' {1..60})
put hostile '{"a\u001b[2J\n\u009bb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'\
'"\"q\\":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},'\
'"'"$long"'":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}' 3
shows hostile "name                                              type  shape         bytes
a?[2J???b                                         U8    [1]               1
\"q\\                                               U8    [1]               1
$long  U8    [1]               1

type    tensors        elements           bytes
U8            3               3               3
all           3               3               3" '{"metadata":{},"architecture":null,"tensors":['\
'{"name":"a\u001b[2J\u000a'$'\302\233''b","type":"U8","shape":[1],"bytes":1},'\
'{"name":"\"q\\","type":"U8","shape":[1],"bytes":1},'\
'{"name":"'"$long"'","type":"U8","shape":[1],"bytes":1}],'\
'"types":{"U8":{"tensors":3,"elements":3,"bytes":3}},'\
'"total":{"tensors":3,"elements":3,"bytes":3}}'

# In a locale that can show it, text is shown, and wide characters keep the columns straight.
put wide '{"\u4f60\u597d":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'\
'"\u00e9\u009b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}' 2
if [ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" = UTF-8 ]; then
    LC_ALL=C.UTF-8 run inspect wide
    same "first lines" 'name  type  shape         bytes
你好  U8    [1]               1
é?    U8    [1]               1' "$(head -3 <<<"$out")"
fi

# A TorchScript archive, whose numbers are tensors too.
run inspect "$GMR_SOURCE_DIR/tests/golden/data/containers/script.pt"
same status 0 "$status"
same "standard error" "" "$err"
same "lines of the file" 'table                              F32   [4, 3]                  48
mask                               BOOL  [6]                      6
width                              I64   []                       8
head.bias                          F16   [2]                      4' \
    "$(grep -E '^(table|mask|width|head.bias) ' <<<"$out")"

# What model it is. CLIP's tensors may have anyone's names.
clip=$GMR_SOURCE_DIR/tests/golden/data/clip
run inspect "$clip/hugging_face_archive.pt"
same "first lines" 'architecture  CLIP, vision transformer
names         Hugging Face
parameters    3409
pictures      12 x 12, patches of 4, width 4, layers 2, heads 1
texts         9 tokens of 522, width 4, layers 2, heads 1
vectors       6 numbers
activation    QuickGELU
squares       cut from the middle
vocabulary    not inside
' "$(head -9 <<<"$out")"$'\n'
run inspect --json "$clip/openai.safetensors"
matches "standard output" '.*"architecture":\{"kind":"clip-vit","names":"OpenAI","parameters":3409,'\
'"width":6,"image":\{"resolution":12,"width":4,"layers":\[2\],"heads":1,"patch":4,"fit":"pad"\},'\
'"text":\{"width":4,"layers":2,"heads":1,"context":9,"vocabulary":522\},'\
'"activation":"quick_gelu","vocabulary_inside":true\},"tensors":.*' "$out"
run inspect --json "$clip/resnet_open_clip.safetensors"
matches "standard output" '.*"architecture":\{"kind":"clip-resnet","names":"open_clip",.*'\
'"image":\{"resolution":32,"width":2,"layers":\[1,2,1,1\],"heads":1,"fit":"crop"\},.*' "$out"

# Something that was meant to be CLIP, and a recommender that four models have the tensors of.
put almost '{"token_embedding.weight":{"dtype":"F16","shape":[4,2],"data_offsets":[0,16]}}' 16
run inspect almost
same status 0 "$status"
same "first line" "architecture  unknown: 'almost' is no CLIP model: it has no tensor 'text_projection'" \
    "$(head -1 <<<"$out")"
run inspect --json almost
matches "standard output" '.*"architecture":\{"problem":"[^"]*text_projection[^"]*"\},.*' "$out"
put recommender '{"out_linear.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'\
'"img_linear.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},'\
'"tran.layers.0.attn.q_linear.weight":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}}' 20
run inspect recommender
same "first lines" 'architecture  recommender gommir-no-comp or ir-img or ir-txt or mmt
parameters    5
vectors       2 numbers
tracker       1 layers' "$(head -4 <<<"$out")"
run inspect --json recommender
matches "standard output" '.*"architecture":\{"kind":"recommender","models":\["gommir-no-comp",'\
'"ir-img","ir-txt","mmt"\],"parameters":5,"width":2,"layers":1\},.*' "$out"

# Captioners: a published one does not say itself how it is used; what is meant to be one.
captioner=$GMR_SOURCE_DIR/tests/golden/data/captioner
run inspect "$captioner/transformer_archive.pth"
same "first lines" 'architecture  captioner, VL-Transformer
parameters    642
pictures      two, 49 regions of 3 channels each
width         4
layers        2 to see, 1 to speak, hidden 5
words         6
vocabulary    not inside' "$(head -7 <<<"$out")"
run inspect --json "$captioner/attend_legacy.pth"
matches "standard output" '.*"architecture":\{"kind":"captioner","form":"show-attend-tell",'\
'"parameters":[0-9]*,"regions":49,"channels":3,"width":5,"words":6,"vocabulary_inside":false\},.*' "$out"
run convert "$captioner/transformer_archive.pth" own --infos="$captioner/transformer_2.pkl"
run inspect own
same "lines" 'input         both
layers        2 to see, 1 to speak, hidden 5
heads         2
words         6, 8 in a sentence
vocabulary    inside' "$(sed '1,/^architecture/d' <<<"$out" | grep -E '^(input|layers|heads|words|vocabulary) ')"
put almost '{"core.ctx2att.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}' 8
run inspect almost
same "first line" "architecture  unknown: 'almost' is no captioner: it has no tensor 'embed.weight'" \
    "$(head -1 <<<"$out")"

# Metadata may be long: the start is shown, and JSON has all of it.
text=$(printf 'x%.0s' {1..2000})
put wordy '{"__metadata__":{"vocabulary":"a\nb'"$text"'"}}' 0
run inspect wordy
same "first line" 'vocabulary  a ... (2003 bytes)' "$(head -1 <<<"$out")"
run inspect --json wordy
matches "standard output" ".*x{2000}.*" "$out"

# fails FILE MESSAGE
fails() {
    for json in '' --json; do
        # shellcheck disable=SC2086 # nothing, or one word
        run inspect $json "$1"
        same status 1 "$status"
        same "standard output" "" "$out"
        matches "standard error" "gommir: cannot read '$1': $2" "$err"
    done
}
fails missing 'No such file or directory'
fails . 'Is a directory'
printf 1234 >short
fails short '.*4 bytes.*'
put cut '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' 5
fails cut ".*'a'.*outside the 5 bytes.*"
put gap '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' 9
fails gap '.*belong to no tensor'
put unknown '{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}' 8
fails unknown ".*'a'.*'F33'.*"
cp "$GMR_SOURCE_DIR/tests/fuzz/corpus/torch/defect-os-system" program
fails program ".*global 'os.system'.*"
printf '\377\377\377\377\377\377\377\177{}' >huge
fails huge '.*9223372036854775807 bytes.*'
finish
