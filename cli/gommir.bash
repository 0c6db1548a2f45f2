# Completion of gommir's commands, options and files for bash, which asks the command itself.

# The commands that `gommir [VERB] --help` lists.
_gommir_commands() {
    "$@" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_gommir() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local program=${COMP_WORDS[0]} verb=("${COMP_WORDS[1]}") words= commands
    [[ $previous != = ]] || previous=${COMP_WORDS[COMP_CWORD - 2]}
    if ((COMP_CWORD == 1)); then
        words="$(_gommir_commands "$program") --help --version"
    else
        commands=$(_gommir_commands "$program" "${verb[@]}")
        if [[ -n $commands ]] && ((COMP_CWORD == 2)); then
            words="$commands --help"
        else
            [[ -z $commands ]] || verb+=("${COMP_WORDS[2]}")
            case ${verb[0]}$previous in
            *--device) words="auto cpu cuda" ;;
            *--critiques) words="attributes captions" ;;
            *--phrasing) words="training evaluation" ;;
            train--model)
                words="show-attend-tell transformer"
                [[ ${verb[1]} != recommender ]] || words=$(
                    "$program" train recommender --model=? 2>&1 | sed -n '1s/.*one of \(.*\), not.*/\1/p' | tr -d ,
                )
                ;;
            train--preset) words="small paper" ;;
            train--stage) words="both supervised reinforced" ;;
            train--kernel) words="dot l2" ;;
            train--compat)
                words="omit-last like-by-encoder freeze-image full-return scale-rewards clamp-returns tirg-composer
                    independent-layers all-items falling-rate aligned"
                ;;
            train--size) words="small published" ;;
            train--input) words="difference both target" ;;
            *--format) words="folder csv jsonl fashion-products fashioniq shoes" ;;
            evaluate--policy) words="random text sum average-vector" ;;
            *--protocol) words="clean paper" ;;
            *--like) words="model encoder" ;;
            *--critic)
                mapfile -t COMPREPLY < <(compgen -W attributes -f -- "$word")
                return
                ;;
            demo--dir)
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -d -- "$word")
                return
                ;;
            *--sampling) words="greedy beam sample top-k nucleus gumbel" ;;
            convert--model | *--recommender)
                words="gommir gommir-no-comp gommir-no-gate gommir-no-res ir-img ir-txt mmt"
                [[ ${verb[0]} != convert ]] || words+=" captioner"
                ;;
            *)
                if [[ $word != -* && ${verb[0]} != demo ]]; then
                    compopt -o filenames
                    [[ $word != = ]] || word=
                    [[ ! ${verb[0]}$previous =~ ^compare([^-]|--reference) ]] ||
                        words="random text sum average-vector"
                    mapfile -t COMPREPLY < <(compgen -W "$words" -f -- "$word")
                    return
                fi
                [[ $word != -* ]] ||
                    words=$("$program" "${verb[@]}" --help 2>/dev/null | grep -oE -- '--[a-z-]+' |
                        sort -u)
                ;;
            esac
        fi
    fi
    [[ $word != = ]] || word=
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _gommir gommir
