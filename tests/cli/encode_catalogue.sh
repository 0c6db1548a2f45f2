#!/usr/bin/env bash
# gommir encode CAT: vectors for all items, only where they lack, and on after Ctrl-C.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
clip=$GMR_SOURCE_DIR/tests/golden/data/clip
weights=$clip/openai.safetensors

# ---- what lacks a vector ----

done_well catalogue generate --quiet --items 40 --out drawn
done_well encode --quiet drawn --weights "$weights"
matches "standard output" "drawn: 40 pictures encoded into 'clip'"$'\n'"  [0-9.]+ s" "$out"
done_well catalogue info drawn
digest=$(sha256sum "$weights" | cut -d ' ' -f 1)
matches "standard output" ".*  clip  40 of 40 items, 6 numbers each, encoder $digest" "$out"
done_well encode --quiet drawn --weights "$weights"
same "standard output" "drawn is up to date: all pictures have their vectors in 'clip'" "$out"
done_well catalogue generate --quiet --items 50 --out drawn
done_well encode --quiet --json drawn --weights "$weights" --threads 1
matches "standard output" '\{"unchanged":false,"items":50,"kept":40,"resumed":0,"encoded":10,'\
'"broken_pictures":0,"without_picture":0,"problems":"","seconds":[0-9.]+\}' "$out"
done_well encode --quiet drawn --weights "$clip/resnet_open_clip.safetensors"
matches "standard output" "drawn: 50 pictures encoded into 'clip'.*" "$out"
done_well encode --quiet drawn --weights "$weights" --name other
done_well catalogue info --json drawn
matches "standard output" '.*"clip".*"other".*' "$out"

# The vectors are those of the pictures.
done_well catalogue generate --quiet --items 1 --out one
done_well catalogue export --quiet one --pictures photos
done_well encode --quiet one --weights "$weights"
vector=$("$GMR_COMMAND" encode --weights "$weights" --image photos/*.jpg | awk '{printf "%.4f ", $1}')
header=$(od -An -tu8 -N8 one/embedding/clip.safetensors)
same vector "$vector" "$(od -An -v -tf4 -w4 -j $((8 + header)) -N24 \
    one/embedding/clip.safetensors | awk '{printf "%.4f ", $1}')"

# ---- what has none ----

mkdir shop photo
base64 -d >dot.png <<<'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP4z8DAAMIM////ZwAAHu8E/KPItPcAAAAA'\
'SUVORK5CYII='
cp dot.png photo/a.png
cp dot.png photo/b.png
printf 'id,image\na,a.png\nb,b.png\nc,\n' >table.csv
done_well catalogue import --quiet --format=csv table.csv --pictures photo --out shop
rm photo/b.png
done_well encode --quiet shop --weights "$weights"
matches "standard output" "shop: 1 pictures encoded into 'clip'
  1 item has no picture
  1 picture cannot be read
  why is told in shop/encode-problems-clip.tsv
  [0-9.]+ s" "$out"
same "list of problems" 'kind key file reason' "$(head -1 shop/encode-problems-clip.tsv | tr '\t' ' ')"
matches "list of problems" \
    "picture b [^ ]*/photo/b.png cannot read '[^ ]*/photo/b.png': No such file or directory" \
    "$(tail -n +2 shop/encode-problems-clip.tsv | tr '\t' ' ')"

failed_with "no catalogue in 'none': .*" encode none --weights "$weights"
failed_with "cannot read 'none': No such file or directory" encode drawn --weights none
failed_with "'a/b' is no name for an embedding" encode drawn --weights "$weights" --name a/b

# ---- interrupted ----

# Many items with one picture each, so that there is something to interrupt.
seq -f '%g,a.png' 1 6000 | sed '1i id,image' >many.csv
done_well catalogue import --quiet --format=csv many.csv --pictures photo --out many
call="gommir encode many"
env --default-signal=INT,TERM "$GMR_COMMAND" encode many --weights "$weights" --threads 1 \
    >out 2>err </dev/null &
pid=$!
for ((i = 0; i < 3000; i++)); do
    [ "$(stat -c %s many/embedding/clip.partial 2>/dev/null || echo 0)" -lt 1000 ] || break
    sleep 0.01
done
kill -s INT "$pid"
wait "$pid"
same status 1 "$?"
same "standard output" "" "$(cat out)"
matches "last words" "gommir: stopped; [0-9]+ vectors are kept, and the same command goes on from there" \
    "$(tail -1 err)"
kept=$(tail -1 err | grep -oE '[0-9]+')
if [ "$kept" -eq 0 ] || [ "$kept" -eq 6000 ]; then
    fail "$call: $kept of 6000 are encoded"
fi
[ ! -e many/embedding/clip.safetensors ] || fail "$call: half an embedding"
done_well encode --quiet many --weights "$weights"
matches "standard output" "many: $((6000 - kept)) pictures encoded into 'clip'
  $kept were encoded before, by a run that was stopped
  .*" "$out"
same "files" "clip.safetensors" "$(ls many/embedding)"
finish
