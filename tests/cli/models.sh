#!/usr/bin/env bash
# The weights that come with gommir: they fit their size, say what they are, are found without being
# named, and still see and read on items that nobody has trained on.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
model=$GMR_SOURCE_DIR/models/fashion.safetensors
[ "$(cat "$GMR_SOURCE_DIR"/models/*.safetensors | wc -c)" -le 12000000 ] || fail "more than 12 MB"

# above WHAT LEAST NAME: the number of that name in the JSON in $out
above() {
    local found
    found=$(sed -E "s/.*\"$3\":([0-9.]+).*/\1/" <<<"$out")
    awk -v found="$found" -v least="$2" 'BEGIN { exit !(found > least) }' ||
        fail "$call: $1 is $found, not above $2"
}

done_well inspect --json "$model"
matches inspection '.*"vocabulary".*' "$out"

done_well encode --text 'black leather sandals' --json
found=$out
matches vector '\{"embedding":\[([^,]+,){127}[^,]+\]\}' "$out"
done_well encode --text 'black leather sandals' --json --weights "$model"
same "vector of the named weights" "$found" "$out"

# Items of another seed than those it was trained on. Chance would find a tenth among 10 of 100.
done_well catalogue generate --quiet --items 400 --seed 7001 --out shop
done_well evaluate --quiet --json --model "$model" --catalogue shop --split train --block 100
above "text to picture" 0.95 'text_to_picture":\{[^}]*"r10'
above "picture to text" 0.95 'picture_to_text":\{[^}]*"r10'
above colour 0.7 'attribute":"colour"[^}]*"accuracy'
above category 0.6 'attribute":"category"[^}]*"accuracy'
above "sleeve length" 0.65 'attribute":"sleeve length"[^}]*"accuracy'
done_well encode --quiet shop
done_well catalogue info shop
matches embedding ".*clip  400 of 400 items, 128 numbers each, encoder $(sha256sum "$model" | cut -d ' ' -f 1)" "$out"
finish
