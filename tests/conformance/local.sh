#!/bin/sh
# local.sh CHECK DRIVER QUIRKS: the conformance suite on the local driver, with syncing and without.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/fast" "$root/slow"
"$1" --missing root="$root/none" --quirks "$3" "$2" root="$root/fast" fsync=false
"$1" --missing root="$root/none" --quirks "$3" --keys 100 --threads 8 "$2" root="$root/slow"
for store in fast slow; do
    left=$(ls -A "$root/$store")
    [ -z "$left" ] || { echo "left in the root: $left"; exit 1; }
done
