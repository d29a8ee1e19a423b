#!/bin/sh
# build.sh [CC]: makes driver-x86_64.so, which is checked in, from driver.c and the frozen header.  To be run when 1.0 is
# frozen and not again: it is the old binary that later versions have to load.
set -eu
cd "$(dirname "$0")"
"${1:-gcc}" -std=c11 -D_GNU_SOURCE -m64 -Os -fPIC -shared -s -fvisibility=hidden -fno-ident -Wall -Wextra -Werror \
    -Wl,--build-id=none,-z,relro,-z,now,-z,noseparate-code,-soname,frozen.so -I. -o driver-x86_64.so driver.c
chmod 644 driver-x86_64.so
