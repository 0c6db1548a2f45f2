# Completion of gommir's commands, options and files for bash, which asks the command itself.
_gommir() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local program=${COMP_WORDS[0]} verb=${COMP_WORDS[1]} words
    if ((COMP_CWORD == 1)); then
        words="$("$program" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
            --help --version"
    elif [[ $previous == --device || $previous == = && ${COMP_WORDS[COMP_CWORD - 2]} == --device ]]; then
        words="auto cpu cuda"
    elif [[ $word == -* ]]; then
        words=$("$program" "$verb" --help 2>/dev/null | grep -oE -- '--[a-z]+')
    elif [[ $verb == inspect ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    [[ $word != = ]] || word=
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _gommir gommir
