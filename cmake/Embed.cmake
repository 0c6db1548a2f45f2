# embed_texts(RESULT FOLDER): writes a C file that holds every FOLDER/**/schema/*.sql and
# FOLDER/**/data/*.* as a string, in the table that base/embedded.h declares, and puts its path into
# RESULT. A change of a text, or a new one, makes the file again.
function(embed_texts result folder)
    file(GLOB_RECURSE texts CONFIGURE_DEPENDS ${folder}/*/schema/*.sql ${folder}/*/data/*.*
        ${folder}/*/*/data/*.*)
    list(SORT texts)
    set(source ${PROJECT_BINARY_DIR}/embedded.c)
    add_custom_command(
        OUTPUT ${source}
        COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} "-DTEXTS=${texts}" -DOUTPUT=${source}
            -P ${PROJECT_SOURCE_DIR}/cmake/EmbedTexts.cmake
        DEPENDS ${texts} ${PROJECT_SOURCE_DIR}/cmake/EmbedTexts.cmake
        COMMENT "Embedding texts"
        VERBATIM)
    set(${result} ${source} PARENT_SCOPE)
endfunction()
