#!/usr/bin/env bash
# gommir compare: models on the same users, as a table, JSON and files, each with the numbers that
# gommir evaluate gives; a directory in which nothing is played twice; what is wrong writes nothing.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
encoder=$GMR_SOURCE_DIR/tests/golden/data/clip/openai.safetensors
words=$GMR_SOURCE_DIR/tests/golden/data/clip/vocabulary.txt
recommender=$GMR_SOURCE_DIR/tests/golden/data/recommender/gommir.pth
shared=(--quiet --catalogue shop --split train --encoder "$encoder" --vocab "$words" --turns 3)

done_well catalogue generate --quiet --items 60 --out shop
done_well encode shop --quiet --weights "$encoder" --vocab "$words"
cp "$recommender" 'my_model|1.pth'

# The table: a line a model, in their order, and what the star means.
files=(--csv all.csv --markdown all.md --latex all.tex)
done_well compare "${shared[@]}" random 'my_model|1.pth' sum --reference sum "${files[@]}"
percent='[0-9.]+ % \([0-9.]+ - [0-9.]+\) [ *]'
matches table "Dialogues of [0-9]+ users, who want the items of split 'train', after 3 critiques

 +success +NDCG@3 +NDCG@10 *
 +$percent +$percent +$percent  random
 +$percent +$percent +$percent  my_model\|1.pth
 +$percent  +$percent  +$percent  sum

 +success +among the first 3, now or before
 +in brackets +95 % intervals over users
 +\* +differs from sum \(paired t-tests over users, corrected by Holm, p <= 0.05\)
 +time +[0-9.]+ s" "$out"

# JSON: what evaluate says of each, and the chances.
done_well compare "${shared[@]}" --json random 'my_model|1.pth' sum --reference sum
compared=$(sed -E 's/"seconds":[0-9.e-]+/"seconds":0/g' <<<"$out")
[[ $compared == '{"models":['* ]] || fail "$call: it does not begin with models"
[[ $compared == *'],"reference":"sum"}' ]] || fail "$call: it does not end with the reference"
for model in random sum 'my_model|1.pth'; do
    case $model in
    *.pth) done_well evaluate "${shared[@]}" --json --model "$model" ;;
    *) done_well evaluate "${shared[@]}" --json --policy "$model" ;;
    esac
    alone=$(sed -E 's/"seconds":[0-9.e-]+/"seconds":0/; s/\}$//' <<<"$out")
    [[ $compared == *"$alone,\"p_holm\":{\"sr\":"* ]] || fail "compare says otherwise of $model than"$'\n'"$alone"
done
number='[0-9.e-]+'
same "chances" 2 "$(grep -oE "\"p_holm\":\{\"sr\":$number,\"ndcg3\":$number,\"ndcg10\":$number\}" <<<"$compared" | wc -l)"
[[ $compared == *'"policy":"sum",'*'"p_holm":{"sr":null,"ndcg3":null,"ndcg10":null}}],'* ]] ||
    fail "the reference differs from itself"

# The table's stars are those chances.
stars=''
for measure in sr ndcg3 ndcg10; do
    p=$(sed -E "s/.*\"policy\":\"random\".*\"p_holm\":\{[^}]*\"$measure\":($number)[,}].*\"my_model.*/\1/" \
        <<<"$compared")
    matches "$measure" "$number" "$p"
    stars+=$(awk -v p="$p" 'BEGIN { print (p <= .05 ? "*" : "-") }')
done
done_well compare "${shared[@]}" random 'my_model|1.pth' sum --reference sum
row=$(grep -E '  random$' <<<"$out" | sed -E 's/ +random$/ /; s/\) \*/)*/g; s/\)( |$)/)-/g')
same "stars" "$stars" "$(grep -oE '\)[*-]' <<<"$row" | tr -d ')\n')"
[[ $stars == *'*'* ]] || fail "random is as good as sum"

# The files, with names as each language writes them.
same "head" model,turn,sr,sr_low,sr_high,sr_p,ndcg3,ndcg3_low,ndcg3_high,ndcg3_p,ndcg10,ndcg10_low,ndcg10_high,ndcg10_p \
    "$(head -1 all.csv)"
same "lines" $'random,1\nrandom,2\nrandom,3\nmy_model|1.pth,1\nmy_model|1.pth,2\nmy_model|1.pth,3\nsum,1\nsum,2\nsum,3' \
    "$(sed 1d all.csv | cut -d, -f1,2)"
same "fields" 14 "$(awk -F, '{ print NF }' all.csv | sort -u)"
same "turns with chances" $'random,3\nmy_model|1.pth,3' "$(awk -F, 'NR > 1 && $6 != "" { print $1 "," $2 }' all.csv)"
sr=$(awk -F, '$1 == "sum" && $2 == 3 { printf "%.4f", $3 }' all.csv)
matches Markdown '\| model \| success \| NDCG@3 \| NDCG@10 \|
\|---\|---:\|---:\|---:\|
\| random \|.*
\| my\\_model\\\|1.pth \|.*
\| sum \| (\*\*)?'"$sr"'(\*\*)? \|.*' "$(cat all.md)"
matches LaTeX '\\begin\{tabular\}\{lrrr\}.*my\\_model\|1.pth & .*sum & .*'"$sr"'.*\\end\{tabular\}' "$(cat all.tex)"
best=$(awk -F, '$2 == 3 && $3 > most { most = $3 } END { printf "%.4f", most }' all.csv)
same "the best success" "$best" "$(awk -F' \\| ' '$2 ~ /\*\*/ { print $2 }' all.md | tr -dc '0-9.\n' | sort -u)"

# A file may be standard output, and then it is all there is.
for form in csv md tex; do
    option=${form/md/markdown}
    done_well compare "${shared[@]}" random 'my_model|1.pth' sum --reference sum "--${option/tex/latex}" -
    same "$form" "$(cat "all.$form")" "$out"
done
run compare "${shared[@]}" random sum --csv - --json
same status 2 "$status"
matches "standard error" "gommir: only one of --json, --csv, --markdown and --latex can go to standard output.*" "$err"

# The same, whatever the number of threads; the first is the reference if none is named.
done_well compare "${shared[@]}" --json random 'my_model|1.pth' sum --reference sum --threads 1
same "with one thread" "$compared" "$(sed -E 's/"seconds":[0-9.e-]+/"seconds":0/g' <<<"$out")"
done_well compare "${shared[@]}" --json random sum
[[ $out == *'],"reference":"random"}' ]] || fail "$call: another reference"

# ---- a directory ----

# It holds what is printed and asked for elsewhere, and the dialogues.
kept=(compare "${shared[@]}" --json random 'my_model|1.pth' sum --reference sum --out kept)
done_well "${kept[@]}"
same "with --out" "$compared" "$(sed -E 's/"seconds":[0-9.e-]+/"seconds":0/g' <<<"$out")"
same "metrics.json" "$out" "$(cat kept/metrics.json)"
for form in csv md tex; do
    cmp "all.$form" "kept/table.$form" || fail "$call: another table.$form"
done
models() { # those that have dialogues there
    (cd kept && echo */ | sed -E 's/-[0-9a-f]{12}\///g')
}
same "models" "gommir random sum" "$(models)"
same "files" "config.json metrics.json per_user.csv table.csv table.md table.tex" "$(cd kept && echo *.*)"
done_well evaluate "${shared[@]}" --policy sum --per-user sum.csv
same "lines" "$(sed '1s/^/model,/; 1!s/^/sum,/' sum.csv)" "$(grep -E '^(model|sum),' kept/per_user.csv)"
same "models in lines" "model my_model|1.pth random sum" "$(cut -d, -f1 kept/per_user.csv | sort -u | paste -sd' ')"
sums=$(echo kept/sum-*/log.jsonl)
same "lines" $((3 * 3 * $(wc -l <"$sums") + 1)) "$(wc -l <kept/per_user.csv)"

# What is there is not played again: dialogues that were changed count. Torn ones do not.
cp "$sums" sums
sed -i -E 's/"rank":\[[0-9,]+\]/"rank":[0,0,0]/' "$sums"
done_well "${kept[@]}"
[[ $out == *'"model":"sum",'*'"sr":[1,1,1],"ndcg3":[1,1,1]'* ]] || fail "$call: plays again what is there"
head -c 3000 sums >"$sums"
done_well "${kept[@]}"
cmp sums "$sums" || fail "$call: other dialogues than before"
done_well "${kept[@]/my_model|1.pth/text}"
same "models" "gommir random sum text" "$(models)"

# Other weights of the same name are another model.
cp 'my_model|1.pth' old.pth
done_well convert "$GMR_SOURCE_DIR/tests/golden/data/recommender/gommir-no-res.pth" other.safetensors \
    --quiet --model gommir-no-res
cp other.safetensors 'my_model|1.pth'
done_well "${kept[@]}"
same "models" "gommir gommir-no-res random sum text" "$(models)"
! cmp -s all.csv kept/table.csv || fail "$call: other weights give the same table"
cp old.pth 'my_model|1.pth'
done_well "${kept[@]}"
cmp all.csv kept/table.csv || fail "$call: another table.csv"

# Stopped, it goes on.
long=(compare "${shared[@]}" --turns 10 random text sum average-vector --threads 1)
done_well "${long[@]}" --json --reference text
whole=$(sed -E 's/"seconds":[0-9.e-]+/"seconds":0/g' <<<"$out")
rm shop/critiques.db
env --default-signal=INT "$GMR_COMMAND" "${long[@]}" --out parts >out 2>err &
process=$!
while ! [ -s "$(echo parts/random-*/log.jsonl)" ] && kill -0 "$process" 2>/dev/null; do sleep 0.01; done
kill -INT "$process" 2>/dev/null
wait "$process"
stopped=$?
if [ "$stopped" -ne 0 ]; then # it may have been too fast
    call="gommir compare, stopped"
    same message "gommir: stopped; the same command goes on with run 'parts'" "$(tail -1 err)"
    same files config.json "$(cd parts && echo *.*)"
fi
done_well "${long[@]}" --json --reference text --out parts
same "after a stop" "$whole" "$(sed -E 's/"seconds":[0-9.e-]+/"seconds":0/g' <<<"$out")"

failed_with "run 'kept' was begun with other settings: seed was 42, now 43" "${kept[@]}" --seed 43
failed_with "'shop' is there, but is no run: it has no config.json" "${kept[@]}" --out shop

# ---- what is wrong ----
echo before >kept.csv
failed_with "cannot read 'none.pth': No such file or directory" \
    compare "${shared[@]}" sum none.pth --csv kept.csv
failed_with ".*no split 'nowhere'.*" compare "${shared[@]}" sum text --split nowhere --csv kept.csv
same "the file" before "$(cat kept.csv)"
run compare "${shared[@]}" sum text --csv none/all.csv
same status 1 "$status"
same "standard error" "gommir: cannot create 'none/all.csv': No such file or directory" "$err"
same "temporary files" "" "$(find . -name 'all.*.*' -o -name 'kept.csv?*')"
finish
