#!/usr/bin/env bash
# gommir demo: the same table and JSON for the same seed, from a model that learned something.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
shopt -s extglob
tiny=(demo --items 120 --epochs 1 --turns 3 --shown 2 --threads 2)

ran() { # argument...: must succeed
    run "$@"
    same status 0 "$status"
}

without_seconds() {
    echo "${out/\"seconds\":+([0-9.e-])/\"seconds\":0}"
}

# The table: a line a turn with three rates, then what it took.
ran "${tiny[@]}"
rate='[0-9]+\.[0-9] %'
same "number of turns" 3 "$(grep -cE "^ +[1-3] +$rate +$rate +$rate( +#+)?$" <<<"$out")"
matches table $'Wanted items listed by each turn\n\n  turn     random    untrained    trained\n.*' "$out"
matches table '.*dialogues +40, .*' "$out"
matches table '.*loss +[0-9.]+ in the first epoch, [0-9.]+ in the last.*' "$out"
matches table '.*parameters +[0-9]+.*time +[0-9.]+ s,.*memory +[0-9.]+ MiB.*' "$out"
first=$out
same "first words" "A user wants one of 120 generated items, sees 2 at a time," \
    "$(head -1 <<<"$err" | grep -o '^.*time,')"
matches progress '.*training: batch 1 of 1 \(100 %\), loss [0-9.]+.*' "$err"

ran "${tiny[@]}" --quiet
same "standard error" "" "$err"
same "table but for time" "$(grep -v ' time ' <<<"$first")" "$(grep -v ' time ' <<<"$out")"

# JSON: one line, the agreed members in order, three rates each.
ran "${tiny[@]}" --quiet --json
same "standard error" "" "$err"
same lines 1 "$(wc -l <<<"$out")"
number='[0-9.e-]+'
rates="\[$number,$number,$number\]"
matches JSON "\{\"items\":120,\"users\":40,\"turns\":3,\"k\":2,\"seed\":42,\"random\":$rates,\
\"untrained\":$rates,\"trained\":$rates,\"loss\":\{\"first\":$number,\"last\":$number\},\
\"parameters\":[0-9]+,\"seconds\":$number,\"peak_bytes\":[0-9]+\}" "$out"
! command -v jq >/dev/null || jq . <<<"$out" >/dev/null || fail "$call: not JSON"

# The same seed, the same result; another, another.
before=$(without_seconds)
ran "${tiny[@]}" --quiet --json --seed 42 --device cpu
same "result of seed 42" "$before" "$(without_seconds)"
ran "${tiny[@]}" --quiet --json --seed 43
matches JSON '.*"seed":43,.*' "$out"
[ "$(without_seconds)" != "${before/\"seed\":42/\"seed\":43}" ] || fail "seeds 42 and 43 agree"

# Threads are those asked for: the kernel counts them once training has begun.
"$GMR_COMMAND" demo --epochs 1000 --items 1500 --threads 3 >/dev/null 2>log &
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

# It learns: in the end the trained model finds more than chance and than the untrained one.
ran demo --items 300 --epochs 8 --turns 4 --quiet
last=$(grep -E '^ +4 ' <<<"$out" | tr -d '%#')
awk '{ exit !($4 > 2 * $2 && $4 > 2 * $3) }' <<<"$last" || fail "$call: learned nothing: $last"
finish
