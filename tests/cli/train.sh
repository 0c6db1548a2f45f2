#!/usr/bin/env bash
# gommir train encoder: a run and its directory, going on after a stop, and what is refused.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"

run catalogue generate --quiet --items 60 --out shop
same status 0 "$status"
small=(train encoder --catalogue shop --resolution 32 --width 4 --embed 8 --text-width 16 --text-layers 1
    --context 16 --vocabulary 560 --batch 8 --epochs 2 --warm-up 2 --threads 1)

run "${small[@]}" --out run
same status 0 "$status"
matches report "run/best.safetensors: epoch [12] of 2
.*
  pictures    [0-9]+ learned from, [0-9]+ held out
  parameters  [0-9]+, and [0-9]+ tokens
  held out    first [0-9.]+ %, among 5 [0-9.]+ %, among 10 [0-9.]+ %, median rank [0-9.]+
  time        [0-9.]+ s" "$out"
matches progress '.*training: batch .*loss [0-9.]+.*' "$err"
same files "best.safetensors config.json last.safetensors log.jsonl metrics.json" \
    "$(cd run && echo [!o]*)"
same "states of the optimiser" 1 "$(find run -name 'optimiser-*.safetensors' | wc -l)"
same epochs 2 "$(grep -c '^{"epoch":' run/log.jsonl)"
if command -v jq >/dev/null; then
    jq . run/log.jsonl run/config.json run/metrics.json >/dev/null || fail "not JSON"
fi

# The same again: nothing is left to learn, and the weights stay as they are.
before=$(sha256sum run/best.safetensors run/last.safetensors)
run "${small[@]}" --out run --json --quiet
same status 0 "$status"
same "standard error" "" "$err"
matches JSON '\{"items":[0-9]+,"held_out":[0-9]+,"parameters":[0-9]+,"vocabulary":560,"steps":[0-9]+,"epochs":2,"best_epoch":[12],"r1":[0-9.e-]+,"r5":[0-9.e-]+,"r10":[0-9.e-]+,"median_rank":[0-9.]+,"broken_pictures":0,"seconds":[0-9.]+\}' "$out"
same weights "$before" "$(sha256sum run/best.safetensors run/last.safetensors)"

# The result is an encoder.
run encode --weights run/best.safetensors --text 'black sandals' --json
same status 0 "$status"
matches vector '\{"embedding":\[([^,]+,){7}[^,]+\]\}' "$out"
run inspect run/best.safetensors
matches architecture '.*(ModifiedResNet|ResNet|resnet).*' "$out"

# Stopped by a signal, it says how to go on, and ends with the same weights as an unbroken run.
"$GMR_COMMAND" "${small[@]}" --epochs 12 --out whole --quiet >/dev/null || fail "cannot train"
"$GMR_COMMAND" "${small[@]}" --epochs 12 --out parts >out 2>err &
process=$!
while ! grep -q '^training: batch' err && kill -0 "$process"; do sleep 0.02; done
kill -TERM "$process"
wait "$process"
stopped=$?
call="gommir train encoder, stopped"
if [ "$stopped" -ne 0 ]; then # it may have been too fast
    same status 1 "$stopped"
    matches message ".*gommir: stopped; the same command goes on with run 'parts'" "$(cat err)"
fi
run "${small[@]}" --epochs 12 --out parts --quiet
same status 0 "$status"
cmp whole/best.safetensors parts/best.safetensors || fail "the weights differ"

# What is refused.
refused() { # message argument...
    local message=$1
    shift
    run "$@"
    same "standard output" "" "$out"
    matches "standard error" ".*$message.*" "$err"
}
refused "run 'run' was begun with other settings: batch was 8, now 4" "${small[@]}" --batch 4 --out run
same status 1 "$status"
refused "no split 'nonsense'" "${small[@]}" --train nonsense --out other
same status 1 "$status"
refused "cannot .*'nowhere" train encoder --catalogue nowhere --out other
same status 1 "$status"
[ ! -e other ] || fail "a run was begun in vain"
mkdir full && echo text >full/file
refused "'full' is there, but is no run" "${small[@]}" --out full
same status 1 "$status"
refused "catalogue is missing" train encoder --out other
same status 2 "$status"
refused "out is missing" train encoder --catalogue shop
same status 2 "$status"
refused "resolution 40 is no multiple of 32" "${small[@]}" --resolution 40 --out other
same status 2 "$status"
refused "takes a number" "${small[@]}" --rate fast --out other
same status 2 "$status"
truncate -s 100 run/last.safetensors
refused "run/last.safetensors" "${small[@]}" --out run
same status 1 "$status"
finish
