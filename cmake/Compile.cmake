# Flags that every C file of the project is compiled with. What a target adds comes after them.
add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wno-unused-parameter
    # The same numbers from every processor and compiler: a*b+c is rounded twice, except in
    # vector code (cmake/Library.cmake).
    -ffp-contract=off
    # Messages and records name files from the top of the project, wherever it was built.
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(GMR_WERROR)
    add_compile_options(-Werror)
endif()

if(GMR_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
        message(FATAL_ERROR "GMR_FUZZ needs clang, which has libFuzzer: set CC=clang")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(GMR_SANITIZE)
    set(GMR_SANITIZE_FLAGS -fsanitize=${GMR_SANITIZE} -fno-sanitize-recover=all)
    add_compile_options(${GMR_SANITIZE_FLAGS} -fno-omit-frame-pointer)
    add_link_options(${GMR_SANITIZE_FLAGS})
endif()
