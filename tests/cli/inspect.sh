#!/usr/bin/env bash
# gommir inspect: tables and JSON of good files, reasons for bad ones; files of PyTorch too.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"

# put FILE HEADER BYTES: a safetensors file with that header and so many bytes of data.
put() {
    local length=${#2} i
    { # the length, little-endian
        for ((i = 0; i < 8; i++)); do
            # shellcheck disable=SC2059 # an escape made here
            printf "\\x$(printf %02x $((length >> (8 * i) & 255)))"
        done
        printf %s "$2"
        head -c "$3" /dev/zero
    } >"$1"
}

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
all           3               7              32' '{"metadata":{"model":"gommir","dim":"5"},"tensors":['\
'{"name":"steps","type":"I64","shape":[],"bytes":8},'\
'{"name":"head.weight","type":"F32","shape":[2,3],"bytes":24},'\
'{"name":"none","type":"F32","shape":[0,4],"bytes":0}],'\
'"types":{"I64":{"tensors":1,"elements":1,"bytes":8},"F32":{"tensors":2,"elements":6,"bytes":24}},'\
'"total":{"tensors":3,"elements":7,"bytes":32}}'

put empty '{}' 0
shows empty 'type    tensors        elements           bytes
all           0               0               0' \
    '{"metadata":{},"tensors":[],"types":{},"total":{"tensors":0,"elements":0,"bytes":0}}'

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
all           3               3               3" '{"metadata":{},"tensors":['\
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
