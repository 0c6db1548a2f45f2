#!/usr/bin/env bash
# On a terminal: a bar that fits it, is drawn seldom and removed in the end; colour unless unwanted.
# `script` plays the terminal.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
command -v script >/dev/null || {
    echo "terminal: skipped, there is no 'script'"
    exit 0
}
escape=$'\e'

# on_terminal COLUMNS SHELL-COMMAND: what the terminal gets goes to `screen`, a line for each
# return of the cursor; $ gommir stands for the command.
on_terminal() {
    call="'$2' on $1 columns"
    # shellcheck disable=SC2016 # for the inner shell
    script -qefc "stty cols $1; gommir() { \"\$GMR_COMMAND\" \"\$@\"; }; $2" /dev/null \
        </dev/null >raw || fail "$call: status $?"
    tr '\r' '\n' <raw | grep -v '^$' >screen
}

# The bars as the user sees them: without colours and the erasing of the rest of the line.
bars() {
    grep "${escape}\[K" screen | sed "s/${escape}\[[0-9]*[mK]//g"
}

export TERM=xterm SHELL=/bin/bash NO_COLOR=1
# The first run does all ten jobs; the next ones have its directory, and only measure.
job="gommir demo --items 100 --turns 2 --k 2 --supervised-epochs 3 --epochs 1 --threads 1"

# 80 columns: the whole story, redrawn at most ten times a second and at both ends of ten jobs.
start=$(date +%s%N)
on_terminal 80 "$job >table"
tenths=$((($(date +%s%N) - start) / 100000000))
bars >seen
grep -qE '^supervised training \[#+ *\] +[0-9]+ %  loss [0-9.]+.*batch [0-9]+ of 6$' seen ||
    fail "$call: no bar with loss and count: $(cat seen)"
grep -qE '^supervised training \[#{8,24}\] 100 %  loss ' seen || fail "$call: no full bar: $(cat seen)"
[ "$(wc -l <seen)" -le $((tenths + 30)) ] || fail "$call: $(wc -l <seen) bars in $tenths tenths"
[ "$(tail -c 6 raw | od -An -c)" = "$(printf '\r\e[K\r\n' | od -An -c)" ] ||
    fail "$call: the bar stays: $(tail -c 40 raw | od -c)"
! grep -q "$escape" table || fail "$call: escape sequences in a file"

# Narrower: no line reaches the last column, and of what is said the loss goes last.
for columns in 55 12 4; do
    [ $columns -ne 55 ] || rm -r gommir-demo/run
    on_terminal $columns "$job >table"
    bars >seen
    [ -s seen ] || fail "$call: no bars"
    ! grep -E ".{$columns}" seen || fail "$call: the lines above are too wide"
    [ $columns -ne 55 ] || grep -qE '^supervised training \[.*\].*  loss [0-9.]+$' seen ||
        fail "$call: no loss: $(cat seen)"
done

# Neither a quiet command nor a pipe gets a bar.
on_terminal 80 "$job --quiet >table; $job 2>&1 >table | cat >lines"
same "the screen" "" "$(cat screen)"
[ -s lines ] || fail "$call: the pipe gets nothing"
! grep -q "$escape" lines || fail "$call: escape sequences in a pipe"

# Colour: on a terminal, unless NO_COLOR is set and not empty, or the terminal is dumb.
colored() { # how often: 0 or 1
    on_terminal 80 "$2$job"
    same "colours" "$1" "$(grep -c "${escape}\[32m" raw | sed 's/[1-9][0-9]*/1/')"
}
colored 0 ""
colored 1 "unset NO_COLOR; "
colored 1 "export NO_COLOR=; "
colored 0 "unset NO_COLOR; export TERM=dumb; "
! grep -q "$escape" raw || fail "$call: escape sequences on a dumb terminal"
grep -qE 'evaluation: dialogue [0-9]+ of [0-9]+ \(100 %\)' screen || fail "$call: no lines on a dumb terminal"

# Blocks where the locale has them.
if [ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" = UTF-8 ]; then
    export LC_ALL=C.UTF-8
    on_terminal 80 "$job"
    bars | grep -qE '^evaluation \[█{8,24}\] 100 %' || fail "$call: no blocks: $(bars)"
    export LC_ALL=C
fi

# A message takes the place of the bar.
# shellcheck disable=SC2016 # for the inner shell
on_terminal 80 'timeout -s TERM 2 "$GMR_COMMAND" demo --dir other --items 20000 --threads 2; [ $? -eq 124 ]'
matches "last line" "${escape}\[Kgommir: stopped; the same command goes on with run 'other'" "$(tail -1 screen)"
finish
