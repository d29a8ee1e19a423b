# Packages for Debian by CPack; scripts/package calls it.  One package for each component of the installation.
set(MB_PACKAGE_MAINTAINER "milvus-backup maintainers <maintainers@milvus-backup.invalid>" CACHE STRING
    "Who answers for the packages")
set(debian ${CMAKE_SOURCE_DIR}/deploy/debian)
set(scripts ${CMAKE_BINARY_DIR}/debian)

# What only a package brings.
install(FILES ${CMAKE_SOURCE_DIR}/configs/backup.yaml DESTINATION /etc/milvus-backup)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/milvus-backup.service
    ${CMAKE_SOURCE_DIR}/deploy/systemd/milvus-backup-create.service
    ${CMAKE_SOURCE_DIR}/deploy/systemd/milvus-backup-create.timer DESTINATION lib/systemd/system)
install(FILES README.md docs/operations.md docs/configuration.md docs/deployment.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/writing-a-driver.md DESTINATION share/doc/milvus-backup-driver-dev COMPONENT driver-kit)
install(DIRECTORY examples/driver-folder examples/driver-memory DESTINATION share/doc/milvus-backup-driver-dev/examples
    COMPONENT driver-kit)
install(DIRECTORY examples/nightly DESTINATION share/doc/libmilvus-backup-dev/examples COMPONENT library-dev)
install(FILES ${debian}/milvus-backup-driver-check.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT driver-kit)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME milvus-backup)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_SOURCE_DIR}/build/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_NAME} built using CMake") # what CPack takes for none: each has its own
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_PRE_BUILD_SCRIPTS ${debian}/finish.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${MB_PACKAGE_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

# The packages that hold the pkg-config files which the library's own asks for.
set(needs "pkg-config | pkgconf")
foreach(module IN LISTS MB_LIBRARY_MODULES)
    pkg_get_variable(folder ${module} pcfiledir)
    execute_process(COMMAND dpkg-query -S "${folder}/${module}.pc" OUTPUT_VARIABLE owner COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "[:,].*" "" owner "${owner}")
    string(APPEND needs ", ${owner}")
endforeach()

# mb_deb(COMPONENT PACKAGE SECTION SUMMARY TEXT [DEPENDS packages])
function(mb_deb component package section summary text)
    cmake_parse_arguments(DEB "" "DEPENDS" "" ${ARGN})
    string(TOUPPER ${component} upper)
    configure_file(${debian}/changelog.in ${scripts}/${package}/changelog @ONLY)
    install(FILES ${debian}/copyright ${scripts}/${package}/changelog DESTINATION share/doc/${package} COMPONENT ${component})
    foreach(pair "PACKAGE_NAME;${package}" "PACKAGE_SECTION;${section}" "PACKAGE_DEPENDS;${DEB_DEPENDS}" "PACKAGE_SHLIBDEPS;ON")
        list(POP_FRONT pair key)
        set(CPACK_DEBIAN_${upper}_${key} "${pair}" PARENT_SCOPE)
    endforeach()
    set(CPACK_DEBIAN_${upper}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
    set(CPACK_COMPONENT_${upper}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
endfunction()

set(same "(= ${PROJECT_VERSION})")
set(CPACK_COMPONENTS_ALL program drivers library library-dev driver-kit)
mb_deb(program milvus-backup database "backups of the collections of a Milvus vector database"
    "Copies collections with their schema, indexes and data to an object store or a\ndisk and restores them, as commands and as a server for REST and gRPC."
    DEPENDS "milvus-backup-drivers ${same}, ca-certificates, tzdata, adduser")
mb_deb(drivers milvus-backup-drivers database "storage drivers of milvus-backup"
    "Local disk, MinIO, Amazon S3, Google Cloud Storage, Azure Blob Storage, and\nthe clouds of Alibaba, Tencent and Huawei, each a shared object."
    DEPENDS "ca-certificates")
mb_deb(library libmilvus-backup0 libs "backups of Milvus made by a program, shared library"
    "What milvus-backup does, behind one C header: backups of the collections of a\nMilvus vector database are made, restored, moved and verified."
    DEPENDS "milvus-backup-drivers (>= ${PROJECT_VERSION}), tzdata")
mb_deb(library-dev libmilvus-backup-dev libdevel "backups of Milvus made by a program, for developers"
    "The header, the static library, the pkg-config file and the CMake package of\nlibmilvus_backup, with an example."
    DEPENDS "libmilvus-backup0 ${same}, milvus-backup-driver-dev ${same}, ${needs}")
mb_deb(driver-kit milvus-backup-driver-dev libdevel "storage drivers for milvus-backup, for their authors"
    "The header that drivers are written against, milvus-backup-driver-check, which\ntries whether a driver keeps its promises, a guide and two examples.")

file(WRITE ${scripts}/shlibs "libmilvus_backup ${PROJECT_VERSION_MAJOR} libmilvus-backup0 (>= ${PROJECT_VERSION})\n")
file(WRITE ${scripts}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${scripts}/shlibs;${scripts}/triggers")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA
    "${debian}/conffiles;${debian}/postinst;${debian}/prerm;${debian}/postrm")
include(CPack)
