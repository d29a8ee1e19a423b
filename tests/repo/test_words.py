"""Whatever an error can name is worded for who asked: each member of a request is a member of REST's body and of gRPC's message, and a flag."""

import re

import pytest
from testbed.components import ROOT

ENGINE = ROOT / "engine"
KINDS = ("create", "restore", "transfer", "verify", "delete", "prune", "compact", "get", "list")

# Where a request is read in REST: the files with its members, and its table of parameters in route.c.
REST = {
    "create": (["body_create.c"], None),
    "restore": (["body_restore.c"], None),
    "transfer": (["route_transfer.c"], None),
    "verify": (["route_verify.c"], None),
    "delete": ([], "delete_parameters"),
    "prune": (["route_prune.c"], None),
    "compact": (["route_l0compact.c"], None),
    "get": ([], "get_backup_parameters"),
    "list": ([], "list_parameters"),
}
MESSAGES = {"create": "CreateBackup", "restore": "RestoreBackup", "get": "GetBackup", "list": "ListBackups", "delete": "DeleteBackup"}

# What cannot be asked for at a door, so that no error of it names this there, or cannot be wrong.
NOT_IN_REST = {
    "create": {"databases": "filter and db_collections have them", "id": "the header request_id, shortened where it is too long"},
    "restore": {
        "filter": "target_filter and db_collections have them",
        "databases": "likewise",
        "keep_temp_files": "the configuration decides",
        "lenient": "always",
        "ezk_from": "a pair of ezk_mapping",
        "ezk_to": "likewise",
    },
    "prune": {"made_by": "schedules alone"},
    "get": {"detail": "always", "indent": "never", "times": "never"},
    "list": {"with_collections": "follows from detail", "with_details": "detail, which cannot be wrong"},
}
NO_FLAGS = {
    "create": {"id": "the library's", "pause_gc": "backup.gcPause"},
    "restore": {
        "keep_temp_files": "restore.keepTempFiles",
        "mappings": "a plan is the API's",
        "target_filter": "likewise",
        "max_shards": "likewise",
        "skip_collection_properties": "likewise",
        "skip_field_index_params": "likewise",
        "skip_field_type_params": "likewise",
        "skip_index_params": "likewise",
        "lenient": "never",
        "until_checkpoints": "the API's",
        "ezk_from": "a pair of ezk_mapping",
        "ezk_to": "likewise",
    },
    "transfer": {"peer": "--to and --from, one of which there is", "from_peer": "likewise"},
    "prune": {"made_by": "schedules alone", "dry_run": "without --yes"},
    "get": {"indent": "never", "times": "never"},
    "list": {"with_collections": "--collection", "with_details": "--long"},
}
# Of schedules and places, which requests do not have; two lists of a request, named as one; requests that are not in KINDS.
ELSEWHERE = {"cron", "bucket", "root_path", "gc_address", "plan", "db_collections_after_rename", "zone", "ezk_mapping", "cluster_id"} | {
    *("source_cluster", "target_cluster"),
}


def text(path):
    return path.read_text(encoding="utf-8")


def members(kind):
    """As the public header has them, without counts and sizes."""
    [body] = re.findall(rf"struct mb_{kind}_request \{{(.*?)\n\}};", text(ENGINE / "include" / "milvus_backup.h"), re.S)
    names = re.findall(r"\*?(\w+);", re.sub(r"/\*.*?\*/", "", body, flags=re.S))
    return [name for name in names if name != "struct_size" and not name.endswith("_count")]


def rest_words():
    table = re.search(r"members\[\]\[2\] = \{(.*?)\n\};", text(ENGINE / "api" / "hint.c"), re.S)[1]
    pairs = re.findall(r'\{"(\w+)",\s*"([\w.]+)"\}', table)
    assert len(dict(pairs)) == len(pairs), "a member is worded twice"
    return dict(pairs)


def rest_members(kind):
    """Those of its body, those of a member that is an object behind its name too; or of its query."""
    files, parameters = REST[kind]
    found = set()
    for file in files:
        code = text(ENGINE / "api" / file)
        found |= set(re.findall(r'MB_API_FIELD\w*\(\s*\w+,\s*"(\w+)"', code)) | set(re.findall(r'\.name = "(\w+)",', code))
    if parameters is not None:
        table = re.search(rf"{parameters}\[\] = \{{(.*?)\n\}};", text(ENGINE / "api" / "route.c"), re.S)[1]
        found |= set(re.findall(r'\{"(\w+)", "\w+", ', table))
    assert found
    return found


def messages():
    """Each message of gRPC with its members."""
    proto = text(ENGINE / "rpc" / "proto" / "milvus_backup.proto")
    return {name: set(re.findall(r"(\w+) = \d+;", body)) for name, body in re.findall(r"message (\w+) \{(.*?)\n\}", proto, re.S)}


def flags(kind):
    code = text(ENGINE / "cli" / f"command_{'l0compact' if kind == 'compact' else kind}.c")
    return {name.replace("-", "_") for name in re.findall(r'\{\.name = "([\w-]+)"', code)}


def flag_words():
    """Members that flags call otherwise."""
    code = text(ENGINE / "cli" / "hint.c")
    return re.search(r"renamed\[\]\[2\] = \{(.*?)\n\};", code, re.S)[1]


@pytest.mark.parametrize("kind", KINDS)
def test_each_member_is_one_of_rest(kind):
    words, there = rest_words(), rest_members(kind)
    unasked = NOT_IN_REST.get(kind, {})
    for member in members(kind):
        word = words.get(member, member)
        assert (member in unasked) != all(part in there for part in word.split(".")), f"{kind}: '{word}' for {member}"
    assert set(unasked) <= set(members(kind))


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_each_member_is_one_of_grpc(kind):
    """Its messages are REST's bodies under the same names."""
    words, all_messages = rest_words(), messages()
    there = all_messages[f"{MESSAGES[kind]}Request"] | all_messages["SkipParams"]
    for member in members(kind):
        if member in NOT_IN_REST.get(kind, {}):
            continue
        word = words.get(member, member)
        assert all(part in there for part in word.split(".")), f"{kind}: '{word}' for {member}"


@pytest.mark.parametrize("kind", KINDS)
def test_each_member_is_a_flag(kind):
    renamed = dict(re.findall(r'\{"(\w+)", "([\w-]+)"\}', flag_words()))
    there, without = flags(kind), NO_FLAGS.get(kind, {})
    for member in members(kind):
        found = member in there or renamed.get(member, "").replace("-", "_") in there
        assert (member in without) != found, f"{kind}: no flag for {member}"
    assert set(without) <= set(members(kind))


def test_no_word_is_left_over():
    everything = {member for kind in KINDS for member in members(kind)} | ELSEWHERE
    assert set(rest_words()) <= everything


def test_what_errors_are_about_is_a_member():
    """The subjects that stand in the sources."""
    everything = {member for kind in KINDS for member in members(kind)} | ELSEWHERE
    everything |= {part for kind in KINDS for part in rest_members(kind)}
    for path in sorted(ENGINE.glob("*/*.c")):
        code = text(path)
        found = re.findall(r'MB_HINT_(?:INPUT|ALSO|EXCLUSIVE|IGNORED),\s*"([\w.]+)"', code)
        found += re.findall(r'mb_request_(?:list|tristate)\([^;]*?,\s*"(\w+)"', code)
        assert {name.split(".")[0] for name in found} <= everything, path
