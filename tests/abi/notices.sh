#!/bin/sh
# notices.sh PYTHON CC FROZEN: layout.py finds fault with a header that has changed, and none with one that has grown.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
layout=$(dirname "$0")/layout.py
wrong=0

# expect STATUS EDIT
expect() {
    sed "$2" "$frozen" >"$folder/live.h"
    if cmp -s "$frozen" "$folder/live.h"; then
        echo "changes nothing: $2"
        wrong=1
        return
    fi
    status=0
    "$python" "$layout" "$frozen" "$folder/live.h" "$cc" >"$folder/out" 2>&1 || status=$?
    if [ "$status" -ne "$1" ]; then
        echo "status $status instead of $1 for: $2"
        cat "$folder/out"
        wrong=1
    fi
}

python=$1 cc=$2 frozen=$3
expect 1 's/uint32_t retry_after_ms;/uint64_t retry_after_ms;/'
expect 1 's/MB_E_EXISTS = -7,/MB_E_EXISTS = -70,/'
expect 1 's/MB_PUT_IF_ABSENT =/MB_PUT_NEW =/'
expect 1 's/char receipt\[192\]/char receipt[200]/'
expect 1 's/(\*remove)(struct mb_store/(*remove)(const struct mb_store/'
expect 1 's/^    mb_status (\*create_bucket).*//'
expect 1 's/0x5342424d/0x5342424e/'
expect 0 's/^    const char \*help;.*/    const char *help;\n    const char *since;/'
expect 0 's/^    \/\* 1.0 ends here.*/    mb_status (*later)(struct mb_store *store);/'
expect 0 's/MB_STORAGE_ABI_MINOR 0/MB_STORAGE_ABI_MINOR 2/'
exit $wrong
