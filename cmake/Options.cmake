# What a build can be asked for, and the flags that every target gets.
option(MB_TESTS "Build the tests" ON)
option(MB_WERROR "Treat warnings as errors" OFF)
option(MB_PACKAGES "Install and pack what belongs to packages for Debian" OFF)
set(MB_SANITIZE "" CACHE STRING "address (with undefined behaviour) or thread")
option(MB_COVERAGE "Count executed lines for gcov" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64)

add_library(mb_warnings INTERFACE)
target_compile_options(mb_warnings INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wwrite-strings -Wundef -Wformat=2 -Wvla -Wcast-qual -Wswitch-enum -Wno-missing-field-initializers
    $<$<BOOL:${MB_WERROR}>:-Werror>)

add_compile_options(-fno-strict-aliasing -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
add_link_options(-Wl,-z,relro,-z,now)

if(MB_SANITIZE STREQUAL "address")
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
elseif(MB_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
    add_link_options(-fsanitize=thread)
elseif(NOT MB_SANITIZE STREQUAL "")
    message(FATAL_ERROR "MB_SANITIZE is '${MB_SANITIZE}'; it takes address, thread or nothing")
endif()
if(MB_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
