#!/usr/bin/env bash
# Help and version: on standard output, status 0, at most 80 columns wide, for every command.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"

asked_for() { # argument...: must succeed and say something, to standard output only
    run "$@"
    same status 0 "$status"
    same "standard error" "" "$err"
    [ -n "$out" ] || fail "$call says nothing"
    ! grep -E '.{81}' <<<"$out" || fail "$call: lines above are too wide"
}

asked_for --help
listed() { # what the help in $out lists as commands
    sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$out"
}
same commands $'catalogue\ncompare\nconvert\ndemo\nencode\nevaluate\ninspect\nreplay\nsimulate\ntrain' "$(listed)"
asked_for catalogue --help
same commands $'import\ngenerate\ninfo\nshow\nexport' "$(listed)"
mapfile -t commands < <(printf '%s\n' compare convert demo encode evaluate inspect replay simulate &&
    listed | sed 's/^/catalogue /')

for command in "" catalogue "${commands[@]}"; do
    # shellcheck disable=SC2086 # nothing, or one word
    for version in --version -V; do
        asked_for $command $version
        same version "gommir $GMR_VERSION" "$out"
    done
    # shellcheck disable=SC2086
    asked_for $command --usage
    # shellcheck disable=SC2086
    asked_for $command --help
    name="gommir${command:+ $command}"
    [[ $out == "Usage: $name "* ]] || fail "$call does not begin with 'Usage: $name': $out"
done

# Every option has a text, and what they say of defaults comes from the library.
for command in "${commands[@]}"; do
    # shellcheck disable=SC2086 # one or two words
    run $command --help
    ! grep -E '^ +(-., )?--[a-z-]+(=[A-Z]+)?$' <<<"$out" || fail "$call: options without text"
done
run demo --help
matches help '.*--seed=N.*(default: 42).*' "$out"
matches help '.*--turns=N +Turns of a dialogue: 1 \.\. 20 \(default: 10\).*' "$out"

# The manual knows every command and every option.
manual=$GMR_SOURCE_DIR/docs/man/gommir.1
for command in "${commands[@]}"; do
    grep -q "^\.SS .*$command" "$manual" || fail "the manual has no section on '$command'"
    # shellcheck disable=SC2086
    run $command --help
    while read -r option; do
        grep -q -- "\\\\-\\\\-${option#--}" "$manual" || fail "the manual does not have $option"
    done < <(grep -oE -- '--[a-z]+' <<<"$out" | sort -u)
done
finish
