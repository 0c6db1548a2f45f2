#!/usr/bin/env bash
# The installed tree serves a stranger: every public header stands alone in C and C++, a program
# builds from pkg-config's answers against the shared and the static library and runs, and neither
# library shows a name that is not gmr_*. Also below DESTDIR, and after the tree has been moved.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
read -ra sanitize <<<"${SANITIZE:-}"
strict=(-Wall -Wextra -Wpedantic -Werror "${sanitize[@]}")

fail() {
    echo "install: $*" >&2
    exit 1
}

DESTDIR=$work/stage cmake --install "$GMR_BUILD_DIR" --prefix /opt/gommir >log ||
    fail "cannot install: $(cat log)"
mv stage/opt/gommir prefix # moved: gommir.pc must still be right
[ -z "$(find stage -type f)" ] || fail "files outside the prefix: $(find stage -type f)"

pc=$(find prefix -name gommir.pc)
[ -n "$pc" ] || fail "no gommir.pc"
PKG_CONFIG_PATH=$work/$(dirname "$pc")
export PKG_CONFIG_PATH
pkg-config --print-errors --exists "gommir = $GMR_VERSION"
read -ra cflags <<<"$(pkg-config --cflags gommir)"
read -ra shared <<<"$(pkg-config --libs gommir)"
# Both libraries lie in one folder, where the linker prefers the shared one.
read -ra static <<<"$(pkg-config --static --libs gommir | sed 's/-lgommir/-l:libgommir.a/')"
libdir=$(pkg-config --variable=libdir gommir)

# Headers: each alone, as the first thing that a program includes.
headers=$(cd prefix/include && find gommir -name '*.h' | sort)
[ "$(wc -l <<<"$headers")" -ge 4 ] || fail "headers are missing: $headers"
for header in $headers; do
    printf '#include <%s>\nextern int something;\n' "$header" >alone.c
    "$CC" -std=c11 "${strict[@]}" "${cflags[@]}" -fsyntax-only alone.c
    "$CC" -x c++ -std=c++17 "${strict[@]}" "${cflags[@]}" -fsyntax-only alone.c
done

cat >consumer.c <<'END'
#include <stdio.h>
#include <string.h>

#include <gommir/context.h>
#include <gommir/version.h>

int main(void)
{
    struct gmr_context_options options = gmr_context_options_default();
    struct gmr_context *context = NULL;
    options.threads = GMR_MAX_THREADS + 1;
    if (gmr_context_create(&options, &context) != GMR_ERR_RANGE || gmr_error_message()[0] == '\0')
        return 1;
    options.threads = 2;
    if (gmr_context_create(&options, &context) != GMR_OK || gmr_context_threads(context) != 2)
        return 2;
    gmr_context_destroy(context);
    printf("%s %s\n", gmr_version(), gmr_status_text(GMR_OK));
    return strcmp(gmr_version(), GMR_VERSION_STRING) == 0 ? 0 : 3;
}
END
consume() { # program, link arguments
    "$CC" -std=c11 "${strict[@]}" "${cflags[@]}" consumer.c -o "$@"
}
consume with_shared "${shared[@]}" -Wl,-rpath,"$libdir"
consume with_static "${static[@]}"
for program in with_shared with_static; do
    said=$("./$program") || fail "$program exits $?"
    [ "$said" = "$GMR_VERSION done" ] || fail "$program says '$said'"
done

# grep -q would close the pipe early, which pipefail takes for a failure.
linked_shared() {
    readelf -d "$1" | grep 'NEEDED.*libgommir\.so\.' >/dev/null
}
linked_shared with_shared || fail "with_shared does not use the shared library"
! linked_shared with_static || fail "with_static uses the shared library"

# Names: all that is declared, and no more.
declared=$(cat prefix/include/gommir/*.h | sed 's/\/\*.*\*\///' | tr '\n' ' ' |
    grep -o 'GMR_API [^;#]*;' | grep -o 'gmr_[a-z0-9_]* *(' | tr -d ' (' | sort -u)
exported() {
    # clang puts the lock of an OpenMP reduction, a name that is no C, beside ours
    nm --defined-only --extern-only "$@" | awk 'NF == 3 && $3 !~ /^\.gomp_/ { print $3 }' | sort -u
}
for names in "$(exported -D "$libdir/libgommir.so")" "$(exported "$libdir/libgommir.a")"; do
    diff <(echo "$declared") <(echo "$names") ||
        fail "names that are declared (<) or exported (>) only"
done

# The command, where it was put and without help from the environment.
said=$(env -u LD_LIBRARY_PATH prefix/bin/gommir --version) || fail "gommir --version exits $?"
[[ $said == *"$GMR_VERSION"* ]] || fail "gommir --version says '$said'"
numbers=$(env -u LD_LIBRARY_PATH prefix/bin/gommir encode --text 'a red dress' | wc -l) ||
    fail "gommir encode does not find its encoder"
[ "$numbers" = 128 ] || fail "the installed encoder gives $numbers numbers"

for file in LICENSE README.md; do
    [ -n "$(find prefix/share/doc -name $file)" ] || fail "no $file"
done
