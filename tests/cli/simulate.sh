#!/usr/bin/env bash
# gommir simulate: lines that a seed decides, of pairs of a split; critics, phrasings, pages; what is
# refused.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
clip=$GMR_SOURCE_DIR/tests/golden/data/clip
encoder=$clip/openai.safetensors

simulates() { # argument...: silent on standard error; lines in $out
    done_well simulate --quiet drawn --features "$encoder" "$@"
}

done_well catalogue generate --quiet --items 60 --out drawn
key='"g[0-9]{6}"'
line="\{\"target\":$key,\"candidate\":$key,\"critique\":\"[a-z0-9 ,'-]*\",\"critic\":\"attributes\",\
\"statements\":[0-9]+,\"true\":[0-9]+,\"distinguishing\":[0-9]+\}"

# ---- lines ----

simulates --pairs 30
first=$out
matches "standard output" "($line"$'\n'"){29}$line" "$out"
! command -v jq >/dev/null || jq -es 'all(.target != .candidate and .statements == .true and
    .true == .distinguishing) and (map(select(.critique != "")) | length) > 25' \
    >/dev/null <<<"$out" || fail "untrue: $out"
[ -e drawn/regions ] || fail "nothing was kept of the pictures"
simulates --pairs 30 --threads 1 --json
same "lines of the same seed" "$first" "$out"
simulates --pairs 100
same "the first of more lines" "$first" "$(head -30 <<<"$out")"
simulates --pairs 30 --seed 43
[ "$out" != "$first" ] || fail "seeds 42 and 43 agree"
simulates --pairs 30 --phrasing evaluation
[ "$out" != "$first" ] || fail "phrasings agree"
same "pairs with other phrasings" "$(cut -d, -f1,2 <<<"$first")" "$(cut -d, -f1,2 <<<"$out")"

# Nearness is that of the encoder's embedding, when there is one.
done_well encode --quiet drawn --weights "$encoder"
rm -r drawn/regions
simulates --pairs 30
[ ! -e drawn/regions ] || fail "pictures were seen though there is an embedding"

done_well catalogue export --quiet drawn
grep '"test"' <<<"$out" | sed -E 's/.*"key":"([^"]*)".*/\1/' | sort >test.keys
simulates --pairs 50 --split test
grep -oE 'g[0-9]{6}' <<<"$out" | sort -u >seen.keys
same "items that are not of the split" "" "$(comm -13 test.keys seen.keys)"

# ---- a captioner ----

done_well train captioner --quiet --catalogue drawn --features "$encoder" --out run --pairs 64 \
    --batch 16 --epochs 1 --width 8 --embed 4 --attention 4 --minimum 1
speaks() { # argument...: lines of the captioner in $out
    done_well simulate --quiet drawn --features "$encoder" --critic run/best.safetensors \
        --pairs 40 "$@"
    matches "standard output" "(${line/attributes/captioner}"$'\n'"){39}${line/attributes/captioner}" \
        "$out"
}
speaks
same "pairs of a captioner" "$(head -30 <<<"$first" | cut -d, -f1)" "$(head -30 <<<"$out" | cut -d, -f1)"
[ -e drawn/critiques.db ] || fail "nothing was kept of what was said"
greedy=$out
speaks
same "lines that were kept" "$greedy" "$out"
rm drawn/critiques.db
speaks --threads 1
same "lines that were said again" "$greedy" "$out"
speaks --sampling sample --temperature 3
sampled=$out
[ "$sampled" != "$greedy" ] || fail "words are not drawn"
speaks --sampling sample --temperature 3
same "lines drawn with the same seed" "$sampled" "$out"
speaks --sampling beam --beam 2
failed_with "cannot use 'run/best.safetensors' with these pictures: it was trained on features of the \
network .*" simulate drawn --features "$clip/resnet_open_clip.safetensors" --critic run/best.safetensors

# ---- the page ----

echo old >page.html
simulates --pairs 8 --html page.html
same "parts of the page" "8 16 1" "$(grep -c '<blockquote>' page.html) $(
    grep -o 'src="data:image/jpeg;base64,' page.html | wc -l) $(grep -c '</html>' page.html)"
! grep -qE '(src|href)="(http|//)' page.html || fail "the page needs the network"
critique=$(head -1 <<<"$out" | sed -E 's/.*"critique":"([^"]*)".*/\1/')
grep -qF "$critique" page.html || fail "the page lacks '$critique'"
sed -nE 's/.*base64,([^"]*)".*/\1/p' page.html | head -1 | base64 -d >one.jpg
matches "the first picture" $'\xff\xd8\xff.*' "$(head -c 3 one.jpg)"
same "temporary files" "" "$(find . -name 'page.html.*')"
same mode "$(stat -c %a test.keys)" "$(stat -c %a page.html)"
done_well simulate --quiet drawn --features "$encoder" --pairs 4 --html page.html
done_well simulate --quiet drawn --features "$encoder" --pairs 4 --html -
same page "$(cat page.html)" "$out"
run simulate --quiet drawn --features "$encoder" --pairs 1 --html none/page.html
same status 1 "$status"
same "standard error" "gommir: cannot create 'none/page.html': No such file or directory" "$err"

# What catalogues say is text, not HTML.
printf '{"key":"<b>","title":"a < b & \\"c\\"","attributes":{"colour":"red"},"picture":"%s"}\n' \
    one.jpg >lines.jsonl
printf '{"key":"2","title":"</html>","attributes":{"colour":"blue"},"picture":"one.jpg"}\n' \
    >>lines.jsonl
mkdir table && mv lines.jsonl one.jpg table
done_well catalogue import --quiet --format=jsonl table/lines.jsonl --out odd
done_well simulate --quiet odd --features "$encoder" --pairs 4 --html odd.html
grep -qF 'a &lt; b &amp; &quot;c&quot;' odd.html || fail "titles are not escaped"
same "ends of the page" 1 "$(grep -c '</html>' odd.html)"

# ---- what is refused ----

failed_with "no catalogue in 'none': .*" simulate none --features "$encoder"
failed_with "cannot read 'none': No such file or directory" simulate drawn --features none
failed_with "no split 'none' in 'drawn'" simulate --quiet drawn --features "$encoder" --split none
failed_with "cannot read 'none': No such file or directory" \
    simulate drawn --features "$encoder" --critic none
failed_with ".*openai.safetensors.*" simulate drawn --features "$encoder" --critic "$encoder"
for wrong in "--pairs=0" "--sampling=best" "--phrasing=both" "--top-p=0" "--temperature=0" \
    "--infos=x" "--beam=65"; do
    run simulate drawn "$wrong"
    same status 2 "$status"
    same "standard output" "" "$out"
done
run simulate
same status 2 "$status"

# ---- interrupted ----

# wait_until COMMAND...: half a minute at most
wait_until() {
    local i
    for ((i = 0; i < 3000; i++)); do
        ! "$@" || return 0
        sleep 0.01
    done
    fail "$call: waited in vain for $*"
}

start() { # argument...: sets `pid`
    call="gommir simulate $*"
    env --default-signal=INT,TERM "$GMR_COMMAND" simulate "$@" >out 2>err </dev/null &
    pid=$!
}

is_longer() { # bytes, file...: the first of them
    [ "$(stat -c %s "$2" 2>/dev/null || echo 0)" -gt "$1" ]
}

# While pictures are seen: what is made is kept.
seq -f '%g,one.jpg' 1 4000 | sed '1i id,image' >many.csv
done_well catalogue import --quiet --format=csv many.csv --pictures table --out many
name=$(sha256sum "$encoder" | head -c 16)
start many --features "$encoder" --threads 1
wait_until is_longer 5000 "many/regions/$name.partial"
kill -s INT "$pid"
wait "$pid"
same status 1 "$?"
same "standard output" "" "$(cat out)"
same "last words" "gommir: stopped; what was seen of the pictures is kept, and the same command \
goes on from there" "$(tail -1 err)"
same files "$name.partial" "$(ls many/regions)"
done_well simulate --quiet many --features "$encoder" --pairs 3
same files "$name.safetensors" "$(ls many/regions)"
same lines 3 "$(wc -l <<<"$out")"

# While pairs are criticised: lines are whole, and there is no page.
start drawn --features "$encoder" --pairs 1000000 --html late.html
wait_until is_longer 10000 out
kill -s INT "$pid"
wait "$pid"
same status 1 "$?"
matches "last words" "gommir: stopped after [0-9]+ of 1000000 pairs" "$(tail -1 err)"
same "the last line" 1 "$(tail -1 out | grep -cE "^$line\$")"
[ ! -e late.html ] || fail "half a page"
finish
