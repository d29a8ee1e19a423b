# What third parties build with, as a CMake package and by pkg-config: the header for drivers, with the conformance suite, and
# libmilvus_backup (Library.cmake).
include(CMakePackageConfigHelpers)

set(MB_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/milvus-backup)
set(MB_LIBRARY_ARCHIVE ${CMAKE_INSTALL_LIBDIR}/libmilvus_backup.a)
set(MB_LIBRARY_MODULES libcurl libxml-2.0 libcrypto yaml-0.1 libprotobuf-c grpc jansson libisal glib-2.0)
list(JOIN MB_LIBRARY_MODULES " " MB_LIBRARY_WORDS)

install(TARGETS mb_public_headers EXPORT milvus-backup-targets)
install(EXPORT milvus-backup-targets NAMESPACE milvus-backup:: DESTINATION ${MB_PACKAGE_DIR} COMPONENT driver-kit)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/milvus-backup-config.cmake.in
    ${CMAKE_BINARY_DIR}/milvus-backup-config.cmake INSTALL_DESTINATION ${MB_PACKAGE_DIR} PATH_VARS MB_DRIVER_DIR MB_LIBRARY_ARCHIVE)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/milvus-backup-config-version.cmake
    COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_BINARY_DIR}/milvus-backup-config.cmake ${CMAKE_BINARY_DIR}/milvus-backup-config-version.cmake
    DESTINATION ${MB_PACKAGE_DIR} COMPONENT driver-kit)

file(RELATIVE_PATH MB_PC_TO_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/milvus-backup.pc.in ${CMAKE_BINARY_DIR}/milvus-backup.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/milvus-backup.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT driver-kit)
