#!/usr/bin/env bash
# Completion in bash offers what the command knows.
# shellcheck source=/dev/null disable=SC2034,SC2154 # the variables of support.bash
. "$GMR_SOURCE_DIR/tests/cli/support.bash"
# shellcheck source=/dev/null
. "$GMR_SOURCE_DIR/cli/gommir.bash"
touch "model one" notes

compopt() { # works in a completion only
    :
}

offers() { # expected, word...: the last one is being written
    local expected=$1
    shift
    COMP_WORDS=("$GMR_COMMAND" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    call="completion of '$*'"
    _gommir
    same offers "$expected" "$(printf '%s\n' "${COMPREPLY[@]}" | sort)"
}

offers $'--help\n--version\ncatalogue\ncompare\nconvert\ndemo\nencode\nevaluate\ninspect\nreplay\nsimulate\ntrain' ''
offers inspect in
offers $'--seed\n--supervised-epochs' demo --s
offers '--json' inspect --j
offers $'--catalogue\n--classify\n--critic\n--critiques' evaluate --c
offers $'random' evaluate --policy r
offers $'clean\npaper' evaluate --protocol ''
offers attributes evaluate --critic a
offers $'encoder\nmodel' evaluate --like ''
offers $'auto\ncpu\ncuda' demo --device ''
offers $'cpu\ncuda' demo --device = c
offers $'auto\ncpu\ncuda' demo --device =
offers 'model one' inspect m
offers '--vocab' convert --vo
offers '--infos' convert --in
offers 'captioner' convert --model c
offers $'--text\n--threads' encode --t
offers 'model one' encode --weights m
offers 'model one' encode m
offers '--name' encode --n
offers $'gommir\ngommir-no-comp\ngommir-no-gate\ngommir-no-res' convert --model g
offers 'model one' evaluate --model m
offers $'average-vector\nmodel one\nnotes\nrandom\nsum\ntext' compare ''
offers $'average-vector' compare --reference a
offers $'clean\npaper' compare --protocol ''
offers $'--input' replay --i
offers mmt replay --recommender = mm
offers mmt evaluate --recommender = mm
offers 'model one' replay --model m
offers '' demo m
mkdir models
offers 'models' demo --dir m
rmdir models
offers attributes simulate --critic a
offers 'model one' simulate --critic m
offers $'sample' simulate --sampling s
offers $'evaluation\ntraining' simulate --phrasing ''
offers 'model one' simulate m
offers $'gommir-no-comp\ngommir-no-comploss' train recommender --model gommir-no-c
offers 'transformer' train captioner --model t
offers 'attributes' train recommender --critic a
offers 'both' train recommender --stage b
offers $'--help\nexport\ngenerate\nimport\ninfo\nshow' catalogue ''
offers $'import\ninfo' catalogue i
offers '--pictures' catalogue import --pi
offers $'fashion-products\nfashioniq' catalogue import --format = fa
offers 'model one' catalogue info m
finish
