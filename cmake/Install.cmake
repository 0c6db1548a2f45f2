# What `make install` copies. The pkg-config file finds the prefix from its own place, so an
# installed tree can be moved, and `cmake --install --prefix` needs no new configuration.
file(RELATIVE_PATH PREFIX_FROM_PC
    /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PREFIX_FROM_PC ${PREFIX_FROM_PC})
list(JOIN GMR_LIBRARIES ", " GMR_PC_LIBRARIES)
string(REPLACE ">=" " >= " GMR_PC_LIBRARIES "${GMR_PC_LIBRARIES}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/gommir.pc.in ${PROJECT_BINARY_DIR}/gommir.pc @ONLY)

install(TARGETS gommir_shared LIBRARY)
install(FILES ${STATIC_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/gommir ${PROJECT_BINARY_DIR}/include/gommir
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/gommir.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET gommir)
    install(TARGETS gommir RUNTIME)
    install(FILES ${PROJECT_SOURCE_DIR}/docs/man/gommir.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/gommir
        FILES_MATCHING PATTERN "*.safetensors" PATTERN "README.md")
    install(FILES ${PROJECT_SOURCE_DIR}/cli/gommir.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME gommir)
endif()
