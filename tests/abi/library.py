#!/usr/bin/env python3
"""library.py HEADER SHARED ARCHIVE CC: what libmilvus_backup shows is what milvus_backup.h declares, no more and no less.

The header compiles alone, as strictly as a foreign project may ask, in C and, where there is a compiler, in C++.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsyntax-only"]


def declared(header):
    code = re.sub(r"/\*.*?\*/", " ", header.read_text(), flags=re.DOTALL)
    return set(re.findall(r"^MB_API\s[^;{]*?\b(mb_\w+)\(", code, flags=re.MULTILINE))


def shown(*command):
    """Names that nm calls defined, without their version."""
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return {row[-1].split("@")[0] for row in rows if len(row) == 3 and row[1] != "A"}


def told_apart(what, names, wanted):
    for name in sorted(wanted - names):
        yield f"{what} lacks {name}"
    for name in sorted(names - wanted):
        yield f"{what} shows {name}, which is not in the header"


def compiles(compiler, options, header):
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "alone.c"
        source.write_text(f"#include <{header.name}>\n")
        command = [*compiler, *options, *STRICT, f"-I{header.parent}", str(source)]
        result = subprocess.run(command, capture_output=True, text=True)
    return [] if result.returncode == 0 else [f"{' '.join(command)}\n{result.stderr}"]


def main(header, shared, archive, cc):
    wanted = declared(header)
    faults = [] if len(wanted) > 20 else [f"only {len(wanted)} functions were found in {header}"]
    faults += told_apart(shared.name, shown("nm", "-D", "--defined-only", shared), wanted)
    faults += told_apart(archive.name, shown("nm", "-g", "--defined-only", archive), wanted)
    faults += compiles([cc], ["-std=c11"], header)
    cxx = shutil.which("c++")
    if cxx:
        faults += compiles([cxx, "-x", "c++"], ["-std=c++11"], header)
    else:
        print("not tried in C++: there is no c++")
    print("\n".join(faults) or f"{len(wanted)} functions")
    return 1 if faults else 0


sys.exit(main(*map(Path, sys.argv[1:4]), sys.argv[4]))
