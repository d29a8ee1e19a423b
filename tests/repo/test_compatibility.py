"""docs/compatibility.md says no more than tests show: each cell has tests of its kind and version, and no feature is left out."""

import ast
import functools
import re

import pytest
from testbed.components import ROOT

TESTS = ROOT / "tests"
DOCUMENT, PROOFS = ROOT / "docs" / "compatibility.md", TESTS / "data" / "compatibility.txt"
MILVUS = ["2.2", "2.3", "2.4", "2.5", "2.6", "3.0"]
STATES = {"real", "fake", "untried", "no", "–"}
FOLDERS = {"real": ("e2e/",), "fake": ("wire/", "testbed/"), "no": ("e2e/", "wire/", "testbed/")}


# --- the two files -------------------------------------------------------------------------------------------------


def read_rows(document):
    """Feature -> ({version: cell}, the text behind the cells)."""
    rows, heads = {}, []
    for line in document.splitlines():
        if line.startswith("|-"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
        if not cells:
            heads = []
        elif not heads:
            heads = (cells[1:-1] if any(cells) else ["any"]) if not cells[0] else [None]
        elif heads != [None]:
            assert cells[0] not in rows, f"{cells[0]}: stands there twice"
            rows[cells[0]] = (dict(zip(heads, cells[1:-1], strict=True)), cells[-1])
    return rows


def read_proofs(text):
    """Feature -> ([(version, kind, test)], {capability: whether the cells follow it})."""
    proofs = {}
    for line in text.splitlines():
        words = line.split()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            found = proofs.setdefault(line.removeprefix("[").removesuffix("]"), ([], {}))
        elif words[0] in ("needs", "better"):
            found[1][words[-1]] = words[0] == "needs"
        else:
            found[0].extend((version, words[-2], words[-1]) for version in words[:-2])
    return proofs


# --- tests and what they reach -------------------------------------------------------------------------------------


@functools.cache
def definitions(path):
    """Name -> source and names in it, of what a file defines; and name -> file, of what it takes from others here."""
    text = path.read_text(encoding="utf-8")
    own, taken = {}, {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("wire", "testbed"):
            places = TESTS.joinpath(*node.module.split("."))
            place = places.with_suffix(".py") if places.with_suffix(".py").is_file() else places / "__init__.py"
            taken |= {alias.name: place for alias in node.names if place.is_file()}
            continue
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
        lines = text.splitlines()[min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1 : node.end_lineno]
        defined = [node.name] if hasattr(node, "name") else [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        own |= {name: ("\n".join(lines), names) for name in defined}
    return own, taken


def reached(path, name, seen):
    """The source of a definition and of all that it names, as far as that is below tests."""
    own, taken = definitions(path)
    if (path, name) in seen:
        return
    seen.add((path, name))
    if name in own:
        yield own[name][0]
        for other in own[name][1]:
            yield from reached(path, other, seen)
    elif name in taken:
        yield from reached(taken[name], name, seen)


def fault_of_test(test, kind, version):
    """What is wrong with a test as a proof, or None."""
    place, _, name = test.partition("::")
    path = TESTS / place
    if not path.is_file() or not name.startswith("test_") or name not in definitions(path)[0]:
        return "is not there"
    if not place.startswith(FOLDERS.get(kind, ())):
        return f"shows nothing that is called {kind}"
    if version not in MILVUS or kind == "no" or (kind, version) == ("real", "2.3"):  # which is the usual server
        return None
    major, minor = version.split(".")
    asked = re.compile(rf'"v?{major}\.{minor}\.\d+["-]|\({major}, {minor}, \d')
    if not any(asked.search(source) for source in reached(path, name, set())):
        return f"has to do with no Milvus {version}"
    return None


# --- what the program has ------------------------------------------------------------------------------------------


def capabilities(source):
    """Name -> (since, until or None, needs)."""
    row = re.compile(r'\[MB_MILVUS_(\w+)\] = \{\{(\d+), (\d+), (\d+)\}, \{(\d+), (\d+), (\d+)\}, "([^"]+)"\}')
    found = {}
    for name, *numbers, needs in row.findall(source):
        numbers = [int(number) for number in numbers]
        found[name] = (tuple(numbers[:3]), tuple(numbers[3:]) if any(numbers[3:]) else None, needs)
    return found


def can(version, since, until):
    """Any release of it?"""
    first = tuple(map(int, version.split(".")))
    return first >= since[:2] and (until is None or (*first, 0) < until)


def promised():
    """The names of all commands, and the flags of create and restore."""
    names = set()
    for path in sorted((ROOT / "engine" / "cli").glob("command_*.c")):
        text = path.read_text()
        names |= set(re.findall(r'^    \.name = "([a-z0-9 ]+)",', text, re.MULTILINE))
        if path.stem in ("command_create", "command_restore"):
            names |= {f"--{flag}" for flag in re.findall(r'^    \{\.name = "(\w+)"', text, re.MULTILINE)}
    return names


# --- the check -----------------------------------------------------------------------------------------------------


def faults_of_cells(rows, proofs):
    for feature in set(rows) ^ set(proofs):
        yield f"{feature}: is in one file only"
    for feature in set(rows) & set(proofs):
        cells, note = rows[feature]
        given = proofs[feature][0]
        for version, cell in cells.items():
            kinds = {kind for at, kind, _ in given if at == version}
            if cell not in STATES:
                yield f"{feature}, {version}: {cell!r} is no state"
            elif kinds != (set() if cell in ("untried", "–") else {cell}):
                yield f"{feature}, {version}: the cell says {cell}, its tests {sorted(kinds) or 'nothing'}"
        if "no" in cells.values() and not note:
            yield f"{feature}: does not say why"
        for version, kind, test in given:
            if version not in cells:
                yield f"{feature}: has no {version}"
            elif fault := fault_of_test(test, kind, version):
                yield f"{feature}, {version}: {test} {fault}"


def faults_of_capabilities(rows, proofs, known):
    for name in set(known) ^ {name for _, asked in proofs.values() for name in asked}:
        yield f"{name}: is in no row, or no capability"
    for feature, (_, asked) in proofs.items():
        cells, note = rows.get(feature, ({}, ""))
        for name in set(asked) & set(known):
            since, until, needs = known[name]
            if not re.search(re.escape(needs) + r"(?!\.\d| or )", note):
                yield f"{feature}: does not say that {name} is of {needs}"
            for version, cell in cells.items():
                if asked[name] and (cell in ("no", "–")) == can(version, since, until):
                    yield f"{feature}, {version}: the cell says {cell}, but {name} is of {needs}"


def faults(document, proofs_text, source, names):
    rows, proofs = read_rows(document), read_proofs(proofs_text)
    spans = " ".join(re.findall(r"`([^`]+)`", document))
    missing = [name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", spans)]
    return [
        *faults_of_cells(rows, proofs),
        *faults_of_capabilities(rows, proofs, capabilities(source)),
        *(f"{name}: is not spoken of" for name in missing),
    ]


def files():
    return DOCUMENT.read_text(), PROOFS.read_text(), (ROOT / "engine" / "milvus" / "capability.c").read_text(), promised()


def test_the_document_says_what_tests_show():
    assert len(read_rows(DOCUMENT.read_text())) > 50
    assert faults(*files()) == []


def test_all_is_seen_of_the_program():
    _, _, source, names = files()
    told = re.findall(r"MB_MILVUS_(\w+)[,;]", (ROOT / "engine" / "milvus" / "milvus.h").read_text().split("enum mb_milvus_capability {")[1].split("};")[0])
    assert set(capabilities(source)) == set(told) - {"CAPABILITIES"}
    assert {"create", "config migrate", "l0compact", "--strategy", "--until", "--rbac"} <= names and len(names) > 40


# --- that it can fail ----------------------------------------------------------------------------------------------

FLUSHED = "2.2 real e2e/test_servers.py::test_older_milvus\n"
AT_ONCE = "2.6 3.0 fake wire/test_versions.py::test_everything_is_flushed_at_once_where_the_version_can\n"
IN_DOCUMENT, IN_PROOFS, IN_SOURCE = 0, 1, 2
MUTATIONS = {
    "a test of another name": (IN_PROOFS, "::test_older_milvus\n", "::test_oldest_milvus\n", "is not there"),
    "a file of another name": (IN_PROOFS, "e2e/test_servers.py", "e2e/test_services.py", "is not there"),
    "a function that is no test": (IN_PROOFS, "::test_older_milvus\n", "::round_trip\n", "is not there"),
    "real by a fake": (IN_PROOFS, AT_ONCE, AT_ONCE.replace("fake", "real"), "shows nothing that is called real"),
    "fake by a real server": (IN_PROOFS, FLUSHED, FLUSHED.replace("real", "fake"), "shows nothing that is called fake"),
    "another version's test": (IN_PROOFS, FLUSHED, "2.2 real e2e/test_kinds.py::test_rows\n", "no Milvus 2.2"),
    "a later version's test": (IN_PROOFS, "\n2.6 3.0 fake wire/test_v", "\n2.4 2.6 3.0 fake wire/test_v", "its tests ['fake', 'no']"),
    "a version that the row has not": (IN_PROOFS, FLUSHED, FLUSHED.replace("2.2", "2.1"), "has no 2.1"),
    "a cell without a test": (IN_PROOFS, FLUSHED, "", "its tests nothing"),
    "untried, but tests": (IN_DOCUMENT, "| real | real | fake", "| untried | real | fake", "its tests ['real']"),
    "more than was tried": (IN_DOCUMENT, "| untried | real", "| real | real", "its tests nothing"),
    "a word that is no state": (IN_DOCUMENT, "| real | real |", "| real | works |", "'works' is no state"),
    "a row that only the document has": (IN_PROOFS, "[Aliases]", "[Other names]", "Aliases: is in one file only"),
    "a row that only the proofs have": (IN_DOCUMENT, "| Aliases |", "| Other names |", "Aliases: is in one file only"),
    "a refusal without a reason": (IN_DOCUMENT, "they are left out with a warning |", "|", "does not say why"),
    "a capability of a later version": (IN_SOURCE, '"Milvus 2.6.11 or later"', '"Milvus 2.6.12 or later"', "FLUSH_ALL is of Milvus 2.6.12"),
    "a capability of an earlier range": (IN_SOURCE, "{{2, 6, 11}", "{{2, 5, 11}", "2.5: the cell says no, but FLUSH_ALL"),
    "a capability of a later range": (IN_SOURCE, "{{2, 6, 11}", "{{2, 7, 0}", "2.6: the cell says fake, but FLUSH_ALL"),
    "a capability that ends": (IN_SOURCE, "{{2, 5, 0}, {2, 6, 0}", "{{2, 5, 0}, {2, 7, 0}", "2.6: the cell says no, but RPC_CHANNEL"),
    "a capability that is new": (IN_SOURCE, "[MB_MILVUS_FLUSH_ALL] =", "[MB_MILVUS_FLY] =", "FLY: is in no row"),
    "a capability that is gone": (IN_SOURCE, "[MB_MILVUS_FLUSH_ALL] =", "[MB_MILVUS_FLY] =", "FLUSH_ALL: is in no row, or no capability"),
    "a flag that is not spoken of": (IN_DOCUMENT, "--drop_first", "--drop_last", "--drop_first: is not spoken of"),
    "a command that is not spoken of": (IN_DOCUMENT, "`prune`", "pruning", "prune: is not spoken of"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_untruth_is_found(name):
    *texts, names = files()
    where, before, after, told = MUTATIONS[name]
    assert before in texts[where]
    texts[where] = texts[where].replace(before, after, 1)
    found = faults(*texts, names)
    assert any(told in fault for fault in found), found


def test_a_row_that_stands_there_twice_is_found():
    document, *_ = files()
    with pytest.raises(AssertionError, match="Aliases: stands there twice"):
        read_rows(document.replace("| Struct arrays |", "| Aliases |"))
