#!/usr/bin/env bash
# Ctrl-C and SIGTERM stop a job cleanly; one that comes later, at once; an ignored one stays ignored.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
mkdir empty && cd empty || exit 1

# A shell starts its background jobs with SIGINT ignored; env undoes that.
start() { # argument...: sets `pid`
    call="gommir $*"
    : >../err # what the last one said is not what is waited for
    env --default-signal=INT,TERM "$GMR_COMMAND" "$@" >../out 2>../err </dev/null &
    pid=$!
}

wait_for() { # what, command...: until it succeeds, a minute at most
    local what=$1 i
    shift
    for ((i = 0; i < 1200; i++)); do
        if "$@"; then
            return 0
        fi
        sleep 0.05
    done
    fail "$call: waited in vain for $what"
    kill -KILL "$pid"
}

catches() { # signal number: does the process have a handler for it?
    local status mask
    status=$(cat "/proc/$pid/status")
    # Before it becomes the command it is a copy of this shell, which has handlers too.
    [[ $status == Name:$'\t'"${GMR_COMMAND##*/}"$'\n'* ]] || return 1
    mask=$(sed -n 's/^SigCgt:\t//p' <<<"$status")
    [ $((0x${mask:-0} >> ($1 - 1) & 1)) -eq 1 ]
}

end() { # expected status, expected files
    wait "$pid"
    same status "$1" "$?"
    same "standard output" "" "$(cat ../out)"
    same "files left" "$2" "$(ls -A)"
    same "half-written files" "" "$(find . -name '*.??????' ! -name '*.safetensors')"
}

long=(demo --items 300 --turns 3 --supervised-epochs 1000 --threads 1)
goes_on="gommir: stopped; the same command goes on with run 'gommir-demo'"
for signal in INT TERM; do
    start "${long[@]}"
    wait_for training grep -q '^3/5 ' ../err
    kill -s "$signal" "$pid"
    end 1 gommir-demo
    same "last words" "$goes_on" "$(tail -1 ../err)"
done

# What is said first waits for somebody to read it, so the second signal meets a job that has been
# asked, by the other one, and goes on.
mkfifo ../full
exec 3<>../full
dd if=/dev/zero of=../full bs=4096 count=1024 oflag=nonblock 2>/dev/null
start_waiting() {
    call="gommir demo, waiting"
    env --default-signal=INT,TERM "$GMR_COMMAND" demo --dir other >../out 2>../full </dev/null 3>&- &
    pid=$!
}
start_waiting
wait_for "a handler" catches 15
wait_for "a handler" catches 2
kill -s INT "$pid"
sleep 0.15
kill -s TERM "$pid"
end 143 gommir-demo
exec 3>&-

# One wish that comes as several signals at once, as from `timeout`, is one wish.
start "${long[@]}"
wait_for training grep -q '^3/5 ' ../err
for signal in TERM INT TERM; do kill -s "$signal" "$pid"; done
end 1 gommir-demo
same "last words" "$goes_on" "$(tail -1 ../err)"

: >../err
(
    trap '' INT
    exec "$GMR_COMMAND" "${long[@]}" >../out 2>../err </dev/null
) &
pid=$!
call="gommir demo"
wait_for training grep -q '^3/5 ' ../err
! catches 2 || fail "$call: catches a signal that it was started without"
kill -s INT "$pid"
kill -s TERM "$pid"
end 1 gommir-demo
finish
