#!/usr/bin/env bash
# scripts/check-layers accepts the project's own rules and names the line of each breach.
set -eu
check=$GMR_SOURCE_DIR/scripts/check-layers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "layers: $*" >&2
    exit 1
}

# put FILE LINE...: a file that holds these lines.
put() {
    mkdir -p "$(dirname "$1")"
    file=$1
    shift
    printf '%s\n' "$@" >"$file"
}

put include/gommir/a.h '#include <stddef.h>' '#include <gommir/b.h>'
put lib/base/a.c '#include <sys/stat.h>' '#include <gommir/a.h>' '#include "base/a.h"'
put lib/nn/a.c '#include "base/a.h"' '#include "compute/compute.h"' '/* #include "api/a.h" */'
put lib/compute/cpu/a.c '#include <oneapi/dnnl/dnnl.h>' '#include "compute/reference/a.h"'
put lib/api/a.c '# include "nn/a.h"'
put cli/main.c '#include <gommir/a.h>' '#include <unistd.h>' '#include "cli.h"'
put tests/unit/test_a.c '#include "api/a.h"'
put bench/bench.c '#include "compute/reference/a.h"'
"$check" . || fail "it refuses what is allowed"

# breach FILE LINE: the line, put second, must be refused by file and line, and by nothing else.
breach() {
    put "$1" '#include <stddef.h>' "$2"
    if "$check" . >out; then
        fail "it accepts $2 in $1"
    fi
    [ "$(wc -l <out)" -eq 1 ] || fail "not one line for $2 in $1: $(cat out)"
    grep -q "^$1:2: " out || fail "wrong place for $2 in $1: $(cat out)"
    rm "$1"
}

breach lib/base/x.c '#include "tensor/a.h"'
breach lib/tensor/x.h '  #  include "api/a.h"'
breach lib/nn/x.c '#include "compute/cpu/a.h"'
breach lib/nn/x.c '#include "a.h"'
breach lib/nn/x.c '#include "../base/a.h"'
breach lib/nn/x.c '#include <base/a.h>'
breach lib/nn/x.c '#include "gommir/a.h"'
breach lib/compute/x.c '#include <oneapi/dnnl/dnnl.h>'
breach lib/autograd/ops.def '#include "nn/a.h"'
breach include/gommir/x.h '#include <unistd.h>'
breach include/gommir/x.h '#include "gommir/a.h"'
breach cli/x.c '#include "base/a.h"'
breach cli/x.c '#include <base/a.h>'
breach server/x.c '#include "../cli/cli.h"'

put lib/drawer/x.c 'int x;'
if "$check" . >out; then
    fail "it accepts a folder that is no layer"
fi
grep -q '^lib/drawer/x.c:1: ' out || fail "wrong place for lib/drawer: $(cat out)"
