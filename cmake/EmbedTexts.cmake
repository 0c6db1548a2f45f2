# Run by cmake -P: writes OUTPUT from the files TEXTS, named by their path below FOLDER. Texts are
# arrays of bytes, since compilers limit the length of a string.
set(arrays "")
set(rows "")
set(number 0)
foreach(text IN LISTS TEXTS)
    file(RELATIVE_PATH name ${FOLDER} ${text})
    file(READ ${text} bytes HEX)
    string(REGEX REPLACE "(........................................)" "\\1\n" bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND arrays "static const unsigned char text_${number}[] = {\n${bytes}\n0\n};\n\n")
    string(APPEND rows "    { \"${name}\", (const char *)text_${number}, sizeof text_${number} - 1 },\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Made by cmake/EmbedTexts.cmake; base/embedded.h declares it. */
#include \"base/embedded.h\"

${arrays}const struct embedded_text embedded_texts[] = {
${rows}    { 0 },
};
")
