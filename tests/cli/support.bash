# For the scripts beside this: a directory that vanishes, in which they run, and `run`, which keeps
# what the command says; `put` makes files of weights.
# shellcheck shell=bash
set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export LC_ALL=C TERM=dumb
unset NO_COLOR ARGP_HELP_FMT
failures=0

# fail WHY: the test goes on, and fails in the end.
fail() {
    echo "$(basename "$0" .sh): $*" >&2
    failures=$((failures + 1))
}

finish() {
    [ "$failures" -eq 0 ]
    exit
}

# run ARGUMENT...: runs gommir; sets `status`, `out` and `err`.
run() {
    "$GMR_COMMAND" "$@" >"$work/.out" 2>"$work/.err" </dev/null
    status=$?
    out=$(cat "$work/.out")
    err=$(cat "$work/.err")
    call="gommir $*"
}

# same WHAT EXPECTED FOUND
same() {
    [ "$2" = "$3" ] || fail "$call: $1 is"$'\n'"$3"$'\n'"instead of"$'\n'"$2"
}

# matches WHAT REGEX FOUND: the whole of it.
matches() {
    [[ $3 =~ ^$2$ ]] || fail "$call: $1 does not match $2:"$'\n'"$3"
}

# done_well ARGUMENT...: runs gommir, which must succeed and be silent on standard error.
done_well() {
    run "$@"
    same status 0 "$status"
    same "standard error" "" "$err"
}

# failed_with REGEX ARGUMENT...: it must fail with that message and print nothing.
failed_with() {
    local regex=$1
    shift
    run "$@"
    same status 1 "$status"
    same "standard output" "" "$out"
    matches "standard error" "gommir: $regex" "$err"
}

# put FILE HEADER BYTES: a safetensors file with that header and so many bytes of data.
put() {
    local length=${#2} i
    { # the length, little-endian
        for ((i = 0; i < 8; i++)); do
            # shellcheck disable=SC2059 # an escape made here
            printf "\\x$(printf %02x $((length >> (8 * i) & 255)))"
        done
        printf %s "$2"
        head -c "$3" /dev/zero
    } >"$1"
}
