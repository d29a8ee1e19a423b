#!/usr/bin/env python3
"""Makes the relocatable archive: the installed program, its libraries, and the loader that they were built for.

usage: assemble.py BUILD VERSION TARGET.tar.gz

    bin/         launchers, linked statically
    libexec/     the programs
    lib/         the drivers
    runtime/     the libraries, the loader (milvus-backup), the authorities that are trusted where a system names none
    share/       manual, completion, time zones, the libraries' licences
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ["milvus-backup", "milvus-backup-driver-check"]
LOADER = "ld-linux-x86-64.so.2"
LIBRARY = re.compile(r"^\s*(\S+) => (/\S+)", re.MULTILINE)


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options).stdout


def install(build, to):
    """The components as the packages get them."""
    for component in ("program", "drivers", "driver-kit"):
        run("cmake", "--install", build, "--component", component, "--strip", env={**os.environ, "DESTDIR": str(to)})
    return to / "usr"


def libraries(files):
    """Name -> path of all that the files need, and that these need."""
    found = {}
    for path in files:
        found.update(LIBRARY.findall(run("ldd", path)))
    return {name: Path(path).resolve() for name, path in found.items() if name != LOADER}


def owner(path):
    """The Debian package of a file, which dpkg may know by the name from before /usr was merged."""
    for name in (path, Path("/", *path.parts[2:])):
        told = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True).stdout
        if told:
            return told.split(":")[0]
    raise SystemExit(f"no package owns {path}")


def put_runtime(tree, needed):
    runtime = tree / "runtime"
    runtime.mkdir()
    for name, path in needed.items():
        shutil.copy(path, runtime / name)
    shutil.copy(Path("/lib64", LOADER).resolve(), runtime / "milvus-backup")
    (runtime / "milvus-backup").chmod(0o755)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", runtime)


def put_launchers(tree, build, installed):
    shutil.copytree(installed / "bin", tree / "libexec")
    (tree / "bin").mkdir()
    shutil.copy(build / "bin" / "launcher", tree / "bin" / PROGRAMS[0])
    run("strip", tree / "bin" / PROGRAMS[0])
    os.link(tree / "bin" / PROGRAMS[0], tree / "bin" / PROGRAMS[1])


def put_share(tree, installed):
    shutil.copytree(installed / "share", tree / "share", ignore=shutil.ignore_patterns("doc", "cmake"))
    shutil.copytree("/usr/share/zoneinfo", tree / "share" / "zoneinfo", ignore=shutil.ignore_patterns("posix", "right"))


def tell_licences(tree, needed):
    """A table of what lies in runtime/, and Debian's file on each package's licence."""
    licences = tree / "share" / "licences"
    licences.mkdir()
    owners = {name: owner(path) for name, path in sorted(needed.items())}
    owners.update({"milvus-backup (the loader), libc in bin/": "libc6", "ca-certificates.crt": "ca-certificates", "zoneinfo": "tzdata"})
    lines = []
    for name, package in owners.items():
        version = run("dpkg-query", "-W", "-f", "${Version}\n", package).splitlines()[0]
        shutil.copy(f"/usr/share/doc/{package}/copyright", licences / package)
        lines.append(f"{name:45} {package:25} {version}\n")
    (licences / "TABLE").write_text("".join(lines))


def pack(tree, target):
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "0")
    orderly = ["--sort=name", f"--mtime=@{epoch}", "--owner=0", "--group=0", "--numeric-owner", "--mode=go-w"]
    packed = subprocess.Popen(["tar", "-C", tree.parent, *orderly, "-c", tree.name], stdout=subprocess.PIPE)
    with open(target, "wb") as out:
        subprocess.run(["gzip", "-9n"], stdin=packed.stdout, stdout=out, check=True)
    if packed.wait() != 0:
        raise SystemExit("tar failed")


def main(build, version, target):
    build, target = Path(build), Path(target)
    work = build / "portable"
    shutil.rmtree(work, ignore_errors=True)
    tree = work / f"milvus-backup-{version}"
    tree.mkdir(parents=True)
    installed = install(build, work / "installed")
    shutil.copytree(installed / "lib" / "milvus-backup", tree / "lib" / "milvus-backup")
    put_launchers(tree, build, installed)
    needed = libraries([*(tree / "libexec").iterdir(), *(tree / "lib").rglob("*.so")])
    put_runtime(tree, needed)
    put_share(tree, installed)
    shutil.copytree(work / "installed" / "etc", tree / "etc")
    shutil.copy(Path(__file__).with_name("README"), tree)
    tell_licences(tree, needed)
    pack(tree, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
