"""`create --backup_index_extra` over a fake Milvus with a memory and a fake etcd beside it."""

import json

import grpc
import pytest
from testbed.backup_server import BackupServer
from testbed.fake_etcd import TOMBSTONE, FakeEtcd
from testbed.format import check_backup
from testbed.program import FAILURE, NOT_FOUND, UNREACHABLE, USAGE
from testbed.remembering_milvus.state import Index

from wire.worlds import IVF, SORTED, indexes, key, milvus_of, program_over, some_rows, text, vector  # noqa: F401


@pytest.fixture
def etcd():
    with FakeEtcd() as etcd:
        yield etcd


@pytest.fixture
def version():
    return "2.5.8"


@pytest.fixture
def milvus(milvus_of, version):  # noqa: F811
    """Two collections, one of them with dynamic values."""
    milvus = milvus_of(version)
    milvus.make("wide", [key(), text(), vector()], dynamic=True, indexes={"vec": IVF, "id": SORTED})
    milvus.make("narrow", [key(), vector()], indexes={"vec": IVF})
    milvus.insert("wide", some_rows(0, 12, other="x"))
    milvus.flush("wide")
    milvus.forget_calls()
    return milvus


@pytest.fixture
def program(milvus, etcd, tmp_path):
    for collection in milvus.all_collections():
        etcd.put_collection(collection)
    program = program_over(milvus, tmp_path)
    program.config["milvus"]["etcd"] = {"endpoints": etcd.endpoint}
    program.configure()
    return program


def backup(milvus, name="b"):
    return milvus.place.root / "backup" / name


def described(milvus, name="b"):
    full = json.loads((backup(milvus, name) / "meta" / "full_meta.json").read_text())
    return {collection["collection_name"]: collection for collection in full["collection_backups"]}


def wide(milvus):
    return milvus.collection("default", "wide")


def refused(milvus, program, *said, code=FAILURE):
    """Nothing was flushed, nothing was written."""
    failed = program.fails("create", "-n", "b", "--backup_index_extra", code=code)
    for text_of in said:
        assert text_of in failed.err
    assert not {"Flush", "FlushAll", "GetPersistentSegmentInfo"} & set(milvus.asked)
    assert not backup(milvus).exists()
    return failed


@pytest.mark.parametrize("version", ["2.4.15", "2.5.8", "2.6.11", "3.0.0"])
def test_every_member_is_kept_and_the_backup_restored(milvus, etcd, program):
    found = wide(milvus)
    index = found.indexes["vec_idx"]
    more = {"is_auto_index": True, "min_index_version": 3, "max_index_version": 6}
    asked_for = [{"key": "index_type", "value": "AUTOINDEX"}, {"key": "<&>", "value": ""}]
    etcd.put_index(found, index, user_index_params=asked_for, **more)
    program.ok("create", "-n", "b", "--backup_index_extra")

    assert check_backup(backup(milvus)) == []
    kept = described(milvus)
    told = {one["index_name"]: one for one in kept["wide"]["index_infos"]}["vec_idx"]
    assert told["field_id"] == 102 and told["create_time"] == found.created + 1
    assert told["type_params"] == [{"key": "dim", "value": "4"}]
    assert {(pair["key"], pair["value"]) for pair in told["index_params"]} == set(IVF.items())
    assert told["user_index_params"] == [{"key": "index_type", "value": "AUTOINDEX"}, {"key": "<&>"}]
    assert {name: told[name] for name in more} == more
    assert told["index_type"] == "IVF_FLAT" and told["params"] == IVF
    hidden = [field for field in kept["wide"]["schema"]["fields"] if field.get("is_dynamic")]
    assert [field["name"] for field in hidden] == ["$meta"]
    assert "$meta" not in str(kept["narrow"])

    program.ok("restore", "-n", "b", "-s", "_back", "--restore_index")
    assert indexes(milvus, "default", "wide_back") == indexes(milvus, "default", "wide")
    assert milvus.rows("wide_back") == milvus.rows("wide")


def test_what_was_dropped_is_not_told(milvus, etcd, program):
    found = wide(milvus)
    etcd.put_index(found, Index(77, "old", "vec", IVF), deleted=True)
    etcd.values[f"by-dev/meta/field-index/{found.id}/78"] = TOMBSTONE
    etcd.values[f"by-dev/meta/root-coord/fields/{found.id}/99"] = TOMBSTONE
    program.ok("create", "-n", "b", "--backup_index_extra")
    assert {index["index_name"] for index in described(milvus)["wide"]["index_infos"]} == {"vec_idx", "id_idx"}


def test_an_index_that_milvus_does_not_describe(milvus, etcd, program):
    etcd.put_index(wide(milvus), Index(77, "stranger", "vec", IVF))
    refused(milvus, program, "stranger", "default.wide", "does not describe")


def test_an_index_that_comes_meanwhile_is_looked_for_again(milvus, etcd, program):
    """Milvus has told its indexes when it appears in etcd; it tells it the next time."""
    found, asked = wide(milvus), []

    def one_more():
        asked.append(1)
        if len(asked) == 3:
            milvus.create_index("default", "wide", "s", "late", {"index_type": "Trie"})

    milvus.before["DescribeIndex"] = one_more
    etcd.put_index(found, Index(next(milvus.ids) + 1, "late", "s", {"index_type": "Trie"}))
    program.ok("create", "-n", "b", "--backup_index_extra", "-c", "wide")
    assert len(asked) == 3
    assert "late" in {index["index_name"] for index in described(milvus)["wide"]["index_infos"]}


def test_another_root_path(milvus, etcd, program):
    """Where the keys of this Milvus are not: both that there is nothing, and what to look at."""
    etcd.values.clear()
    for collection in milvus.all_collections():
        etcd.put_collection(collection, "a/place")
    refused(milvus, program, "by-dev/meta/field-index", "milvus.etcd.rootPath", code=NOT_FOUND)
    program.configure(milvus={"etcd": {"endpoints": etcd.endpoint, "rootPath": "/a/place/"}})
    program.ok("create", "-n", "b", "--backup_index_extra")
    assert all("field_id" in index for index in described(milvus)["wide"]["index_infos"])


def test_dynamic_values_without_their_field(milvus, etcd, program):
    etcd.values = {name: value for name, value in etcd.values.items() if "/fields/" not in name}
    refused(milvus, program, "default.wide", "root-coord/fields", "milvus.etcd.rootPath", code=NOT_FOUND)


def test_a_value_that_is_something_else(milvus, etcd, program):
    broken = f"by-dev/meta/field-index/{wide(milvus).id}/5"
    etcd.values[broken] = b"\x0a\xff"
    refused(milvus, program, broken)


@pytest.mark.parametrize("page", [1, 3])
def test_many_keys_come_by_pages(milvus, etcd, program, page):
    """450 indexes that were dropped stand before one that is there."""
    etcd.page = page if page > 1 else None
    found = wide(milvus)
    for number in range(450):
        etcd.put_index(found, Index(number, f"old{number}", "vec", IVF), deleted=True)
    program.ok("create", "-n", "b", "--backup_index_extra", "-c", "wide")
    assert len(described(milvus)["wide"]["index_infos"]) == 2
    asked = [limit for begin, _, limit in etcd.asked if f"field-index/{found.id}/".encode() in begin]
    assert len(asked) == (151 if page > 1 else 3) and 0 < max(asked) <= 1000


def test_a_neighbour_is_not_read(milvus, etcd, program):
    """The keys of collection 12 do not begin as those of collection 1."""
    found = wide(milvus)
    neighbour = f"by-dev/meta/field-index/{found.id}1/5"
    etcd.values[neighbour] = b"\x0a\xff"
    program.ok("create", "-n", "b", "--backup_index_extra", "-c", "wide")


@pytest.mark.parametrize("first", ["127.0.0.1:1", "fails", "http1"])
def test_the_next_endpoint_is_asked(milvus, etcd, program, first):
    with FakeEtcd() as other:
        other.fails = grpc.StatusCode.INTERNAL
        named = {"fails": other.endpoint, "http1": milvus.web}.get(first, first)
        program.configure(milvus={"etcd": {"endpoints": f"{named},http://{etcd.endpoint}/"}})
        program.ok("create", "-n", "b", "--backup_index_extra")
        assert len(other.asked) == (first == "fails")  # whoever has answered is asked first from then on
    assert "field_id" in described(milvus)["narrow"]["index_infos"][0]


def test_one_that_stops_answering_is_left(milvus, etcd, program):
    with FakeEtcd() as other:
        other.values = etcd.values
        milvus.before["DescribeIndex"] = lambda: setattr(other, "fails", grpc.StatusCode.UNAVAILABLE)
        program.configure(milvus={"etcd": {"endpoints": f"{other.endpoint},{etcd.endpoint}"}})
        program.ok("create", "-n", "b", "--backup_index_extra")
        assert other.asked and etcd.asked


def test_nobody_answers(milvus, program):
    with FakeEtcd() as other:
        other.fails = grpc.StatusCode.PERMISSION_DENIED
        program.configure(milvus={"etcd": {"endpoints": f"127.0.0.1:1,{other.endpoint}"}})
        refused(milvus, program, "milvus.etcd.endpoints", "127.0.0.1:1: ", other.endpoint, code=5)


def test_one_that_hangs_is_waited_for_five_seconds(milvus, etcd, program):
    etcd.hangs = True
    refused(milvus, program, "milvus.etcd.endpoints", "did not answer in time", code=UNREACHABLE)
    assert len(etcd.asked) == 1


def test_over_rest(milvus, etcd, program):
    with BackupServer(program) as server:
        server.post("create", {"backup_name": "r", "with_index_extra": True}).data  # noqa: B018
        assert "field_id" in server.get("get_backup", backup_name="r").data["collection_backups"][0]["index_infos"][0]
        etcd.values.clear()
        answer = server.post("create", {"backup_name": "lacks", "with_index_extra": True}).json()
        assert answer["code"] == 3 and "milvus.etcd.rootPath" in answer["msg"]
    assert not backup(milvus, "lacks").exists()


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        ("https://localhost:2379", "without TLS"),
        ("localhost:port", "is not host:port"),
        ("localhost:70000", "is not host:port"),
        ("http://user:pass-word@localhost:2379", "names a user"),
        ("[::1:2379", "is not host:port"),
        ("http://localhost:2379/path", "is not host:port"),
    ],
)
def test_endpoints_that_are_none(milvus, program, endpoints, said):
    program.configure(milvus={"etcd": {"endpoints": endpoints}})
    assert "pass-word" not in refused(milvus, program, "milvus.etcd.endpoints", said, code=USAGE).err
