# libmilvus_backup, shared and static: the rooms as one file that shows the functions of milvus_backup.h and nothing else.
set(map ${CMAKE_CURRENT_LIST_DIR}/milvus_backup.map)
get_property(library_rooms GLOBAL PROPERTY MB_ROOMS)
list(REMOVE_ITEM library_rooms mb_service mb_api mb_rpc mb_server mb_cli) # the front ends
list(APPEND library_rooms mb_milvus_proto)

# The objects themselves: nothing in the library calls the functions that it is made for.
add_library(milvus_backup SHARED $<TARGET_OBJECTS:mb_task>)
set_target_properties(milvus_backup PROPERTIES LINKER_LANGUAGE C EXPORT_NAME library LINK_DEPENDS ${map}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_libraries(milvus_backup PUBLIC mb_public_headers PRIVATE mb_task)
target_link_options(milvus_backup PRIVATE -Wl,--version-script=${map} -Wl,--no-undefined)

# One relocatable object in which every other name is local, so that a program's own names cannot meet ours.
set(keep ${CMAKE_BINARY_DIR}/milvus_backup.keep)
file(STRINGS ${map} functions REGEX "^ +mb_[a-z0-9_]+;$")
list(TRANSFORM functions REPLACE "^ +(mb_.+);$" "\\1")
list(JOIN functions "\n" functions)
file(WRITE ${keep} "${functions}\n")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${map})
set(object ${CMAKE_BINARY_DIR}/milvus_backup.o)
set(archive ${CMAKE_BINARY_DIR}/lib/libmilvus_backup.a)
list(TRANSFORM library_rooms REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE archives)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_LINKER} -r --whole-archive ${archives} -o ${object}
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${keep} ${object}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
    COMMAND ${CMAKE_AR} rcs ${archive} ${object}
    DEPENDS ${library_rooms} ${map}
    COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Joining the rooms to libmilvus_backup.a")
add_custom_target(milvus_backup_static ALL DEPENDS ${archive})

# The package: pkg-config's --static and the target milvus-backup::library_static know what the archive needs besides.
list(JOIN MB_LIBRARY_MODULES ", " MB_LIBRARY_REQUIRES)
configure_file(${CMAKE_CURRENT_LIST_DIR}/milvus_backup.pc.in ${CMAKE_BINARY_DIR}/milvus_backup.pc @ONLY)
install(TARGETS milvus_backup EXPORT milvus-backup-library LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    COMPONENT library NAMELINK_COMPONENT library-dev)
install(EXPORT milvus-backup-library NAMESPACE milvus-backup:: DESTINATION ${MB_PACKAGE_DIR} COMPONENT library-dev)
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library-dev)
install(FILES ${CMAKE_SOURCE_DIR}/engine/include/milvus_backup.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library-dev)
install(FILES ${CMAKE_BINARY_DIR}/milvus_backup.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library-dev)
