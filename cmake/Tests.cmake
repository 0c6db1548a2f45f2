# Tests: tests/<kind>/test_<name>.c, with tests/<kind>/<name>/*.c where that folder exists, is a
# program of its own, known to CTest as <kind>/<name> with label <kind>. tests/cli/<name>.sh and
# tests/fuzz/fuzz_<name>.c are tests too. docs/TESTING.md says what each kind proves.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

set(TESTS_DIR ${PROJECT_SOURCE_DIR}/tests)

# Two threads show what threads break; waiting passively, tests that run side by side do not eat
# each other's cores.
set(TEST_ENVIRONMENT
    OMP_NUM_THREADS=2
    OMP_WAIT_POLICY=passive
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
    UBSAN_OPTIONS=print_stacktrace=1
    TSAN_OPTIONS=ignore_noninstrumented_modules=1)
if(GMR_SANITIZE MATCHES thread)
    # Archer tells the thread sanitizer about the barriers of clang's OpenMP run time.
    get_filename_component(OPENMP_DIR ${OpenMP_omp_LIBRARY} REALPATH)
    get_filename_component(OPENMP_DIR ${OPENMP_DIR} DIRECTORY)
    find_file(ARCHER_LIBRARY libarcher.so HINTS ${OPENMP_DIR} REQUIRED)
    list(APPEND TEST_ENVIRONMENT OMP_TOOL_LIBRARIES=${ARCHER_LIBRARY})
endif()

set(TEST_TIMEOUT 120)
if(GMR_SANITIZE)
    set(TEST_TIMEOUT 600)
endif()

function(register_test name kind)
    add_test(NAME ${kind}/${name} COMMAND ${ARGN})
    set_tests_properties(${kind}/${name} PROPERTIES
        LABELS ${kind}
        TIMEOUT ${TEST_TIMEOUT}
        ENVIRONMENT "${TEST_ENVIRONMENT}")
endfunction()

# What all tests of one arithmetic share: include paths, the library, tests/support. GMR_SOURCE_DIR
# is the top of the project (golden files lie in tests/golden), GMR_COMMAND the command just built.
file(GLOB SUPPORT_SOURCES CONFIGURE_DEPENDS ${TESTS_DIR}/support/*.c)
function(add_test_base target library)
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${TESTS_DIR})
    target_compile_definitions(${target} INTERFACE
        GMR_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
        GMR_COMMAND="${PROJECT_BINARY_DIR}/gommir")
    target_link_libraries(${target} INTERFACE ${library} PkgConfig::CMOCKA)
    if(SUPPORT_SOURCES)
        add_library(${target}_support STATIC ${SUPPORT_SOURCES})
        target_link_libraries(${target}_support PUBLIC ${target})
    else()
        add_library(${target}_support ALIAS ${target})
    endif()
endfunction()
add_test_base(test_float gommir_internal)
add_test_base(test_double gommir_double)

file(GLOB TEST_SOURCES CONFIGURE_DEPENDS ${TESTS_DIR}/*/test_*.c)
foreach(source IN LISTS TEST_SOURCES)
    get_filename_component(directory ${source} DIRECTORY)
    get_filename_component(kind ${directory} NAME)
    get_filename_component(program ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" name ${program})
    set(base test_float)
    if(kind STREQUAL gradient)
        set(base test_double)
    endif()

    set(target test_${kind}_${name})
    file(GLOB parts CONFIGURE_DEPENDS ${directory}/${name}/*.c)
    add_executable(${target} ${source} ${parts})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${program}
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/${kind})
    target_link_libraries(${target} PRIVATE ${base}_support)
    register_test(${name} ${kind} ${target})
endforeach()

# Scripts get the source and build folders, the compiler and its sanitizer flags; they exit 0 when
# all is well. Programs that a script runs are built before, with everything else.
file(GLOB SCRIPTS CONFIGURE_DEPENDS ${TESTS_DIR}/cli/*.sh)
foreach(script IN LISTS SCRIPTS)
    get_filename_component(name ${script} NAME_WE)
    register_test(${name} cli bash ${script})
    list(JOIN GMR_SANITIZE_FLAGS " " sanitize)
    set_property(TEST cli/${name} APPEND PROPERTY ENVIRONMENT
        GMR_SOURCE_DIR=${PROJECT_SOURCE_DIR}
        GMR_BUILD_DIR=${PROJECT_BINARY_DIR}
        GMR_COMMAND=${PROJECT_BINARY_DIR}/gommir
        GMR_VERSION=${PROJECT_VERSION}
        CC=${CMAKE_C_COMPILER}
        "SANITIZE=${sanitize}")
endforeach()

# A fuzz entry takes one input. Built for libFuzzer it hunts for inputs that break it; built
# normally it replays those kept in tests/fuzz/corpus/<name>.
file(GLOB FUZZ_SOURCES CONFIGURE_DEPENDS ${TESTS_DIR}/fuzz/fuzz_*.c)
foreach(source IN LISTS FUZZ_SOURCES)
    get_filename_component(program ${source} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" name ${program})
    add_executable(${program} ${source})
    set_target_properties(${program} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/fuzz)
    target_link_libraries(${program} PRIVATE test_float_support)
    set(replay ${program} ${TESTS_DIR}/fuzz/corpus/${name})
    if(GMR_FUZZ)
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
        list(APPEND replay -runs=0)
    else()
        target_sources(${program} PRIVATE ${TESTS_DIR}/fuzz/regression_driver.c)
    endif()
    register_test(${name} fuzz ${replay})
endforeach()
