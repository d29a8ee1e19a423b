# A room is one folder of engine/ built as one static library.  Its headers are reached as "room/header.h" and only by
# targets that name the room in USES: each room's include path holds nothing but a link to its own folder.
function(mb_room_include room out)
    set(dir ${CMAKE_BINARY_DIR}/rooms/${room})
    file(MAKE_DIRECTORY ${dir})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/engine/${room} ${dir}/${room} SYMBOLIC)
    set(${out} ${dir} PARENT_SCOPE)
endfunction()

# mb_room(NAME SOURCES file... [USES room...] [LIBRARIES dep...])
function(mb_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
    mb_room_include(${name} include)
    add_library(mb_${name} STATIC ${ROOM_SOURCES})
    set_property(GLOBAL APPEND PROPERTY MB_ROOMS mb_${name})
    target_include_directories(mb_${name} INTERFACE ${include} PRIVATE ${include})
    target_link_libraries(mb_${name} PUBLIC mb_public_headers PRIVATE mb_warnings ${ROOM_LIBRARIES})
    foreach(used IN LISTS ROOM_USES)
        target_link_libraries(mb_${name} PRIVATE mb_${used})
    endforeach()
endfunction()

# mb_driver(NAME [INSIDE] SOURCES file... [LIBRARIES dep...]): one shared object that exports its entry function and nothing
# else.  INSIDE: the same code as the archive NAME_inside, too, for tests that look behind the table.
function(mb_driver name)
    cmake_parse_arguments(DRIVER "INSIDE" "" "SOURCES;LIBRARIES" ${ARGN})
    add_library(driver_${name} MODULE ${DRIVER_SOURCES})
    set_target_properties(driver_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
        LIBRARY_OUTPUT_DIRECTORY ${MB_DRIVER_OUTPUT_DIRECTORY}
        LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/driver.map)
    target_compile_definitions(driver_${name} PRIVATE MB_DRIVER_VERSION="${PROJECT_VERSION}")
    target_include_directories(driver_${name} PRIVATE ${CMAKE_SOURCE_DIR}/plugins)
    target_link_libraries(driver_${name} PRIVATE mb_public_headers mb_warnings ${DRIVER_LIBRARIES})
    target_link_options(driver_${name} PRIVATE
        -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/driver.map -Wl,--exclude-libs,ALL)
    # The loader refuses what others may write to, which under umask 002 is all that a build makes.
    add_custom_command(TARGET driver_${name} POST_BUILD
        COMMAND chmod go-w $<TARGET_FILE:driver_${name}> ${MB_DRIVER_OUTPUT_DIRECTORY})
    install(TARGETS driver_${name} LIBRARY DESTINATION ${MB_DRIVER_DIR} COMPONENT drivers)
    if(DRIVER_INSIDE)
        add_library(${name}_inside STATIC EXCLUDE_FROM_ALL ${DRIVER_SOURCES})
        target_compile_definitions(${name}_inside PRIVATE MB_DRIVER_VERSION="${PROJECT_VERSION}")
        target_include_directories(${name}_inside INTERFACE ${CMAKE_CURRENT_SOURCE_DIR} PUBLIC ${CMAKE_SOURCE_DIR}/plugins)
        target_link_libraries(${name}_inside PUBLIC mb_public_headers ${DRIVER_LIBRARIES} PRIVATE mb_warnings)
    endif()
endfunction()
