#!/usr/bin/env bash
# gommir train recommender: both stages, going on after a stop, weights from elsewhere, and what is refused.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
encoder=$GMR_SOURCE_DIR/tests/golden/data/clip/openai.safetensors

done_well catalogue generate --quiet --items 60 --out drawn
sizes=(--width 8 --hidden 8 --layers 1 --heads 2 --batch 8 --turns 2 --k 2 --threads 1)
small=(train recommender --catalogue drawn --encoder "$encoder" --validation train --epochs 2
    --supervised-epochs 2 "${sizes[@]}")

# ---- a run; the catalogue is encoded first ----

run "${small[@]}" --out run
same status 0 "$status"
matches report "run/best.safetensors: (supervised|reinforced)

  items       [0-9]+ learned from, [0-9]+ held out
  parameters  [0-9]+
  supervised  NDCG@10 0.[0-9]{4}, epoch [12] of 2
  reinforced  NDCG@10 0.[0-9]{4}, epoch [12] of 2
  time        [0-9.]+ s" "$out"
matches progress '.*encoding: picture .*' "$err"
matches progress '.*supervised training: batch .*loss [0-9.]+.*' "$err"
matches progress '.*policy learning: batch .*loss [0-9.]+.*' "$err"
same files "best.safetensors config.json metrics.json reinforced supervised" "$(cd run && echo *)"
for stage in supervised reinforced; do
    same "files of $stage" "best.safetensors config.json last.safetensors log.jsonl metrics.json" \
        "$(cd run/$stage && echo [!o]*)"
    same "epochs of $stage" 2 "$(grep -c \
        '^{"epoch":[12],"loss":[0-9.]*,"ndcg10":[0-9.]*,"sr":\[[0-9.]*,[0-9.]*\],"seconds":' \
        run/$stage/log.jsonl)"
done
same "what batches tell" "step loss rate state composed gradient" \
    "$(head -1 run/supervised/log.jsonl | grep -oE '"[a-z0-9_]+":' | tr -d '":' | paste -sd' ')"
same "what batches tell" "step loss rate choice cross_entropy reward found composed gradient" \
    "$(head -1 run/reinforced/log.jsonl | grep -oE '"[a-z0-9_]+":' | tr -d '":' | paste -sd' ')"

run inspect run/best.safetensors
matches inspection 'model +gommir
version +1
dim +8
layers +1
heads +2
top_k +2
encoder +[0-9a-f]{64}
.*' "$out"

before=$(sha256sum run/*.safetensors run/*/*.safetensors)
run "${small[@]}" --out run --json --quiet
same status 0 "$status"
same "standard error" "" "$err"
matches JSON '\{"items":[0-9]+,"held_out":[0-9]+,"parameters":[0-9]+,"supervised":\{"steps":[0-9]+,"epochs":2,"best_epoch":[12],"ndcg10":[0-9.]+\},"reinforced":\{.*\},"best":"(supervised|reinforced)","seconds":[0-9.]+\}' "$out"
same weights "$before" "$(sha256sum run/*.safetensors run/*/*.safetensors)"

# ---- stopped, it ends as an unbroken run ----

longer=("${small[@]}" --supervised-epochs 12)
"$GMR_COMMAND" "${longer[@]}" --out whole --quiet >/dev/null || fail "cannot train"
rm drawn/critiques.db
"$GMR_COMMAND" "${longer[@]}" --out parts >out 2>err &
process=$!
while ! grep -q '^supervised training: batch' err && kill -0 "$process"; do sleep 0.02; done
kill -INT "$process"
wait "$process"
stopped=$?
call="gommir train recommender, stopped"
if [ "$stopped" -ne 0 ]; then # it may have been too fast
    matches message ".*gommir: stopped; the same command goes on with run 'parts'" "$(cat err)"
fi
run "${longer[@]}" --out parts --quiet
same status 0 "$status"
for file in best.safetensors metrics.json supervised/best.safetensors reinforced/last.safetensors; do
    cmp "whole/$file" "parts/$file" || fail "$file differs"
done

# ---- one stage, another model ----

run "${small[@]}" --model gommir-random-negs --from run/supervised/best.safetensors --out other --json --quiet
same status 0 "$status"
matches JSON '\{.*"parameters":[0-9]+,"reinforced":\{.*"best":"reinforced".*' "$out"
run inspect other/best.safetensors
matches inspection '.*architecture +recommender gommir-random-negs
.*' "$out"
run "${small[@]}" --model gommir-no-comp --stage supervised --compat omit-last,like-by-encoder --patience 1 \
    --out alone --json --quiet
same status 0 "$status"
matches JSON '\{.*"supervised":\{.*\},"best":"supervised".*' "$out"
matches config '.*"compat": 3,.*' "$(cat alone/config.json)"

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
refused "no split 'nonsense'" "${small[@]}" --train nonsense --out new
same status 1 "$status"
refused "no supervised weights to go on from" "${small[@]}" --stage reinforced --out begun
same status 1 "$status"
refused "has learned from another encoder" "${small[@]}" --from run/best.safetensors --out foreign \
    --encoder "$GMR_SOURCE_DIR/tests/golden/data/clip/resnet_open_clip.safetensors" \
    --vocab "$GMR_SOURCE_DIR/tests/golden/data/clip/vocabulary.txt"
same status 1 "$status"
refused "too few for 65 lists of 2" "${small[@]}" --turns 64 --out new
same status 2 "$status"
refused "one of .*gommir, gommir-no-comp, .*, not 'deers2'" "${small[@]}" --model deers2 --out new
same status 2 "$status"
refused "'both', 'supervised' or 'reinforced', not 'all'" "${small[@]}" --stage all --out new
same status 2 "$status"
refused "not 'faster'" "${small[@]}" --compat omit-last,faster --out new
same status 2 "$status"
refused "from is of policy learning" "${small[@]}" --stage supervised --from x --out new
same status 2 "$status"
refused "features is of a captioner" "${small[@]}" --features x --out new
same status 2 "$status"
refused "catalogue is missing" train recommender --out new
same status 2 "$status"
refused "out is missing" train recommender --catalogue drawn
same status 2 "$status"
[ ! -e new ] || fail "a run was begun in vain"
truncate -s 100 run/supervised/last.safetensors
refused "run/supervised/last.safetensors" "${small[@]}" --out run
same status 1 "$status"
finish
