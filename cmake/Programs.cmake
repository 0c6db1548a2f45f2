# The command sees <gommir/...> only and links the shared library, so whatever it can do, any
# program can do. The benchmarks look inside.
file(GLOB CLI_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(CLI_SOURCES)
    add_executable(gommir ${CLI_SOURCES})
    target_link_libraries(gommir PRIVATE gommir_shared m)
    file(RELATIVE_PATH LIB_FROM_BIN /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
    set_target_properties(gommir PROPERTIES INSTALL_RPATH "$ORIGIN/${LIB_FROM_BIN}")
endif()

file(GLOB BENCH_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.c)
if(BENCH_SOURCES)
    add_executable(gommir-bench ${BENCH_SOURCES})
    target_link_libraries(gommir-bench PRIVATE gommir_internal)
endif()
