#!/usr/bin/env bash
# gommir replay: dialogues become states, of published recommenders and of converted ones; what is
# wrong leaves no states behind.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
data=$GMR_SOURCE_DIR/tests/golden/data/recommender
dialogues=$data/dialogues.safetensors

replays() { # model file, output, option...
    local model=$1 output=$2
    shift 2
    done_well replay --quiet --model="$model" --input="$dialogues" --output="$output" "$@"
}

replays "$data/gommir.pth" states
matches "standard output" 'states: gommir, 11 dialogues of 21 turns, [0-9.]+ s' "$out"
replays "$data/gommir.pth" again --json --threads=1 --seed=7
matches "standard output" '\{"model":"gommir","dialogues":11,"turns":21,"dim":8,"composed":true,'\
'"seconds":[0-9.]+\}' "$out"
cmp -s states again || fail "$call: other states"
replays "$data/gommir-no-comp.pth" without --recommender=gommir-no-comp --json
matches "standard output" '\{"model":"gommir-no-comp",.*"composed":false,.*' "$out"
done_well inspect states
for tensor in state composed embedded; do
    [[ $out =~ $tensor\ +F32\ +"[11, 21, 8]" ]] || fail "$call: no $tensor in"$'\n'"$out"
done

# Converted, it is the same model.
done_well convert "$data/gommir_legacy.pth" own.safetensors --quiet
replays own.safetensors again
cmp -s states again || fail "$call: other states"

# ---- what is wrong ----

# refuses MESSAGE MODEL INPUT [OPTION...]
refuses() {
    local message=$1 model=$2 input=$3
    shift 3
    echo before >kept
    failed_with "$message" replay --quiet --model="$model" --input="$input" --output=kept "$@"
    same "the file" before "$(cat kept)"
    same "files" "" "$(find . -name '*kept?*' -o -name '.*kept*')"
}
refuses "cannot read 'none': No such file or directory" none "$dialogues"
refuses "cannot read 'none': No such file or directory" "$data/gommir.pth" none
refuses "'.*gommir-no-comp.pth' does not tell which recommender it is: .*" \
    "$data/gommir-no-comp.pth" "$dialogues"
refuses "cannot read '.*/gommir.pth': .*" "$data/gommir.pth" "$dialogues" --recommender=gommir-no-res
refuses "there is no recommender 'gomir'" "$data/gommir.pth" "$dialogues" --recommender=gomir
head -c 5000 "$dialogues" >short
refuses "cannot read 'short': .*" "$data/gommir.pth" short
head -c 9000 "$data/gommir.pth" >short.pth
refuses "cannot read 'short.pth': .*" short.pth "$dialogues"
refuses "cannot read '.*gommir.pth': tensor 'image' is missing" "$data/gommir.pth" "$data/gommir.pth"
refuses "'.*expected.safetensors' holds no recommender that is known" \
    "$data/expected.safetensors" "$dialogues"
put wide '{"image":{"dtype":"F32","shape":[1,1,7],"data_offsets":[0,28]}}' 28
refuses "cannot read 'wide': it has 7 features, 'gommir' expects 6" "$data/gommir.pth" wide
run replay --model="$data/gommir.pth" --input="$dialogues" --output=no/such/folder
same status 1 "$status"
matches "standard error" ".*gommir: .*'no/such/folder.*" "$err"
finish
