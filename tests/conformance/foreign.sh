#!/bin/sh
# foreign.sh CMAKE BUILD SOURCE CC: installs the driver kit into a new prefix and builds examples/driver-memory against it,
# by the CMake package and by pkg-config; both results pass the installed conformance suite.
set -eu
cmake=$1 build=$2 source=$3 cc=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/prefix" --component driver-kit
cp -r "$source/examples/driver-memory" "$work/project"
"$cmake" -S "$work/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$cc"
"$cmake" --build "$work/build"

check() {
    "$work/prefix/bin/milvus-backup-driver-check" --create --bad password=another-secret --missing bucket=none \
        "$1" bucket=a-bucket password=an-open-secret
}
check "$work/build/memory.so"

export PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name milvus-backup.pc)")
mkdir "$work/plain"
# shellcheck disable=SC2046 # flags are words
"$cc" -std=c11 -D_GNU_SOURCE -fPIC -shared $(pkg-config --cflags milvus-backup) "$source/examples/driver-memory/memory.c" \
    -o "$work/plain/memory.so"
check "$work/plain/memory.so"
"$cmake" --install "$work/build" --prefix "$work/elsewhere"
[ -n "$(find "$work/elsewhere" -path '*/milvus-backup/drivers/memory.so')" ]
