"""restore secondary, from one fake of Milvus 2.6.11 to another that takes messages of a replication alone.

No pair of real clusters was at hand: the fake is read from what Milvus' documents say of its log.
"""

import base64
import json
import signal

import grpc
import pytest
from pymilvus.grpc_gen import common_pb2
from testbed.backup_server import BackupServer
from testbed.ports import free_port
from testbed.program import CORRUPT, EXISTS, NOT_FOUND, UNREACHABLE
from testbed.remembering_milvus import wal

from wire.worlds import content, fill, indexes, key, milvus_of, names, program_over, service, some_rows, text, until, vector

VERSION = "2.6.11"
SOURCE, TARGET = "cluster-a", "cluster-b"


def backed_up(milvus_of, tmp_path, make, *arguments):
    """The source, with a backup of all of it."""
    source = milvus_of(VERSION)
    make(source)
    program_over(source, tmp_path).ok("create", "-n", "b", "--strategy", "bulk_flush", *arguments)
    return source


def small(milvus):
    milvus.make("books", [key(), text(), vector()], shards=2, indexes={"vec": {"index_type": "FLAT", "metric_type": "L2"}})
    milvus.insert("books", some_rows(0, 40))
    return milvus


def pair(milvus_of, tmp_path, make=small, version=VERSION, **options):
    """Source, an empty secondary of it, and the program over that one."""
    source = backed_up(milvus_of, tmp_path, make)
    target = milvus_of(version)
    target.become_secondary(SOURCE, TARGET, source.physical_channels(), **options)
    return source, target, program_over(target, tmp_path, backups_of=source)


def secondary(program, *arguments, how="ok", source=SOURCE, target=TARGET, **more):
    command = ["restore", "secondary", "-n", "b", "--source_cluster_id", source, "--target_cluster_id", target]
    return getattr(program, how)(*command, *arguments, **more)


def flush_messages(source, name="b"):
    """Of a backup: channel -> bytes."""
    meta = json.loads(source.place.get(f"backup/{name}/meta/full_meta.json"))
    return {channel: base64.b64decode(data) for channel, data in meta["flush_all_msgs_base64"].items()}


def same(source, target):
    assert names(target) == names(source)
    for database, name in names(source):
        assert content(target, database, name) == content(source, database, name)
        assert indexes(target, database, name) == indexes(source, database, name)
        assert service(target, database, name) == service(source, database, name)
    assert target.secondary.is_whole()


# --- what comes back ------------------------------------------------------------------------------------------------


def with_users(milvus):
    """Everything, aliases and a user beside it."""
    fill(milvus)
    milvus.rbac.users.add(user="alice", password="hash")
    milvus.rbac.roles.add(name="readers")
    return milvus


@pytest.fixture
def whole(milvus_of, tmp_path):
    source = backed_up(milvus_of, tmp_path, with_users, "--rbac")
    target = milvus_of(VERSION)
    target.become_secondary(SOURCE, TARGET, source.physical_channels())
    return source, target, program_over(target, tmp_path, backups_of=source)


def test_everything_comes_back(whole):
    source, target, program = whole
    result = secondary(program, "--json").json()
    same(source, target)
    for database, name in names(source):
        assert target.aliases_of(target.collection(database, name)) == source.aliases_of(source.collection(database, name))
        assert target.collection(database, name).id == source.collection(database, name).id
        assert target.collection(database, name).partitions == source.collection(database, name).partitions
    assert target.rbac == source.rbac
    assert target.databases["sales"].id == source.databases["sales"].id
    told = {(c["database"], c["collection"]): (c["rows"], c["loaded"]) for c in result["collections"]}
    assert told["default", "plain"] == (490, True) and told["sales", "plain"] == (50, False)
    assert (result["warnings"], result["aliases"], result["rbac_made"]) == ([], 1, 2)


def test_the_messages_of_the_flush_are_sent_as_they_are(whole):
    source, target, program = whole
    secondary(program)
    flushed = target.secondary.flushed
    assert all(message in flushed[channel].raw for channel, message in flush_messages(source).items())
    assert set(flushed) == set(flush_messages(source))
    assert [message.type for message in target.secondary.taken[-2:]] == [wal.FLUSH_ALL] * 2


def test_one_thing_comes_behind_the_other(whole):
    source, target, program = whole
    secondary(program)
    types = target.secondary.types()
    first = {kind: types.index(kind) for kind in types}
    last = {kind: len(types) - 1 - types[::-1].index(kind) for kind in types}
    order = [wal.CREATE_DATABASE, wal.CREATE_COLLECTION, wal.CREATE_INDEX, wal.IMPORT]
    assert all(last[a] < first[b] for a, b in zip(order, order[1:], strict=False))
    assert last[wal.COMMIT_IMPORT] < first[wal.ALIAS] < first[wal.LOAD] < first[wal.RBAC] == len(types) - 1
    assert types.count(wal.IMPORT) == types.count(wal.COMMIT_IMPORT) == len(target.jobs)
    assert set(target.secondary.opened) == set(source.physical_channels())


def test_imports_end_where_the_flush_is(whole):
    source, target, program = whole
    secondary(program)
    tick = int(wal.Message(common_pb2.ImmutableMessage.FromString(next(iter(flush_messages(source).values())))).tick)
    for job in target.jobs.values():
        kind = "l0_import" if job.is_deletes else "backup"
        assert job.options["end_ts"] == str(tick) and job.options[kind] == "true" and job.committed
        assert job.options["storage_version"] == ("0" if job.is_deletes else "2")


def test_what_is_younger_than_the_flush_is_left_to_the_replication(milvus_of, tmp_path):
    """Rows of a segment that was closed between the flush and the look at segments."""
    source = milvus_of(VERSION)
    small(source)

    def late():
        if "late" not in done:
            done.append("late")
            source.insert("books", some_rows(500, 5))
            source.flush("books")

    done = []
    source.before["GetPersistentSegmentInfo"] = late
    program_over(source, tmp_path).ok("create", "-n", "b", "--strategy", "bulk_flush")
    target = milvus_of(VERSION)
    target.become_secondary(SOURCE, TARGET, source.physical_channels())
    result = secondary(program_over(target, tmp_path, backups_of=source), "--json").json()
    assert target.count("books") == 40 and source.count("books") == 45
    [warning] = result["warnings"]
    assert "books has 40 rows, the backup 45" in warning


def test_a_database_that_is_there_already_is_not_made(whole):
    source, target, program = whole
    target.make_database("sales").id = source.databases["sales"].id
    secondary(program)
    assert wal.CREATE_DATABASE not in target.secondary.types()
    same(source, target)


def test_users_that_are_there_are_left_alone(whole):
    source, target, program = whole
    target.rbac.users.add(user="alice", password="other")
    result = secondary(program, "--json").json()
    assert (result["rbac_made"], result["rbac_left"]) == (1, 1)
    assert [user.password for user in target.rbac.users] == ["other"]


def test_a_source_without_collections(milvus_of, tmp_path):
    source, target, program = pair(milvus_of, tmp_path, lambda milvus: milvus.make_database("sales"))
    secondary(program)
    assert target.secondary.types() == [wal.CREATE_DATABASE] and target.secondary.is_whole()
    assert set(target.secondary.flushed) == set(source.physical_channels())


def test_a_login_goes_with_every_stream(milvus_of, tmp_path):
    source = backed_up(milvus_of, tmp_path, small)
    target = milvus_of(VERSION, user="root", password="Milvus")
    target.become_secondary(SOURCE, TARGET, source.physical_channels())
    secondary(program_over(target, tmp_path, backups_of=source))
    same(source, target)


def test_a_later_milvus(milvus_of, tmp_path):
    source, target, program = pair(milvus_of, tmp_path, fill, "3.0.0")
    secondary(program)
    same(source, target)


# --- streams that break ---------------------------------------------------------------------------------------------

GONE = grpc.StatusCode.UNAVAILABLE
CUTS = {
    "the first": {1: (GONE, "restarting")},
    "the first, which was taken": {1: ("taken", GONE, "restarting")},
    "again and again": {n: (GONE, "restarting") for n in (2, 3, 4)},
    "imports": {6: ("taken", GONE, "x"), 8: (GONE, "x"), 9: ("taken", GONE, "x")},
    "everywhere": {n: (("taken", GONE, "x") if n % 2 else (GONE, "x")) for n in range(1, 30, 3)},
    "by an error of the server": {4: (grpc.StatusCode.INTERNAL, "x"), 5: (grpc.StatusCode.UNKNOWN, "x")},
    "without an error": {3: (None, ""), 7: ("taken", None, "")},
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_stream_that_breaks_is_gone_on_with(milvus_of, tmp_path, cut):
    source, target, program = pair(milvus_of, tmp_path)
    target.secondary.at = dict(CUTS[cut])
    secondary(program)
    same(source, target)
    assert target.secondary.at == {} or cut == "everywhere"
    assert len(target.secondary.opened) > len(source.physical_channels())
    assert "broke, it is opened anew" in program.log()


def test_late_confirmations_hold_nothing_up_but_the_next_step(milvus_of, tmp_path):
    source, target, program = pair(milvus_of, tmp_path, fill)
    target.secondary.late = 0.05
    secondary(program)
    same(source, target)


@pytest.mark.parametrize("status", ["PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT", "UNIMPLEMENTED"])
def test_a_refused_stream_says_what_the_secondary_holds(milvus_of, tmp_path, status):
    source, target, program = pair(milvus_of, tmp_path)
    target.secondary.at = {5: (getattr(grpc.StatusCode, status), "not you")}
    result = secondary(program, how="fails")
    for words in ("not you", "cluster-b has confirmed", "holds a part of backup b", "set up an empty cluster"):
        assert words in result.err
    again = secondary(program, how="fails", code=EXISTS)
    assert "has taken messages of cluster cluster-a already" in again.err or "exists in the secondary" in again.err


def test_a_stream_that_is_refused_at_once_has_made_nothing(milvus_of, tmp_path):
    source, target, program = pair(milvus_of, tmp_path)
    target.secondary.at = {n: (grpc.StatusCode.PERMISSION_DENIED, "not you") for n in (1, 2, 3)}
    result = secondary(program, how="fails")
    assert "has confirmed none of the 3 messages" in result.err and names(target) == []
    target.secondary.at = {}
    secondary(program)
    same(source, target)


def test_it_can_be_stopped_while_it_waits(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    target.secondary.every = 10**6
    command = ["restore", "secondary", "-n", "b", "--source_cluster_id", SOURCE, "--target_cluster_id", TARGET]
    process = program.start(*command)
    until(lambda: target.secondary.received > 0)
    process.send_signal(signal.SIGINT)
    result = program.finish(process)
    assert result.code == 130 and "has confirmed none of the 3 messages" in result.err


# --- imports that fail ----------------------------------------------------------------------------------------------


def test_an_import_that_fails_ends_it(milvus_of, tmp_path):
    source, target, program = pair(milvus_of, tmp_path)
    [log, *_] = source.place.keys("backup/b/binlogs/insert_log/")
    source.place.put(log, b"x" * len(source.place.get(log)))
    (tmp_path / "none").mkdir()
    source.place.remove("backup/b/meta/objects.jsonl")
    result = secondary(program, how="fails", code=CORRUPT)
    assert "is corrupt" in result.err and "set up an empty cluster" in result.err
    assert target.secondary.flushed == {}, "the replication must not go on behind what is not there"


def test_imports_that_bring_nothing_are_no_success(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    target.loses = lambda rows: []
    result = secondary(program, how="fails", code=CORRUPT)
    assert "no rows of default.books, the backup has 40" in result.err and target.secondary.flushed == {}


def test_rows_that_are_there_twice_are_no_success(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    target.loses = lambda rows: rows + rows
    assert "has 80 rows of default.books" in secondary(program, how="fails", code=CORRUPT).err


# --- what is refused before the first message ------------------------------------------------------------------------


def untouched(target):
    return names(target) == [] and "CreateReplicateStream" not in target.asked


def test_a_cluster_that_has_taken_something(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    target.secondary.checkpoints[target.secondary.targets[1]] = 77
    result = secondary(program, how="fails", code=EXISTS)
    assert "has taken messages of cluster cluster-a already" in result.err and "77" in result.err
    assert untouched(target)


def test_a_collection_that_is_there(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    target.make("books", [key(), vector()])
    assert "collection default.books exists" in secondary(program, how="fails", code=EXISTS).err
    assert "CreateReplicateStream" not in target.asked


def test_a_database_of_another_id(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path, fill)
    target.make_database("sales")
    assert "database sales exists in the secondary and is another one" in secondary(program, how="fails", code=EXISTS).err
    assert untouched(target)


@pytest.mark.parametrize("which", ["source", "target"])
def test_a_cluster_that_nobody_knows(milvus_of, tmp_path, which):
    _, target, program = pair(milvus_of, tmp_path)
    result = secondary(program, how="fails", code=NOT_FOUND, **{which: "cluster-x"})
    assert f"knows no cluster cluster-x, the {which}: it knows cluster-a, cluster-b" in result.err and untouched(target)


def test_a_cluster_without_a_replication(milvus_of, tmp_path):
    source = backed_up(milvus_of, tmp_path, small)
    target = milvus_of(VERSION)
    result = secondary(program_over(target, tmp_path, backups_of=source), how="fails", code=NOT_FOUND)
    assert "it knows none (it has to be set in both clusters first)" in result.err


def test_clusters_the_other_way_round(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path, edges=[(TARGET, SOURCE)])
    assert "cluster cluster-a does not replicate to cluster cluster-b" in secondary(program, how="fails").err
    assert untouched(target)


@pytest.mark.parametrize(
    ("cluster", "channels", "words"),
    [
        (TARGET, ["x"], "1 of cluster-b"),
        (SOURCE, ["by-dev-rootcoord-dml_0"], "1 of cluster-a"),
        (SOURCE, ["by-dev-rootcoord-dml_0", "other_1"], "was it made of another cluster"),
    ],
)
def test_channels_that_do_not_fit(milvus_of, tmp_path, cluster, channels, words):
    _, target, program = pair(milvus_of, tmp_path)
    target.secondary.clusters[cluster] = channels
    assert words in secondary(program, how="fails").err and untouched(target)


@pytest.mark.parametrize("version", ["2.6.8", "2.5.8", "2.4.15", "2.3.5"])
def test_a_milvus_that_is_too_old(milvus_of, tmp_path, version):
    source = backed_up(milvus_of, tmp_path, small)
    target = milvus_of(version)
    result = secondary(program_over(target, tmp_path, backups_of=source), how="fails")
    assert f"a secondary needs Milvus 2.6.11 or later, this is v{version}" in result.err and untouched(target)


def test_nobody_answers_where_imports_are_looked_at(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    program.configure(milvus={"rest": {"endpoint": f"http://127.0.0.1:{free_port()}"}})
    assert "check milvus.rest.endpoint" in secondary(program, how="fails", code=UNREACHABLE).err
    assert untouched(target)


def test_a_backup_without_a_flush_of_everything(milvus_of, tmp_path):
    source = small(milvus_of(VERSION))
    program_over(source, tmp_path).ok("create", "-n", "b", "--strategy", "serial_flush")
    target = milvus_of(VERSION)
    target.become_secondary(SOURCE, TARGET, source.physical_channels())
    result = secondary(program_over(target, tmp_path, backups_of=source), how="fails")
    assert "with the strategy bulk_flush, at Milvus 2.6.11 or later" in result.err and untouched(target)


def change(source, edit):
    """The description of the backup, edited."""
    where = "backup/b/meta/full_meta.json"
    meta = json.loads(source.place.get(where))
    edit(meta)
    source.place.put(where, json.dumps(meta).encode())
    for name in ("collection_meta.json", "partition_meta.json", "segment_meta.json"):
        source.place.remove(f"backup/b/meta/{name}")


def no_flush_at_all(meta):
    meta["flush_all_msgs_base64"] = ["x"]


def spoil_the_extra(meta):
    meta["collection_backups"][0]["index_infos"][0] |= {"field_id": "x"}


def drop_one_flush(meta):
    meta["flush_all_msgs_base64"].popitem()


def spoil_a_flush(meta):
    meta["flush_all_msgs_base64"]["by-dev-rootcoord-dml_0"] = "AAAA"


def flush_elsewhere(meta):
    meta["flush_all_msgs_base64"]["elsewhere"] = meta["flush_all_msgs_base64"].pop("by-dev-rootcoord-dml_1")


def forget_channels(meta):
    for collection in meta["collection_backups"]:
        del collection["virtual_channel_names"]


def forget_the_channel_of_a_segment(meta):
    del meta["collection_backups"][0]["partition_backups"][0]["segment_backups"][0]["v_channel"]


def choose_the_index_oneself(meta):
    meta["collection_backups"][0]["index_infos"][0]["params"] = {"index_type": "AUTOINDEX", "metric_type": "L2"}


EDITS = [
    (no_flush_at_all, "flush_all_msgs_base64"),
    (spoil_the_extra, "field_id"),
    (drop_one_flush, "holds the flush of 1 channels, of 2"),
    (spoil_a_flush, "the flush of channel by-dev-rootcoord-dml_0"),
    (flush_elsewhere, "flushed channel elsewhere, which is none of its own"),
    (forget_channels, "does not tell its channels"),
    (forget_the_channel_of_a_segment, "of which the backup holds no flush"),
    (choose_the_index_oneself, "a secondary needs a backup with extra information about indexes"),
]


@pytest.mark.parametrize(("edit", "words"), EDITS, ids=[edit.__name__ for edit, _ in EDITS])
def test_a_backup_that_does_not_say_enough(milvus_of, tmp_path, edit, words):
    source, target, program = pair(milvus_of, tmp_path)
    change(source, edit)
    assert words in secondary(program, how="fails").err and untouched(target)


def test_extra_information_tells_what_milvus_chose(milvus_of, tmp_path):
    source, target, program = pair(milvus_of, tmp_path)
    kept = [{"key": "index_type", "value": "AUTOINDEX"}, {"key": "M", "value": "18"}]
    given = [{"key": "index_type", "value": "AUTOINDEX"}]

    def tell(meta):
        [index] = meta["collection_backups"][0]["index_infos"]
        index["params"] = {"index_type": "AUTOINDEX"}
        index |= {"field_id": 102, "create_time": 5, "type_params": [{"key": "dim", "value": "4"}]}
        index |= {"index_params": kept, "user_index_params": given, "is_auto_index": True}

    change(source, tell)
    secondary(program)
    [message] = [m for m in target.secondary.taken if m.type == wal.CREATE_INDEX]
    info = message.body.field_index.index_info
    assert [(p.key, p.value) for p in info.index_params] == [("index_type", "AUTOINDEX"), ("M", "18")]
    assert info.is_auto_index and message.body.field_index.create_time == 5
    assert [(p.key, p.value) for p in info.type_params] == [("dim", "4")]


def test_what_was_put_into_params_is_a_parameter_of_its_own(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path, fill)
    secondary(program)
    infos = [m.body.field_index.index_info for m in target.secondary.taken if m.type == wal.CREATE_INDEX]
    [plain] = [i for i in infos if i.index_name == "vec_idx" and i.collection_id == target.collection("default", "plain").id]
    assert {p.key: p.value for p in plain.index_params} == {"index_type": "IVF_FLAT", "metric_type": "L2", "nlist": "4"}
    assert {p.key: p.value for p in plain.user_index_params}["params"] == '{"nlist": 4}'


def test_a_snapshot_is_no_such_backup(milvus_of, tmp_path):
    source, target, program = pair(milvus_of, tmp_path)
    for name in ("full_meta.json", "backup_meta.json"):
        meta = json.loads(source.place.get(f"backup/b/meta/{name}"))
        source.place.put(f"backup/b/meta/{name}", json.dumps(meta | {"format": "snapshot"}).encode())
    assert "has the format snapshot" in secondary(program, how="fails").err and untouched(target)


def test_a_backup_that_is_not_there(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    command = ["restore", "secondary", "-n", "nope", "--source_cluster_id", SOURCE, "--target_cluster_id", TARGET]
    assert "nope" in program.fails(*command, code=NOT_FOUND).err and untouched(target)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source_cluster_id", "a"], "needs --target_cluster_id"),
        (["--target_cluster_id", "a"], "needs --source_cluster_id"),
        (["--source_cluster_id", "a", "--target_cluster_id", "a"], "does not replicate to itself"),
    ],
)
def test_clusters_have_to_be_named(milvus_of, tmp_path, arguments, words):
    _, target, program = pair(milvus_of, tmp_path)
    target.forget_calls()
    assert words in program.fails("restore", "secondary", "-n", "b", *arguments).err
    assert target.asked == []


# --- REST -----------------------------------------------------------------------------------------------------------

BODY = {"backup_name": "b", "sourceClusterID": SOURCE, "targetClusterID": TARGET}


@pytest.mark.parametrize("way", [False, True], ids=["sync", "async"])
def test_the_route(milvus_of, tmp_path, way):
    source, target, program = pair(milvus_of, tmp_path)
    with BackupServer(program) as server:
        answer = server.post("restore_secondary", BODY | {"requestId": "second-1", "async": way})
        assert (answer.code, answer.json()["requestId"], answer.data["id"]) == (0, "second-1", "second-1")
        assert answer.json()["msg"] == ("restore backup is executing asynchronously" if way else "success")
        until(lambda: server.get("get_restore", id="second-1").data["state_code"] in (2, 3))
        told = server.get("get_restore", id="second-1").data
        assert (told["state_code"], told["progress"], "errorMessage" in told) == (2, 100, False)
        [part] = told["collection_restore_tasks"]
        assert (part["target_collection_name"], part["state_code"]) == ("books", 2)
        assert server.get("task", id="second-1").data["kind"] == "restore"
    same(source, target)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, 400, "backup name is required"),
        ({"backup_name": "b"}, 400, "source cluster id is required"),
        ({"backup_name": "b", "sourceClusterID": "a", "target_cluster_id": "b"}, 400, "target cluster id is required"),
        (BODY | {"backup_name": "nope"}, 400, "backup nope not found"),
        (BODY | {"sourceClusterID": "cluster-x"}, 3, "knows no cluster cluster-x"),
        (BODY | {"targetClusterID": SOURCE}, 3, "does not replicate to itself"),
        (BODY | {"path": "elsewhere"}, 3, "nor below one of server.rootPaths"),
    ],
)
def test_the_route_refuses(milvus_of, tmp_path, body, code, words):
    _, target, program = pair(milvus_of, tmp_path)
    with BackupServer(program) as server:
        answer = server.post("restore_secondary", body)
        assert (answer.code, words in answer.json()["msg"]) == (code, True), answer
    assert untouched(target)


def test_a_failure_is_told_by_get_restore(milvus_of, tmp_path):
    _, target, program = pair(milvus_of, tmp_path)
    target.loses = lambda rows: []
    with BackupServer(program) as server:
        answer = server.post("restore_secondary", BODY | {"requestId": "second-2"})
        assert answer.code == 3 and "set up an empty cluster" in answer.json()["msg"]
        told = server.get("get_restore", id="second-2").data
        assert told["state_code"] == 3 and "no rows of default.books" in told["errorMessage"]
