"""tests/data/names/restore.txt through the command line and through REST: what Milvus is told to make of a backup.

The unit test restore/names reads the same table.
"""

import json

import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.backup_server import BackupServer
from testbed.components import ROOT
from testbed.program import NOT_FOUND, USAGE

from wire.fake_milvus import status
from wire.restoring import Backup, Server, program_for

TABLE = ROOT / "tests" / "data" / "names" / "restore.txt"
SOURCES = [("default", "a"), ("default", "b"), ("sales", "a"), ("sales", "orders"), ("stock", "items")]


def rows():
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            suffix, renames, collections, chosen, outcome = (it.removeprefix(" ") for it in line.split("|"))
            columns = [column.removesuffix(" ") for column in (suffix, renames, collections, chosen)]
            yield pytest.param(*columns, outcome, id=" | ".join([*columns, outcome]))


class Databases(Server):
    """Has nothing, whatever it has made, so that names may meet in two databases."""

    def __init__(self, version="2.3.5"):
        super().__init__(version)
        self.answers |= {
            "HasCollection": lambda request: milvus_pb2.BoolResponse(value=False),
            "CreateDatabase": lambda request: status(),
        }

    def told(self):
        made = [(headers, request) for name, request, headers in self.calls if name == "CreateCollection"]
        return sorted((headers.get("dbname", "default"), request.collection_name) for headers, request in made)


def lay(folder):
    backup = Backup(folder)
    template = backup.collection
    backup.full["collection_backups"] = [
        {**template, "collection_id": 1 + i, "db_name": db, "collection_name": name, "schema": {**template["schema"], "name": name}}
        for i, (db, name) in enumerate(SOURCES)
    ]
    backup.full["database_backups"] = [{"db_name": name} for name in ("default", "sales", "stock", "hollow")]
    backup.write()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    lay(folder / "data" / "backup" / "b")
    return folder


@pytest.fixture(scope="module")
def milvus():
    with Databases() as running:
        yield running


@pytest.fixture
def server(milvus):
    """Forgets what the test before had made."""
    milvus.calls.clear()
    milvus.collections.clear()
    return milvus


@pytest.fixture(scope="module")
def rest(milvus, place):
    with BackupServer(program_for(milvus, place / "data", place / "rest")) as running:
        yield running


@pytest.fixture(scope="module")
def program(milvus, place):
    return program_for(milvus, place / "data", place / "program")


def targets(outcome):
    return sorted(tuple(name.split(".")) for name in outcome.split())


# ------------------------------------------------------------- the command line


def fits_in_flags(collections, chosen):
    """There a filter stands for all other ways to choose."""
    return not (collections and chosen)


@pytest.mark.parametrize(
    ("suffix", "renames", "collections", "chosen", "outcome"),
    [row for row in rows() if fits_in_flags(*row.values[2:4])],
)
def test_by_flags(program, server, suffix, renames, collections, chosen, outcome):
    flags = ["--filter", chosen] if chosen else []
    flags += ["-s", suffix] if suffix else []
    flags += ["-r", renames] if renames else []
    flags += ["-c", collections] if collections else []
    if outcome[:1] in ("!", "?"):
        result = program.fails("restore", "-n", "b", "--meta_only", *flags, code=USAGE if outcome[0] == "!" else NOT_FOUND)
        assert outcome[2:] in result.err and server.told() == []
    else:
        program.ok("restore", "-n", "b", "--meta_only", *flags)
        assert server.told() == targets(outcome)


# ------------------------------------------------------------- REST


def filter_of(chosen):
    """As db_collections has it, which knows no database without its collections."""
    found = {}
    for item in chosen.split(","):
        db, _, name = item.rpartition(".")
        found.setdefault(db or "default", set()).add(name)
    return {db: [] if "*" in names else sorted(names - {""}) for db, names in found.items() if names != {""}}


def body_of(suffix, renames, collections, chosen):
    """As text: a name may stand twice in an object."""
    members = ['"backup_name": "b", "metaOnly": true, "id": "n"']
    if suffix:
        members.append(f'"collection_suffix": {json.dumps(suffix)}')
    if renames:
        pairs = [map(json.dumps, rule.split(":")) for rule in renames.split(",")]
        members.append(f'"collection_renames": {{{", ".join(f"{old}: {new}" for old, new in pairs)}}}')
    if collections:
        members.append(f'"collection_names": {json.dumps(collections.split(","))}')
    if chosen:
        members.append(f'"db_collections_after_rename": {json.dumps(filter_of(chosen))}')
    return "{" + ", ".join(members) + "}"


def fits_in_json(chosen, outcome):
    """Not everything of the lines of flags can be said there: a filter in another grammar, "db." alone."""
    no_name = outcome.startswith(("! invalid filter", "! is not"))
    return not no_name and all(item == "" or not item.endswith(".") for item in chosen.split(","))


@pytest.mark.parametrize(
    ("suffix", "renames", "collections", "chosen", "outcome"),
    [row for row in rows() if fits_in_json(*row.values[3:5])],
)
def test_by_rest(rest, server, suffix, renames, collections, chosen, outcome):
    answer = rest.request("POST", "restore", body_of(suffix, renames, collections, chosen).encode())
    envelope = answer.json()
    if outcome.startswith("!"):
        words = outcome[2:].replace("letters, digits and _", "alphanumeric characters and underscores")
        assert envelope["code"] in (3, 400) and words in envelope["msg"] and server.told() == []
        if "invalid mapper rule" in words:
            assert envelope["code"] == 3 and envelope["msg"].endswith(words)
    elif outcome.startswith("?"):
        assert envelope["msg"] == "success"
        assert any(outcome[2:] in warning for warning in rest.get("task", id="n").data["warnings"])
    else:
        assert envelope["msg"] == "success" and server.told() == targets(outcome)


# ------------------------------------------------------------- plans


def plan(*mapping, **filter):
    """A mapping is "db -> db2", or "db.c -> db2.c2"; a filter the collections of a database."""
    found = []
    for line in mapping:
        (db, _, name), (db2, _, name2) = (side.partition(".") for side in line.split(" -> "))
        found.append({"source": db, "target": db2, "colls": [{"source": name, "target": name2}] if name else []})
    return {"mapping": found, **({"filter": {db: {"colls": names} for db, names in filter.items()}} if filter else {})}


PLANS = [
    (plan("default.a -> new.z"), "new.z"),
    (plan("default.a -> new.z", new=["z"]), "new.z"),
    (plan("default.a -> new.z", new=["*"]), "new.z"),
    (plan("default.a -> new.y", "default.a -> new.z"), "new.y new.z"),
    (plan("default.a -> new.y", "default.a -> new.z", new=["z"]), "new.z"),
    (plan("default.a -> default.b", "default.b -> default.a"), "default.a default.b"),
    (plan("default.a -> sales.a", "sales.a -> default.a"), "default.a sales.a"),
    (plan("default.a -> new.z", new=["*"], stock=["*"]), "new.z stock.items"),
    (plan("default.a -> new.z", stock=["items"]), "stock.items"),
    (plan("sales -> shop"), ""),
    (plan("sales -> shop", shop=[]), ""),
    (plan("sales -> shop", sales=["orders"]), "sales.orders"),
    (plan(sales=["orders"]), "sales.orders"),
    (plan(sales=["orders"], default=["*"]), "default.a default.b sales.orders"),
    ({}, ""),
    (plan("default.a -> new.z", "default.b -> new.z"), "! two mappings make new.z"),
    (plan("default.a -> sales.orders", new=["*"], sales=["*"]), "! would both become sales.orders"),
    (plan("default.a -> new.z-"), '! "z-" cannot be a target collection'),
    (plan(sales=["*", "a"]), '! stands beside other names'),
    (plan(" -> new"), "! source database name is empty"),
    (plan("default. -> new"), ""),
    (plan("nowhere.c -> new.c"), "? holds no collection nowhere.c"),
    (plan("default.a -> new.z", new=["y"]), "? nothing of backup b matches the filter new.y"),
]


@pytest.mark.parametrize(("given", "outcome"), PLANS, ids=[json.dumps(given) for given, _ in PLANS])
def test_by_a_plan(rest, server, given, outcome):
    envelope = rest.post("restore", {"backup_name": "b", "metaOnly": True, "id": "p", "restorePlan": given}).json()
    if outcome.startswith("!"):
        assert envelope["code"] == 3 and outcome[2:] in envelope["msg"] and server.told() == []
    elif outcome.startswith("?"):
        assert envelope["msg"] == "success" and server.told() == []
        assert any(outcome[2:] in warning for warning in rest.get("task", id="p").data["warnings"])
    else:
        assert envelope["msg"] == "success" and server.told() == targets(outcome)


# ------------------------------------------------------------- what contradicts

OVERRIDE = {"mapping": [{"source": "default", "target": "new", "colls": [{"source": "a", "target": "z"}]}]}


def overridden(**override):
    [database] = OVERRIDE["mapping"]
    return {"mapping": [{**database, "colls": [{**database["colls"][0], "override": override}]}]}


REFUSED = [  # flags; members; words
    (["-c", "a", "-d", "sales"], None, "not both"),
    (["--drop_first"], {"dropFirst": True}, "can be dropped first only where it is replaced"),
    (["--drop_first", "--skip_create_collection"], {"dropFirst": True, "skipCreateCollection": True}, "only where it is replaced"),
    (None, {"restorePlan": OVERRIDE, "collection_suffix": "_x"}, "restore plan and collection suffix"),
    (None, {"restorePlan": OVERRIDE, "collection_renames": {"a": "b"}}, "restore plan and collection renames"),
    (None, {"restorePlan": plan(sales=["*"]), "db_collections_after_rename": {"sales": []}}, "restore plan's filter and"),
    (None, {"restorePlan": {}, "db_collections_after_rename": {"sales": []}}, "restore plan's filter and"),
    (None, {"restorePlan": overridden(shardNum=2), "skipCreateCollection": True}, "new.z is to exist"),
    (None, {"restorePlan": overridden(description="x"), "skipCreateCollection": True}, "new.z is to exist"),
    (None, {"restorePlan": overridden(shardNum=-1)}, "below 0"),
    (None, {"maxShardNum": -1}, "maxShardNum: -1 is below 0"),
    (None, {"restorePlan": plan(sales=["*", "a"])}, "restorePlan.filter: "),
    (None, {"truncateBinlogByTs": True}, "truncateBinlogByTs: it is about data"),
]
IDLE = [  # flags and the words of their warning; members and those of theirs: what is named is called as it was asked for
    (["--use_auto_index"], "--use_auto_index has no effect: indexes are not made"),
    ({"useAutoIndex": True}, "useAutoIndex has no effect: indexes are not made"),
    (["--drop_exist_collection", "--drop_exist_index"], "--drop_exist_index has no effect: a collection that is made anew"),
    ({"dropExistCollection": True, "dropExistIndex": True}, "dropExistIndex has no effect: a collection that is made anew"),
    (["-a", '{"sales": []}', "-c", "a"], "more than one way: --collections ignored"),
    ({"db_collections": {"sales": []}, "collection_names": ["a"]}, "more than one way: collection_names ignored"),
    (["-a", '{"sales": []}', "-d", "sales"], "--databases ignored"),
    (["--filter", "sales.*", "-c", "a"], "--collections ignored"),
    (["--filter", "sales.*", "-a", '{"sales": []}'], "--database_collections ignored"),
    (["-r", "sales.:shop."], "the renaming sales.:shop. has no effect"),
    ({"collection_renames": {"sales.": "shop."}}, "the renaming sales.:shop. has no effect"),
    ({"skipParams": {"indexParams": ["M"]}}, "skipParams.indexParams has no effect but on snapshots: indexes are not made"),
]


@pytest.mark.parametrize(("flags", "words"), [(flags, words) for flags, _, words in REFUSED if flags])
def test_flags_that_contradict(program, server, flags, words):
    result = program.fails("restore", "-n", "b", "--meta_only", *flags, code=USAGE)
    assert words in result.err and server.told() == []


@pytest.mark.parametrize(("members", "words"), [(members, words) for _, members, words in REFUSED if members])
def test_members_that_contradict(rest, server, members, words):
    envelope = rest.post("restore", {"backup_name": "b", "metaOnly": True, **members}).json()
    assert envelope["code"] in (3, 400) and words in envelope["msg"] and server.told() == []


@pytest.mark.parametrize(("flags", "words"), [case for case in IDLE if isinstance(case[0], list)])
def test_flags_without_effect(program, server, flags, words):
    warnings = program.ok("restore", "-n", "b", "--meta_only", *flags, "--json").json()["warnings"]
    assert any(words in warning for warning in warnings), warnings


@pytest.mark.parametrize(("members", "words"), [case for case in IDLE if isinstance(case[0], dict)])
def test_members_without_effect(rest, server, members, words):
    assert rest.post("restore", {"backup_name": "b", "metaOnly": True, "id": "i", **members}).json()["msg"] == "success"
    warnings = rest.get("task", id="i").data["warnings"]
    assert any(words in warning for warning in warnings), warnings


SHAPES = {"maxShardNum": 1, "skipParams": {"collectionProperties": ["a"], "fieldIndexParams": ["b"], "fieldTypeParams": ["c"]}}


def test_what_is_said_of_a_collection_that_is_not_made(rest, server):
    answers = server.answers["HasCollection"]
    server.answers["HasCollection"] = lambda request: milvus_pb2.BoolResponse(value=request.collection_name == "a")
    server.make("a")
    body = {"backup_name": "b", "metaOnly": True, "id": "s", "collection_names": ["a"], "skipCreateCollection": True, **SHAPES}
    try:
        answer = rest.post("restore", body).json()
    finally:
        server.answers["HasCollection"] = answers
    warnings = "\n".join(rest.get("task", id="s").data["warnings"])
    assert answer["msg"] == "success" and server.told() == []
    for member in ("maxShardNum", "skipParams.collectionProperties", "skipParams.fieldIndexParams", "skipParams.fieldTypeParams"):
        assert f"{member} has no effect: collections are not made" in warnings


def test_import_jobs_are_about_data(place, tmp_path):
    with Databases("2.4.15") as server:
        program = program_for(server, place / "data", tmp_path)
        warnings = program.ok("restore", "-n", "b", "--meta_only", "--use_v2_restore", "--json").json()["warnings"]
    assert warnings == ["--use_v2_restore has no effect: data is not restored"]


def test_taking_over_is_about_what_is_gone_on_with(program, server):
    assert "--resume" in program.fails("create", "-n", "new", "--take_over", code=USAGE).err
