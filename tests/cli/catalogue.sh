#!/usr/bin/env bash
# gommir catalogue: generate, info, show, export and import as a user meets them; every way round
# gives the same items again.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"

# ---- generate ----

done_well catalogue generate --quiet --items 40 --out drawn
matches "standard output" 'drawn: 40 items added, 0 changed, 0 removed, 0 as they were.*' "$out"
done_well catalogue generate --quiet --items 40 --out drawn
same "standard output" "drawn is up to date: the source has not changed" "$out"
done_well catalogue generate --quiet --items 40 --out again --threads 1
cmp <("$GMR_COMMAND" catalogue export --quiet drawn) \
    <("$GMR_COMMAND" catalogue export --quiet again) || fail "the same seed, other items"
done_well catalogue generate --quiet --json --items 50 --out again
matches "standard output" '\{"unchanged":false,"added":10,"changed":0,"removed":0,"same":40,.*\}' \
    "$out"
done_well catalogue generate --quiet --items 40 --seed 7 --out again
! cmp -s <("$GMR_COMMAND" catalogue export --quiet drawn) \
    <("$GMR_COMMAND" catalogue export --quiet again) || fail "another seed, the same items"

# ---- look ----

done_well catalogue info drawn
matches "standard output" '[^ ]*drawn: 40 items.*splits.*train.*attributes.*category.*colour.*' "$out"
done_well catalogue info --json drawn
matches "standard output" '\{"catalogue":".*drawn","items":40,"splits":\{.*\},"captions":0,.*' "$out"
! command -v jq >/dev/null || jq . <<<"$out" >/dev/null || fail "$call: not JSON"

done_well catalogue export --quiet drawn --pictures photos
lines=$out
same "number of lines" 40 "$(wc -l <<<"$lines")"
same "number of pictures" 40 "$(find photos -name '*.jpg' | wc -l)"
printf '%s\n' "$lines" >lines.jsonl
! command -v jq >/dev/null || jq . <lines.jsonl >/dev/null || fail "export: not JSON"
key=$(sed -n '3s/^{"key":"\([^"]*\)".*/\1/p' lines.jsonl)

done_well catalogue show drawn "$key"
matches "standard output" "$key: .*colour +[a-z]+.*picture +jpeg, [0-9]+x[0-9]+, in the catalogue.*" \
    "$out"
done_well catalogue show --json drawn "$key"
matches "standard output" "\{\"key\":\"$key\",\"position\":2,.*\"picture\":\{\"format\":\"jpeg\",.*" \
    "$out"
done_well catalogue show drawn "$key" --picture one.jpg
cmp one.jpg "photos/$key.jpg" || fail "show --picture and export differ"
"$GMR_COMMAND" catalogue show drawn "$key" --picture - | cmp - one.jpg || fail "--picture - differs"
failed_with "cannot create 'one.jpg': File exists" catalogue show drawn "$key" --picture one.jpg
failed_with ".*'nothing'.*" catalogue show drawn nothing
failed_with ".*'absent'.*" catalogue info absent
failed_with ".*'photos'.*" catalogue info photos

# ---- import what was exported ----

place="a place with 'quotes', \"more\" and ü"
done_well catalogue import --quiet --format=jsonl lines.jsonl --pictures photos --copy --out "$place"
matches "standard output" '.*: 40 items added, 0 changed, 0 removed, 0 as they were.*' "$out"
cmp lines.jsonl <("$GMR_COMMAND" catalogue export --quiet "$place" --pictures back) ||
    fail "export, import, export: other lines"
diff -r photos back || fail "export, import, export: other pictures"
done_well catalogue import --quiet --format=jsonl lines.jsonl --pictures photos --copy --out "$place"
matches "standard output" '.* is up to date: the source has not changed' "$out"

sed -i '1d; 2s/"title":"/&Another /' lines.jsonl
done_well catalogue import --quiet --json --format=jsonl lines.jsonl --pictures photos --copy \
    --out "$place"
matches "standard output" \
    '\{"unchanged":false,"added":0,"changed":1,"removed":1,"same":38,"skipped":0,.*' "$out"

# A folder of pictures; a picture that is none; a picture that came later.
cp -r photos "my photos"
echo "no picture" >"my photos/broken.jpg"
done_well catalogue import --quiet --format=folder "my photos" --out shop
matches "standard output" 'shop: 40 items added.*1 picture cannot be read.*' "$out"
problems=$(sed -n 's/^ *why is told in //p' <<<"$out")
grep -q 'broken.jpg' "$problems" || fail "the file of problems does not name the broken picture"
rm "my photos/broken.jpg"
cp one.jpg "my photos/Grüße & more.jpg"
done_well catalogue import --quiet --format=folder "my photos" --out shop
matches "standard output" 'shop: 1 items added, 0 changed, 0 removed, 40 as they were.*' "$out"
[ ! -e "$problems" ] || fail "the file of problems is still there"
done_well catalogue show shop "Grüße & more.jpg"
matches "standard output" '.*picture +jpeg, .*/my photos/Gr.*more.jpg.*' "$out"

# A table; what it does not say is no attribute.
cat >table.csv <<END
sku,name,colour,price,photo
1,"A ""fine"" shirt, long",Blue,19.50,$key.jpg
2,Shoe,red,80,$key.jpg
3,Ghost,red,80,missing.jpg
END
done_well catalogue import --quiet --json --format=csv table.csv --pictures photos \
    --column=picture=photo --out tabled
matches "standard output" '\{"unchanged":false,"added":2,.*"missing_pictures":1,.*' "$out"
done_well catalogue show tabled 1
matches "standard output" '1: A "fine" shirt, long.*colour +.lue.*price +19.50.*' "$out"

# ---- trouble ----

failed_with ".*'nowhere'.*" catalogue import --format=csv nowhere --out x
failed_with ".*lines.jsonl.*" catalogue import --format=fashioniq lines.jsonl --out x
[ ! -e x ] || fail "a failed first import left its directory"
failed_with ".*" catalogue import --format=csv table.csv --column=nonsense --out x
"$GMR_COMMAND" catalogue export --quiet drawn >/dev/full 2>err
same "status on a full disk" 1 $?
matches "message on a full disk" 'gommir: cannot write to standard output: No space left on device' \
    "$(cat err)"

# Ctrl-C leaves what was there, and says so.
env --default-signal=INT "$GMR_COMMAND" catalogue generate --quiet --items 1000000 --out drawn 2>err &
job=$!
sleep 1
kill -INT $job
wait $job
same "status after Ctrl-C" 1 $?
matches "message after Ctrl-C" "gommir: stopped; 'drawn' is as it was.*" "$(cat err)"
done_well catalogue info --json drawn
matches "standard output" '.*"items":40,.*' "$out"
env --default-signal=INT "$GMR_COMMAND" catalogue generate --quiet --items 1000000 --out fresh 2>err &
job=$!
sleep 1
kill -INT $job
wait $job
[ ! -e fresh ] || fail "a stopped first import left its directory"
finish
