"""The repository itself: what must not be in it, how large its pieces may be, what the built files export."""

import functools
import os
import re
import subprocess

import pytest
from testbed.components import ROOT
from testbed.program import find_binary

MAX_FILE_BYTES = 600_000
MAX_LINES, MAX_FUNCTION_LINES = 600, 80
GENERATED = re.compile(r"\.pb-c\.|third_party/")
PROVIDERS = re.compile(r"\b(minio|aliyun|tencent|azure|gcp|aws)\b", re.IGNORECASE)
LOOSE_ENDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|not imple" + r"mented)\b")
MACHINE_PATHS = re.compile("/wo" + r"rk/(main|shared|steering|\.library)|/tmp/w" + "t/|/fa" + "rm/")
REGISTRIES = re.compile("pypi" + r"\.org|npmjs" + r"\.org|proxy\.golang" + r"\.org|deb\.debian" + r"\.org")


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@functools.cache
def tracked():
    return [path for path in run("git", "ls-files").splitlines() if (ROOT / path).is_file()]


@functools.cache
def text(path):
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def c_files(folder=""):
    files = (path for path in tracked() if path.endswith((".c", ".h")) and path.startswith(folder))
    return [path for path in files if not GENERATED.search(path)]


def lines_with(pattern, paths):
    return [
        f"{path}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("pattern", [LOOSE_ENDS, MACHINE_PATHS, REGISTRIES], ids=["ends", "paths", "registries"])
def test_nothing_that_does_not_belong(pattern):
    assert lines_with(pattern, tracked()) == []


def test_providers_are_named_in_config_only():
    assert lines_with(PROVIDERS, [p for p in c_files("engine/") if not p.startswith("engine/config/")]) == []


def test_only_storage_loads_drivers():
    loading = re.compile(r"\bdl(open|sym)\b")
    assert lines_with(loading, [p for p in c_files("engine/") if not p.startswith("engine/storage/")]) == []


def test_only_the_milvus_room_knows_versions_of_milvus():
    """The others ask for a capability, and have its text for messages from there."""
    version = re.compile(r"(?<![\w.])[Vv]?2\.[0-9](\.[0-9]+)?(?![\w.]*\.)")
    about_milvus = re.compile(r"milvus|server|\b(from|since|before)\b", re.IGNORECASE)
    found = [
        f"{path}:{number}: {what}"
        for path in below_front_ends()
        if path.startswith(("engine/backup/", "engine/restore/", "engine/transfer/", "engine/verify/", "engine/copy/"))
        for number, what in said(path)
        if version.search(what) and about_milvus.search(what)
    ]
    compared = [path for path in c_files("engine/") if re.search(r"\bmb_version_(parse|compare)", text(path))]
    assert found == [] and {os.path.dirname(path) for path in compared} == {"engine/milvus"}


def below_front_ends():
    front = ("engine/cli/", "engine/task/", "engine/include/milvus_backup.h")
    return [path for path in c_files("engine/") if not path.startswith(front)]


def said(path):
    """The texts and comments of a file, each with the number of its line."""
    token = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|\'(?:\\.|[^\'\\])+\'', re.DOTALL)
    for match in token.finditer(text(path)):
        yield text(path).count("\n", 0, match.start()) + 1, match.group()


def test_no_front_end_below_the_front_ends():
    """How something is asked for, a flag, a command, an exit code, is the front end's to know."""
    front = re.compile(r"(?<![\w-])--[a-z]|milvus-backup [a-z]|\b[Ee]xit code")
    found = [
        f"{path}:{number}: {what}" for path in below_front_ends() for number, what in said(path) if front.search(what)
    ]
    assert found == []


def test_nothing_of_the_process_below_the_front_ends():
    """Not its environment, its signals, its locale, nor its end."""
    process = re.compile(r"\b(secure_getenv|getenv|setenv|putenv|environ|signal|sigaction|setlocale|_?exit|atexit)\b( ?\(|;)")
    assert lines_with(process, below_front_ends()) == []


def test_no_file_is_large():
    assert [path for path in tracked() if os.path.getsize(ROOT / path) > MAX_FILE_BYTES] == []


def test_no_source_file_is_long():
    """But for a border, which its user gets as one file, and what is frozen of it."""
    inside = [path for path in c_files() if not path.startswith(("engine/include/", "tests/abi/"))]
    assert [path for path in inside if text(path).count("\n") > MAX_LINES] == []


def functions(path):
    """Where each function body starts and how many lines it has; the brace style makes that a matter of columns."""
    start = None
    for number, line in enumerate(text(path).splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start
            start = None


def test_no_function_is_long():
    sources = [path for path in c_files() if path.endswith(".c")]
    long = [(path, start, size) for path in sources for start, size in functions(path) if size > MAX_FUNCTION_LINES]
    assert long == []


@pytest.mark.parametrize(
    "compiler", ["gcc -std=c11 -x c", "clang -std=c11 -x c", "g++ -std=c++17 -x c++", "clang++ -std=c++17 -x c++"]
)
@pytest.mark.parametrize("header", [path for path in tracked() if path.startswith("engine/include/")])
def test_public_headers_stand_alone(header, compiler):
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wno-pragma-once-outside-header", "-Werror", "-fsyntax-only"]
    run(*compiler.split(), *strict, "-Iengine/include", header)


@pytest.mark.parametrize("script", [path for path in tracked() if path.startswith((".ci/", "scripts/"))])
def test_scripts_are_well_formed(script):
    if text(script).startswith("#!/usr/bin/env bash"):
        run("bash", "-n", script)
        assert os.access(ROOT / script, os.X_OK)


def test_each_driver_exports_its_entry_and_nothing_else():
    drivers = sorted((find_binary().parents[1] / "lib" / "milvus-backup" / "drivers").glob("*.so"))
    assert drivers
    for driver in drivers:
        symbols = [line.split()[-1] for line in run("nm", "-D", "--defined-only", driver).splitlines()]
        assert len(symbols) == 1, (driver.name, symbols)
