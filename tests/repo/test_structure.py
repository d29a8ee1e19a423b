"""What docs/architecture.md says of rooms and arrows, measured on what is built: rooms, circles, repetition."""

import collections
import functools
import itertools
import json
import os
import re
import shlex
import subprocess

import pytest
from testbed.components import ROOT
from testbed.program import find_binary

ARCHITECTURE = "docs/architecture.md"
ROOMS = sorted(path.parent.name for path in (ROOT / "engine").glob("*/CMakeLists.txt"))
# The rooms that a driver may look into.
UNDER_DRIVERS = {"base", "http"}
# How many steps may still hang in a ladder where MB_TRY makes a list: lower it when there are fewer.
LADDERS = 300
SHARED_LINES = 6
# Pairs of files, or of rooms, that share SHARED_LINES lines or more, with the reason.
SAID_TWICE = {}


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


@functools.cache
def sources():
    return sorted(str(path.relative_to(ROOT)) for top in ("engine", "plugins") for path in (ROOT / top).rglob("*.c"))


def room_of(path):
    """engine/base, plugins/common and the like."""
    return "/".join(path.split("/")[:2])


# --- the document ------------------------------------------------------------------------------------------------


def table(heading, page=ARCHITECTURE):
    """The rows of the first table below a heading, each as the texts of its cells."""
    lines = iter(text(page).splitlines())
    collections.deque(itertools.takewhile(lambda line: line.lstrip("#").strip() != heading, lines), 0)
    rows = itertools.takewhile(
        lambda line: line.startswith("|"), itertools.dropwhile(lambda line: not line.startswith("|"), lines)
    )
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows][2:]


def documented_rooms():
    """Room -> the rooms it uses, in the order of the table."""
    rooms = [(re.fullmatch(r"`(\w+)`", row[0]), row[2]) for row in table("Rooms")]
    return {name[1]: set(re.findall(r"\w+", re.sub(r"\(.*?\)", "", used))) for name, used in rooms if name}


def used_rooms(room):
    description = re.search(rf"mb_room\({room}\b(.*?)\)", text(f"engine/{room}/CMakeLists.txt"), re.DOTALL)[1]
    uses = re.search(r"\bUSES\b(.*?)(?=\b[A-Z]{3,}\b|$)", description, re.DOTALL)
    return set(uses[1].split()) if uses else set()


def test_the_document_names_what_each_room_uses():
    assert documented_rooms() == {room: used_rooms(room) for room in ROOMS}


def test_arrows_point_down():
    """A row of the table uses only rows above it."""
    rooms = list(documented_rooms().items())
    up = [(room, used - {above for above, _ in rooms[:at]}) for at, (room, used) in enumerate(rooms)]
    assert [(room, used) for room, used in up if used] == []


def answers():
    """The lines of the section that tells a newcomer where things are done."""
    section = re.search(r"^## Where do I\b.*?\n(.*?)(?=^## |\Z)", text(ARCHITECTURE), re.DOTALL | re.MULTILINE)
    lines = section[1].splitlines() if section else []
    return [line for line in lines if re.match(r"(\d+\.|[*-]|\|) *(?!-|\| *-)", line) and "`" in line]


def folders(line):
    """The folders of the paths that a line names; "command_NAME.c" stands for many."""
    paths = [path.rstrip("/") for path in re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", line)]
    paths = [os.path.dirname(path) if "NAME" in path else path for path in paths]
    return {
        path if (ROOT / path).is_dir() else os.path.dirname(path) if (ROOT / path).is_file() else f"no {path}"
        for path in paths
    }


def test_a_newcomer_needs_two_folders_at_most():
    if not answers():
        pytest.skip(f"{ARCHITECTURE} has no section 'Where do I'")
    assert len(answers()) >= 10
    named = {line: folders(line) for line in answers()}
    assert [line for line, where in named.items() if not 1 <= len(where) <= 2 or any(w.startswith("no ") for w in where)] == []


# --- arrows, as the compiler sees them ---------------------------------------------------------------------------


@functools.cache
def compiled():
    """Source file -> (folder, command, object), of the build that the tests use."""
    build = find_binary().parents[1]
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.relpath(entry["file"], ROOT)
        arguments = shlex.split(entry["command"])
        found.setdefault(path, (entry["directory"], arguments, arguments[arguments.index("-o") + 1]))
    return found


def preprocess(like, code):
    """Runs the preprocessor over code as if it stood in the folder of the source file `like`."""
    folder, arguments, output = compiled()[like]
    flags = [word for word in arguments if word not in ("-c", "-o", output) and not word.endswith(".c")]
    flags = [word for word in flags if not word.endswith("ccache") and not word.startswith(("-M", "-fsanitize"))]
    command = [*flags, "-E", "-P", "-x", "c", "-"]
    return subprocess.run(command, cwd=folder, input=code, capture_output=True, text=True)


def a_header(room):
    return f"{room}/{sorted((ROOT / 'engine' / room).glob('*.h'))[0].name}"


def seen_from(like):
    """The rooms whose headers a file at the place of `like` can include."""
    code = "".join(f"#if __has_include(<{a_header(room)}>)\nsees {room}\n#endif\n" for room in ROOMS)
    result = preprocess(like, code)
    assert result.returncode == 0, result.stderr
    return set(re.findall(r"^sees (\w+)$", result.stdout, re.MULTILINE))


def a_source(folder):
    return next(path for path in sources() if room_of(path) == folder and path in compiled())


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_sees_what_it_names_and_nothing_else(room):
    assert seen_from(a_source(f"engine/{room}")) - {room} == used_rooms(room)


def test_drivers_see_nothing_of_the_engine_but_its_ground():
    drivers = sorted({room_of(path) for path in sources() if path.startswith("plugins/")})
    assert [(driver, seen) for driver in drivers if (seen := seen_from(a_source(driver)) - UNDER_DRIVERS)] == []


@pytest.mark.parametrize(
    "room, above", [("engine/base", "storage"), ("engine/catalog", "cli"), ("engine/backup", "restore"), ("plugins/s3", "catalog")]
)
def test_an_arrow_the_wrong_way_does_not_compile(room, above):
    like = a_source(room)
    refused = preprocess(like, f"#include <{a_header(above)}>\n")
    assert refused.returncode != 0 and a_header(above) in refused.stderr
    assert preprocess(like, "#include <stddef.h>\n").returncode == 0


# --- state -----


# What belongs to the process and to none of its sessions and tasks: each is guarded, or set once.
OF_THE_PROCESS = {
    ("engine/base/owner.c", "living"): "which tasks of this process hold a name",
    ("engine/http/init.c", "once"): "libcurl is initialised once",
    ("engine/http/init.c", "result"): "and how that went",
    ("engine/storage/libraries.c", "once"): "so are libxml2 and OpenSSL",
    ("engine/storage/libraries.c", "crypto_result"): "and how that went",
    ("engine/storage/module.c", "modules"): "dlopen maps a driver once, whoever asks",
    ("engine/storage/store_call.c", "serial_gate"): "drivers that take one call at a time in the process",
    ("plugins/common/driver.c", "loaded_by"): "the host that has loaded the driver",
    ("plugins/shim/shim.c", "loaded_by"): "the host that has loaded the driver",
}


def test_nothing_changes_but_what_has_an_owner():
    """Objects in .data and .bss, of all but the front end; constants with addresses in them lie elsewhere."""
    found = set()
    variable = re.compile(r" O (?:\.data|\.bss)\s+\S+\s+(?:\.hidden )?(?!__)(\w+)")
    for path, (folder, _, output) in compiled().items():
        output = os.path.join(folder, output)
        if path in sources() and not path.startswith("engine/cli/") and os.path.exists(output):
            told = subprocess.run(["objdump", "-t", output], check=True, capture_output=True, text=True).stdout
            found |= {(path, name) for name in variable.findall(told)}
    assert len(found) > 3 and found == set(OF_THE_PROCESS)


# --- circles -----------------------------------------------------------------------------------------------------


def symbols(objects):
    """Object -> (symbols that it defines, symbols that it needs)."""
    found = {path: (set(), set()) for path in objects}
    listing = subprocess.run(["nm", "-A", "-P", *objects], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        path, symbol, kind, *_ = line.rsplit(": ", 1)[0], *line.rsplit(": ", 1)[1].split()
        if kind == "U":
            found[path][1].add(symbol)
        elif kind in "TDBRCVW":
            found[path][0].add(symbol)
    return found


@functools.cache
def needs():
    """Source file -> the files of its room that it needs symbols of."""
    objects = {os.path.join(folder, output): path for path, (folder, _, output) in compiled().items() if path in sources()}
    objects = {output: path for output, path in objects.items() if os.path.exists(output)}
    found = symbols(objects)
    makers = {(room_of(path), name): path for output, path in objects.items() for name in found[output][0]}
    return {
        path: {makers.get((room_of(path), name), path) for name in found[output][1]} - {path}
        for output, path in objects.items()
    }


def reach(start):
    seen, ahead = set(), [start]
    while ahead:
        for path in needs()[ahead.pop()] - seen:
            seen.add(path)
            ahead.append(path)
    return seen


def circles():
    """The groups of files in which each needs every other."""
    reached = {path: reach(path) for path in needs()}
    return {frozenset(other for other in reached[path] if path in reached[other]) for path in reached if path in reached[path]}


def documented_circles():
    return {
        frozenset(f"{room.strip('`')}/{name}.c" for name in re.findall(r"`(\w+)`", files))
        for room, files, _ in table("Circles")
    }


def test_no_circle_between_files_of_a_room_but_those_the_document_gives_a_reason_for():
    assert all(reason for _, _, reason in table("Circles"))
    assert len(needs()) > 200
    new, gone = circles() - documented_circles(), documented_circles() - circles()
    assert (sorted(map(sorted, new)), sorted(map(sorted, gone))) == ([], []), "new ones; rows that can go"


# --- repetition --------------------------------------------------------------------------------------------------

NO_LOGIC = re.compile(r"#\s*include\b.*|\W*|else|break;|default:|do \{|\(void\)\w+;|\} else \{")


def logic(path):
    """The lines of a file that do something, as (number, line) with single blanks."""
    without_comments = re.sub(r"/\*.*?\*/", lambda match: "\n" * match[0].count("\n"), text(path), flags=re.DOTALL)
    lines = ((number, " ".join(line.split())) for number, line in enumerate(without_comments.splitlines(), 1))
    return [(number, line) for number, line in lines if not NO_LOGIC.fullmatch(line)]


def said_twice():
    """Pair of files of two rooms -> where they share SHARED_LINES lines of logic."""
    places = collections.defaultdict(list)
    for path in sources():
        lines = logic(path)
        for at in range(len(lines) - SHARED_LINES + 1):
            places[tuple(line for _, line in lines[at : at + SHARED_LINES])].append((path, lines[at][0]))
    pairs = {}
    for found in places.values():
        for (one, line), (other, line_there) in itertools.combinations(sorted(found), 2):
            if room_of(one) != room_of(other):
                pairs.setdefault((one, other), f"{one}:{line} and {other}:{line_there}")
    return pairs


def test_nothing_is_said_twice_in_two_rooms():
    found = said_twice()
    excused = {pair: {pair, tuple(map(room_of, pair))} & SAID_TWICE.keys() for pair in found}
    assert [where for pair, where in found.items() if not excused[pair]] == []
    assert SAID_TWICE.keys() - set().union(*excused.values()) == set(), "entries that can go"


def test_ladders_do_not_grow():
    assert sum(text(path).count("if (status == MB_OK") for path in sources()) <= LADDERS
