# mb_embed(OUTPUT file.c TABLE name HEADER header FILES PATH=file...): a C source with the bytes of files and a table of them by
# the path that they are served under, of the header's struct mb_console_page.
function(mb_embed)
    cmake_parse_arguments(EMBED "" "OUTPUT;TABLE;HEADER" "FILES" ${ARGN})
    set(files "")
    foreach(pair IN LISTS EMBED_FILES)
        string(REGEX REPLACE "^[^=]*=" "" file "${pair}")
        list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    endforeach()
    string(REPLACE ";" "|" pairs "${EMBED_FILES}")
    add_custom_command(OUTPUT ${EMBED_OUTPUT}
        COMMAND ${CMAKE_COMMAND} -D OUTPUT=${EMBED_OUTPUT} -D TABLE=${EMBED_TABLE} -D HEADER=${EMBED_HEADER} "-DPAIRS=${pairs}"
            -D FOLDER=${CMAKE_CURRENT_SOURCE_DIR} -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
        DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
        VERBATIM)
endfunction()
