#!/bin/sh
# foreign.sh CMAKE BUILD SOURCE CC: installs the driver kit into a new prefix and builds the example drivers against it, by
# the CMake package and memory by pkg-config as well; all results pass the installed conformance suite.
set -eu
cmake=$1 build=$2 source=$3 cc=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/prefix" --component driver-kit
build() {
    cp -r "$source/examples/driver-$1" "$work/$1"
    "$cmake" -S "$work/$1" -B "$work/$1/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$cc"
    "$cmake" --build "$work/$1/build"
}

build folder
mkdir "$work/objects"
"$work/prefix/bin/milvus-backup-driver-check" --keys 60 --threads 8 --quirks "$work/folder/quirks.txt" \
    --missing folder="$work/none" "$work/folder/build/folder.so" folder="$work/objects"
[ -z "$(ls -A "$work/objects")" ]
[ "$(wc -l <"$work/folder/folder.c")" -le 200 ] # as its README says

build memory
check() {
    "$work/prefix/bin/milvus-backup-driver-check" --create --bad password=another-secret --missing bucket=none \
        "$1" bucket=a-bucket password=an-open-secret
}
check "$work/memory/build/memory.so"

export PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name milvus-backup.pc)")
mkdir "$work/plain"
# shellcheck disable=SC2046 # flags are words
"$cc" -std=c11 -D_GNU_SOURCE -fPIC -shared $(pkg-config --cflags milvus-backup) "$source/examples/driver-memory/memory.c" \
    -o "$work/plain/memory.so"
check "$work/plain/memory.so"
"$cmake" --install "$work/memory/build" --prefix "$work/elsewhere"
[ -n "$(find "$work/elsewhere" -path '*/milvus-backup/drivers/memory.so')" ]
