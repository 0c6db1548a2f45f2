#!/usr/bin/env bash
# Wrong usage: status 2, nothing on standard output, the reason and where to find help.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"

refused() { # message, name in the hint, argument...
    local message=$1 name=$2
    shift 2
    run "$@"
    same status 2 "$status"
    same "standard output" "" "$out"
    # A long name of a command breaks the hint's line.
    err=${err/usage\'$'\n'for/usage\' for}
    err=${err/for$'\n'more/for more}
    err=${err/more$'\n'information/more information}
    same "standard error" "gommir: $message
Try \`$name --help' or \`$name --usage' for more information." "$err"
}

run
same status 2 "$status"
same "standard output" "" "$out"
matches "standard error" 'Usage: gommir .*demo .*inspect .*' "$err"

refused "no command 'dmeo'; did you mean 'demo'?" gommir dmeo
refused "no command 'Inspect'; did you mean 'inspect'?" gommir Inspect x
refused "no command 'nisepct'; did you mean 'inspect'?" gommir nisepct x # two swaps
refused "no command 'demonstrate'" gommir demonstrate
refused "no command ''" gommir ''
refused "no command '$(printf 'x%.0s' {1..200})'" gommir "$(printf 'x%.0s' {1..200})"
refused "unrecognized option '--json'" gommir --json demo

refused "unrecognized option '--itms'" "gommir demo" demo --itms 100
refused "option '--items' requires an argument" "gommir demo" demo --items
refused "option '--json' doesn't allow an argument" "gommir demo" demo --json=yes
refused "demo takes no argument, but got 'now'" "gommir demo" demo --quiet now
refused "demo takes no argument, but got '--json'" "gommir demo" demo -- --json
for text in 49 100001 -60 +60 ' 60' 60x 0x60 6e1 '' 18446744073709551676; do
    refused "--items takes a whole number in 50 .. 100000, not '$text'" "gommir demo" \
        demo "--items=$text"
done
refused "--epochs takes a whole number in 1 .. 1000, not '0'" "gommir demo" demo --epochs 0
refused "--turns takes a whole number in 1 .. 20, not '21'" "gommir demo" demo --turns 21
refused "--shown takes a whole number in 2 .. 10, not '1'" "gommir demo" demo --shown 1
refused "--threads takes a whole number in 1 .. 1024, not '0'" "gommir demo" demo --threads 0
refused "--seed takes a whole number in 0 .. 18446744073709551615, not '18446744073709551616'" \
    "gommir demo" demo --seed 18446744073709551616
refused "--device takes 'auto', 'cpu' or 'cuda', not 'gpu'" "gommir demo" demo --device gpu

run catalogue
same status 2 "$status"
matches "standard error" 'Usage: gommir catalogue .*import .*show .*' "$err"
refused "no command 'imprt'; did you mean 'import'?" "gommir catalogue" catalogue imprt
refused "the source is missing" "gommir catalogue import" catalogue import --format=csv --out=x
refused "--format is missing: what is 'a'?" "gommir catalogue import" catalogue import a --out=x
refused "--out is missing: where shall the catalogue be?" "gommir catalogue import" \
    catalogue import a --format=csv
refused "no format 'xml'; there are folder, csv, jsonl, fashion-products, fashioniq and shoes" \
    "gommir catalogue import" catalogue import a --format=xml --out=x
refused "there is one argument too many, 'b'" "gommir catalogue import" \
    catalogue import --format=csv --out=x a b
refused "--out is missing: where shall the catalogue be?" "gommir catalogue generate" \
    catalogue generate --items=3
refused "--items takes a whole number in 1 .. 1000000, not '0'" "gommir catalogue generate" \
    catalogue generate --items=0 --out=x
refused "the catalogue is missing" "gommir catalogue info" catalogue info
refused "the item's key is missing" "gommir catalogue show" catalogue show x
refused "there is one argument too many, 'y'" "gommir catalogue export" catalogue export x y

refused "--model is missing: what shall be evaluated?" "gommir evaluate" evaluate
refused "--catalogue is missing: on what shall it be evaluated?" "gommir evaluate" \
    evaluate --model x
refused "--split is missing: on which items of 'y'?" "gommir evaluate" \
    evaluate --model x --catalogue y
refused "evaluate takes no argument, but got 'x'" "gommir evaluate" evaluate x
refused "--block takes a whole number in 0 .. 1000000000, not '-1'" "gommir evaluate" \
    evaluate --block=-1
for classes in 1 1001 '' x; do
    refused "--classify takes a whole number in 2 .. 1000, not '$classes'" "gommir evaluate" \
        evaluate "--classify=colour=$classes"
done
refused "--classify takes the name of an attribute" "gommir evaluate" evaluate --classify =3
mapfile -t many < <(printf -- '--classify=a%s\n' {1..17})
refused "--classify is given more than 16 times" "gommir evaluate" evaluate "${many[@]}"

refused "inspect needs a file" "gommir inspect" inspect --json
refused "inspect takes one file, but got 'a' and 'b'" "gommir inspect" inspect a b
refused "cannot inspect standard input: the file is mapped, not read" "gommir inspect" inspect -

refused "the checkpoint is missing" "gommir convert" convert
refused "the file to write is missing" "gommir convert" convert a
refused "there is one argument too many, 'c'" "gommir convert" convert a b c
refused "cannot convert through a pipe: both files need a name" "gommir convert" convert a -
for things in "" "--text b --image c" "cat --text b" "--image b cat"; do
    # shellcheck disable=SC2086 # several words
    refused "encode takes one of a catalogue, --text and --image" "gommir encode" \
        encode --weights a $things
done
refused "there is one argument too many, 'b'" "gommir encode" encode a b
refused "--name is of the embedding of a catalogue, and there is none" "gommir encode" \
    encode --weights a --text b --name c

# In range one by one, but not together.
run demo --quiet --items 50 --turns 20 --shown 10
same status 2 "$status"
same "standard output" "" "$out"
matches "standard error" 'gommir: .*items.*' "$err"

# Not wrong, but not possible.
run demo --device cuda
same status 1 "$status"
same "standard output" "" "$out"
same "standard error" "gommir: this build has no CUDA" "$err"
refused "--model is missing: what shall hear the dialogues?" "gommir replay" \
    replay --input=a --output=b
refused "--input is missing: where are the dialogues?" "gommir replay" replay --model=a --output=b
refused "--output is missing: where shall the states go?" "gommir replay" replay --model=a --input=b
refused "--output cannot be a pipe: the file needs a name" "gommir replay" \
    replay --model=a --input=b --output=-
refused "replay takes no argument, but got 'a'" "gommir replay" replay a
refused "--catalogue is missing: on what shall they be compared?" "gommir compare" \
    compare sum text --split=s
refused "--split is missing: on which items of 'c'?" "gommir compare" compare sum text --catalogue=c
refused "two models or more can be compared, not 1" "gommir compare" \
    compare sum --catalogue=c --split=s
refused "--reference is one of the models that are compared, not 'random'" "gommir compare" \
    compare sum text --catalogue=c --split=s --reference=random
refused "more than 64 models" "gommir compare" compare --catalogue=c --split=s m{1..65}
finish
