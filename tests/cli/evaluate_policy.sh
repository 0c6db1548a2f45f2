#!/usr/bin/env bash
# gommir evaluate --policy: dialogues on a catalogue as a table, JSON and lines for each user, the same
# for the same seed; a table of an encoder's own is what it needs, and it says so.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
model=$GMR_SOURCE_DIR/tests/golden/data/clip/openai.safetensors
words=$GMR_SOURCE_DIR/tests/golden/data/clip/vocabulary.txt
on_train=(evaluate --catalogue shop --split train --encoder "$model" --vocab "$words")

without_seconds() {
    sed -E 's/"seconds":[0-9.e-]+/"seconds":0/' <<<"$out"
}

done_well catalogue generate --quiet --items 60 --out shop
failed_with "'shop' has no embedding by '[^']*openai.safetensors': 'gommir encode' makes it" \
    "${on_train[@]}" --policy sum
done_well encode shop --quiet --weights "$model" --vocab "$words"
run catalogue export shop
users=$(grep -c '"train"' <<<"$out")

# The table, with a line a turn.
done_well "${on_train[@]}" --quiet --policy sum --turns 2
percent='[0-9.]+ % \([0-9.]+ - [0-9.]+\)'
matches table "Dialogues of $users users with policy sum, who want the items of split 'train'

 +turn +success +NDCG@3 +NDCG@10
 +1 +$percent +$percent +$percent
 +2 +$percent +$percent +$percent

 +success +among the first 3, now or before
 +users +$users, a target each; 0 items have no vector; [0-9]+ targets were in a first list
 +in brackets +95 % intervals over users
 +time +[0-9.]+ s" "$out"
same "widest line" "" "$(grep -E '.{100}' <<<"$out")"

# JSON, and lines that give the same success.
all=("${on_train[@]}" --quiet --json --policy average-vector --turns 4 --k 2)
done_well "${all[@]}" --per-user users.csv
number='[0-9.e-]+'
numbers="\[$number,$number,$number,$number\]"
pair="\[$number,$number\]"
pairs="\[$pair,$pair,$pair,$pair\]"
matches JSON "\{\"model\":\"average-vector\",\"policy\":\"average-vector\",\"catalogue\":\"shop\",\"split\":\"train\",\
\"protocol\":\"clean\",\"encoder\":\"[^\"]*openai.safetensors\",\"critic\":\"attributes\",\
\"phrasing\":\"evaluation\",\"like\":\"model\",\"users\":$users,\"left_out\":0,\
\"in_first_list\":[0-9]+,\"k\":2,\"turns\":4,\"seed\":42,\
\"sr\":$numbers,\"ndcg3\":$numbers,\"ndcg10\":$numbers,\
\"ci95\":\{\"sr\":$pairs,\"ndcg3\":$pairs,\"ndcg10\":$pairs\},\"seconds\":$number\}" "$out"
same lines 1 "$(wc -l <<<"$out")"
before=$(without_seconds)
same head target,turn,rank,liked,critique "$(head -1 users.csv)"
same lines $((4 * users + 1)) "$(wc -l <users.csv)"
same "whole lines" $((4 * users)) \
    "$(grep -cE '^[^",]+,[1-4],[0-9]+,[^",]+,("[^"]*"|[^",]*)$' users.csv)"
found=$(awk -F, '$3 < 2 && !($1 in done) { done[$1]; n++ } END { print n + 0 }' users.csv)
shown=$(sed -E 's/.*"sr":\[[^]]*,([0-9.e-]+)\],"ndcg3".*/\1/' <<<"$before")
same "users who found it" "$found" "$(awk "BEGIN { printf \"%.0f\", $shown * $users }")"

# Lines and pages may go to standard output, where they are all there is.
done_well "${all[@]/--json/--quiet}" --per-user -
same lines "$(cat users.csv)" "$out"
done_well "${all[@]/--json/--quiet}" --html -
matches page '<!(doctype|DOCTYPE) html>.*</html>' "$out"
run "${all[@]}" --per-user -
same status 2 "$status"
matches "standard error" "gommir: only one of --json, --per-user and --html can go to standard output.*" "$err"
same "files" "" "$(find . -name '-*')"

# The same seed, the same dialogues, whatever the number of threads; another, others.
cp users.csv first.csv
done_well "${all[@]}" --per-user users.csv --threads 1
same "result with one thread" "$before" "$(without_seconds)"
cmp users.csv first.csv || fail "other dialogues with one thread"
done_well "${all[@]}" --per-user users.csv --seed 43
! cmp -s users.csv first.csv || fail "seeds 42 and 43 agree"
done_well "${all[@]}" --like encoder --protocol paper --phrasing training
matches JSON '.*"protocol":"paper".*"phrasing":"training","like":"encoder".*' "$out"

# Each rule has its name, and other dialogues.
for policy in random text sum; do
    done_well "${all[@]/average-vector/$policy}" --per-user "$policy.csv"
    matches JSON "\{\"model\":\"$policy\",\"policy\":\"$policy\",.*" "$out"
    ! cmp -s "$policy.csv" first.csv || fail "$policy is average-vector"
done

# The page holds all that it shows: N users, and each until what it wants is found.
done_well "${all[@]}" --html page.html --trace 3
page=$(cat page.html)
done_well "${all[@]}" --trace 3
cmp page.html trace.html || fail "another page without --html"
same users 3 "$(grep -c '<article>' page.html)"
same wanted 3 "$(grep -A3 'class="goal"' page.html | grep -c 'wanted<br>')"
turns=$(grep -c '<blockquote>' page.html)
((turns >= 3 && turns <= 12)) || fail "$turns turns of 3 users"
same lists $((turns + 3)) "$(grep -c 'class="list"' page.html)"
same "pictures of all items" $((3 + 2 * (turns + 3))) "$(grep -c 'src="data:image/' page.html)"
same "ends" 3 "$(grep -cE '>(not )?found after [1-4] critiques?' page.html)"
! grep -qE '(src|href)="[^d]' page.html || fail "the page needs other files"
matches page '.*Catalogue shop, split train, recommended by average-vector, critic attributes\. 3 users.*' "$page"
failed_with ".*'none/page.html'.*" "${all[@]}" --html none/page.html --per-user late.csv
[ ! -e late.csv ] || fail "half of what was asked for"

# A recommender in place of a rule; this one is too small for its name.
put tracker '{"combiner_layer.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' 4
failed_with ".*'tracker'.*" "${on_train[@]}" --quiet --model tracker

# What cannot be done is said with its reason.
failed_with ".*'shop' has no split 'nowhere'|no split 'nowhere' in 'shop'" \
    "${on_train[@]/train/nowhere}" --quiet --policy sum
failed_with "[0-9]+ items are too few for 22 lists of 3" "${on_train[@]}" --quiet --policy sum --turns 21
failed_with "cannot read 'nobody': .*" "${on_train[@]}" --quiet --policy sum --critic nobody
failed_with ".*'none/users.csv'.*" "${on_train[@]}" --quiet --policy sum --per-user none/users.csv
run "${on_train[@]}"
same status 2 "$status"
run "${on_train[@]}" --policy psychic
same status 2 "$status"
matches "standard error" "gommir: --policy takes 'random', 'text', 'sum' or 'average-vector', not 'psychic'.*" "$err"
run "${on_train[@]}" --policy sum --model "$model"
same status 2 "$status"
matches "standard error" "gommir: --policy takes the place of --model: only one of them.*" "$err"
finish
