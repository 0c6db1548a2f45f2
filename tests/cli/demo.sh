#!/usr/bin/env bash
# gommir demo: tables, JSON and a page, the same for the same seed; a second run and one that was
# stopped use what is there; the recommender learns something.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
shopt -s extglob
tiny=(demo --items 140 --supervised-epochs 1 --epochs 1 --turns 3 --k 2 --threads 1)

ran() { # argument...: must succeed
    run "$@"
    same status 0 "$status"
}

without_seconds() {
    echo "${out/\"seconds\":+([0-9.e-])/\"seconds\":0}"
}

policies='random text sum average-vector pre-trained trained'

# The tables: a line a policy with an estimate for each of three turns.
ran "${tiny[@]}"
estimate='[0-9.]+ \([0-9.]+ - [0-9.]+\)'
for policy in $policies; do
    same "lines of $policy" 2 "$(grep -cE "^  $policy +$estimate +$estimate +$estimate$" <<<"$out")"
done
same "widest line" "" "$(grep -E '.{81}' <<<"$out"$'\n'"$err")"
matches table ".*What [0-9]+ simulated users found.*success +turn +1 +turn +2 +turn +3
.*NDCG@10 .*100 % \|.*  r random .*\* trained
.*report +gommir-demo/report.html" "$out"
for step in "1/5  Draw 140 products" "2/5  Encode" "3/5  Pre-train" "4/5  Fine-tune" "5/5  Measure"; do
    grep -q "^$step" <<<"$err" || fail "$call: does not say '$step'"
done
matches progress '.*supervised training: batch 3 of 3 \(100 %\), loss [0-9.]+.*' "$err"
first=$out
same files "catalogue config.json report.html run" "$(cd gommir-demo && echo *)"

# The page holds all it shows.
page=gommir-demo/report.html
grep -q '<svg ' $page || fail "$call: no curve on the page"
[ "$(grep -c '<td>' $page)" -eq 18 ] || fail "$call: not three tables of six rows on the page"
[ "$(grep -c '<blockquote>' $page)" -ge 6 ] || fail "$call: not six dialogues on the page"
! grep -E '(src|href)="[^d]' $page || fail "$call: the page needs another file"

# Again: what was made is there, and the result is the same.
before=$(sha256sum gommir-demo/run/best.safetensors gommir-demo/catalogue/embedding/clip.safetensors)
ran "${tiny[@]}" --quiet
same "standard error" "" "$err"
same "table but for time" "$(grep -v ' time ' <<<"$first")" "$(grep -v ' time ' <<<"$out")"
same files "$before" \
    "$(sha256sum gommir-demo/run/best.safetensors gommir-demo/catalogue/embedding/clip.safetensors)"

# JSON: one line, the agreed members in order.
ran "${tiny[@]}" --quiet --json
same "standard error" "" "$err"
same lines 1 "$(wc -l <<<"$out")"
n='[0-9.e-]+'
stage="\{\"epochs\":1,\"best_epoch\":1,\"ndcg10\":$n\}"
matches JSON "\{\"directory\":\"gommir-demo\",\"report\":\"gommir-demo/report.html\",\"items\":140,\
\"users\":[0-9]+,\"turns\":3,\"k\":2,\"seed\":42,\"parameters\":[0-9]+,\"supervised\":$stage,\
\"reinforced\":$stage,\"policies\":\[.*\],\"seconds\":$n\}" "$out"
for policy in $policies; do
    matches "$policy" ".*\{\"policy\":\"$policy\",\"sr\":\[$n,$n,$n\],\"ndcg3\":\[$n,$n,$n\],\
\"ndcg10\":\[$n,$n,$n\],\"ci95\":\{.*\}\}.*" "$out"
done
! command -v jq >/dev/null || jq . <<<"$out" >/dev/null || fail "$call: not JSON"
before=$(without_seconds)

# Stopped early and late, it goes on, and ends as if it had not been.
for step in 1 3 4; do
    : >err
    "$GMR_COMMAND" "${tiny[@]}" --dir parts >out 2>>err &
    pid=$!
    while ! grep -q "^$step/5" err && kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    kill -TERM "$pid" 2>/dev/null
    wait "$pid"
done
ran "${tiny[@]}" --quiet --json --dir parts --device cpu
after=$(without_seconds)
same "result after stops" "$before" "${after//\"parts/\"gommir-demo}"
cmp parts/run/best.safetensors gommir-demo/run/best.safetensors || fail "the weights differ"

# Another demonstration, or what is none, is left alone.
failed_with "run 'gommir-demo' was begun with other settings: items was 140, now 141" \
    "${tiny[@]/140/141}" --quiet
failed_with "run 'gommir-demo' was begun with other settings: seed was 42, now 43" \
    "${tiny[@]}" --quiet --seed 43
mkdir mine && touch mine/notes
failed_with "'mine' is there, but is no run: it has no config.json" "${tiny[@]}" --quiet --dir mine
same files notes "$(ls -A mine)"
failed_with "cannot create 'none/demo': .*" "${tiny[@]}" --quiet --dir none/demo

# Threads are those asked for: the kernel counts them once there is work for them.
"$GMR_COMMAND" demo --dir threads --items 20000 --threads 3 >/dev/null 2>log &
pid=$!
most=0
for ((i = 0; i < 600 && most < 3; i++)); do
    sleep 0.1
    now=$(sed -n 's/^Threads:\t//p' "/proc/$pid/status")
    [ "${now:-0}" -le "$most" ] || most=$now
done
kill "$pid"
wait "$pid"
call="gommir demo --threads 3"
[ "$most" -ge 3 ] || fail "$call: runs $most threads"

# It learns: in the end the trained recommender finds more than chance.
ran demo --dir learned --items 200 --supervised-epochs 2 --epochs 1 --turns 3 --quiet --threads 1
last() { # policy: of the first table, at the last turn
    awk -v policy="$1" '$1 == policy { print $(NF - 3); exit }' <<<"$out"
}
awk "BEGIN { exit !($(last trained) > 1.3 * $(last random)) }" ||
    fail "$call: learned nothing: $(last trained) against $(last random)"
finish
