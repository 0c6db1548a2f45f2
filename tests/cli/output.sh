#!/usr/bin/env bash
# Output that cannot be written is an error, wherever it comes from.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
printf '\2\0\0\0\0\0\0\0{}' >empty

lost() { # reason, redirection of standard output, argument...
    local reason=$1 to=$2
    shift 2
    call="gommir $* $to"
    case $to in
    closed) "$GMR_COMMAND" "$@" >&- 2>err ;;
    *) "$GMR_COMMAND" "$@" >"$to" 2>err ;;
    esac
    same status 1 $?
    same "standard error" "gommir: cannot write to standard output: $reason" "$(cat err)"
}

for arguments in --help --version "demo --help" "inspect empty" "inspect --json empty" \
    "demo --quiet --items 100 --epochs 1 --supervised-epochs 1 --turns 2 --k 2 --threads 1" \
    "demo --quiet --json --items 100 --epochs 1 --supervised-epochs 1 --turns 2 --k 2 --threads 1"; do
    read -ra words <<<"$arguments"
    lost 'No space left on device' /dev/full "${words[@]}"
    lost 'Bad file descriptor' closed "${words[@]}"
done

# Nobody reads: the signal ends the command, silently; where it is ignored, the write fails.
mkfifo pipe
exec 4<>pipe
exec 5>pipe
exec 4>&-
call="gommir inspect, nobody reads"
"$GMR_COMMAND" inspect empty >&5 2>err
same status 141 $?
same "standard error" "" "$(cat err)"
(
    trap '' PIPE
    exec "$GMR_COMMAND" inspect empty >&5 2>err
)
same status 1 $?
same "standard error" "gommir: cannot write to standard output: Broken pipe" "$(cat err)"

# Closed streams are taken up at once, so that no file opened later gets their place.
call="gommir demo, all closed"
"$GMR_COMMAND" demo --dir large --items 100000 <&- >&- 2>&- &
pid=$!
for ((i = 0; i < 200; i++)); do
    links=$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2")
    [ "$links" != $'/dev/null\n/dev/null\n/dev/null' ] || break
    sleep 0.05
done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
same "standard streams" $'/dev/null\n/dev/null\n/dev/null' "$links"
finish
