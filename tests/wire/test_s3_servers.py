"""The S3 protocol of every driver against real servers; those that no emulator stands for behind a strict proxy."""

import pytest

from testbed.stores import RcloneS3, VersityGw
from testbed.strict_proxy import ChecksumOfEveryPart, StrictProxy
from wire.drivers import IF_ABSENT, Drivers, keys
from wire.s3_servers import PAIRS, SERVERS, options

ODD_KEYS = [
    "plain",
    "with space/and+plus",
    "percent%41",
    "sub/dir/\u00e9\u4e2d\U0001f600",
    "sub/dir/quote'\"<&>",
    "sub/x",
    "tilde~(!*)",
    "zero/empty",
]
MIB = 1 << 20


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def server(request):
    make, driver = request.param
    with SERVERS[make]() as (server, options):
        server.driver, server.options = driver, options
        yield server


def config(server, bucket="b-1", **changes):
    return {**server.options, "bucketName": bucket, **changes}


@pytest.fixture
def store(server):
    """A process with the store "a" open on a bucket that is there."""
    drivers = Drivers()
    drivers.driver = server.driver
    answer = drivers.open(server.driver, config(server))
    assert answer["status"] == "ok"
    drivers.caps = answer["caps"]
    drivers.ok("create_bucket", store="a")
    yield drivers
    drivers.close()


def test_check_and_create_again(store):
    store.ok("check", store="a")
    store.ok("create_bucket", store="a")


def test_odd_keys_live_a_whole_life(store):
    for key in ODD_KEYS:
        data = b"" if key.endswith("empty") else key.encode()
        made = store.ok("put", store="a", key="odd/" + key, data=data, crc32c=True)
        got = store.ok("get", store="a", key="odd/" + key)
        assert got["data"] == data and got["size"] == len(data)
        assert got["etag"].lower() == made["etag"].lower()
        assert store.ok("stat", store="a", key="odd/" + key)["size"] == len(data)
        store.ok("copy", store="a", key="odd/copies/" + key, from_key="odd/" + key, **{"from": "a"})
        assert store.ok("get", store="a", key="odd/copies/" + key)["data"] == data
    listed = store.ok("list", store="a", prefix="odd/", page_size=5)
    wanted = [f"odd/{place}{key}" for place in ("", "copies/") for key in ODD_KEYS]
    assert sorted(key for key in keys(listed) if not key.endswith("/")) == sorted(wanted)
    removed = store.ok("remove_many", store="a", keys=wanted)
    assert all(removed["done"])
    assert [key for key in keys(store.ok("list", store="a", prefix="odd/")) if not key.endswith("/")] == []
    store.ok("remove", store="a", key="odd/never-there")


def test_a_copy_tells_no_wrong_checksum(store, server):
    store.ok("put", store="a", key="checked", data=b"hello", crc32c=True)
    copied = store.ok("copy", store="a", key="checked-copy", from_key="checked", **{"from": "a"})
    told = {answer.get("crc32c") for answer in (copied, store.ok("stat", store="a", key="checked-copy"))}
    assert told <= {None, 0x9A71BB4C}
    if isinstance(server, VersityGw) and store.driver in ("minio", "s3"):
        assert told == {0x9A71BB4C}


def test_listing_over_pages(store):
    names = [f"many/{i % 7}/{i:04d}" for i in range(60)]
    for name in names:
        store.ok("put", store="a", key=name, data=b"x")
    whole = store.ok("list", store="a", prefix="many/", page_size=7)
    assert keys(whole) == sorted(names) and len(whole["pages"]) > 5
    first = store.ok("list", store="a", prefix="many/", page_size=7, max_pages=2)
    rest = store.ok("list", store="a", prefix="many/", page_size=7, token=first["pages"][-1]["token"])
    assert keys(first) + keys(rest) == sorted(names)
    folders = store.ok("list", store="a", prefix="many/", delimiter="/")
    assert keys(folders) == [f"many/{i}/" for i in range(7)]
    assert all(entry["prefix"] for page in folders["pages"] for entry in page["entries"])
    assert keys(store.ok("list", store="a", prefix="many/none")) == []


def test_ranges(store):
    store.ok("put", store="a", key="r", fill=1000)
    whole = store.ok("get", store="a", key="r")
    part = store.ok("get", store="a", key="r", offset=100, length=50, if_match=whole["etag"])
    assert part["data"] == whole["data"][100:150] and part["size"] == 1000
    assert store.ok("get", store="a", key="r", offset=990, length=50)["data"] == whole["data"][990:]
    assert store.ok("get", store="a", key="r", offset=1000, length=50)["data"] == b""
    assert store.ok("get", store="a", key="r", offset=5000)["data"] == b""
    store.ok("put", store="a", key="empty", data=b"")
    assert store.ok("get", store="a", key="empty", length=8 * MIB)["data"] == b""
    store.fails("exists", "get", store="a", key="r", if_match="0123456789abcdef0123456789abcdef")


def test_put_if_absent(store):
    store.ok("remove", store="a", key="once")
    if not store.caps & IF_ABSENT:
        store.fails("unsupported", "put", store="a", key="once", data=b"1", if_absent=True)
        return
    store.ok("put", store="a", key="once", data=b"1", if_absent=True)
    store.fails("exists", "put", store="a", key="once", data=b"2", if_absent=True)
    assert store.ok("get", store="a", key="once")["data"] == b"1"


def copy_part(store, server, same):
    """The middle of "source"; uploaded where the service cannot copy parts."""
    wanted = {"from_key": "source", "offset": MIB, "length": 5 * MIB, "from": "a"}
    if not isinstance(server, RcloneS3) and store.driver != "gcp":
        return store.ok("mpu_copy_part", **same, number=3, **wanted)["part"]
    throwaway = {"store": "a", "key": "throwaway"}
    throwaway["upload_id"] = store.ok("mpu_begin", **throwaway)["upload_id"]
    store.fails("unsupported", "mpu_copy_part", **throwaway, number=1, **wanted)
    store.ok("mpu_abort", **throwaway)
    return store.ok("mpu_part", **same, number=3, fill=5 * MIB, skip=MIB)["part"]


def test_multipart_with_parts_copied(store, server):
    store.ok("put", store="a", key="source", fill=6 * MIB)
    upload = store.ok("mpu_begin", store="a", key="big")["upload_id"]
    same = {"store": "a", "key": "big", "upload_id": upload}
    parts = [
        store.ok("mpu_part", **same, number=1, fill=5 * MIB, crc32c=True)["part"],
        store.ok("mpu_part", **same, number=2, fill=5 * MIB)["part"],
        copy_part(store, server, same),
        store.ok("mpu_part", **same, number=4, data=b"the end", crc32c=True)["part"],
    ]
    begun = store.ok("mpu_list", store="a", prefix="bi")["uploads"]
    assert [(one["key"], one["upload_id"]) for one in begun] == [("big", upload)]
    assert store.ok("mpu_complete", **same, parts=parts)["size"] == 15 * MIB + 7
    assert store.ok("stat", store="a", key="big")["size"] == 15 * MIB + 7
    first = store.ok("get", store="a", key="big", length=5 * MIB)
    second = store.ok("get", store="a", key="big", offset=5 * MIB, length=5 * MIB)
    assert first["sum"] == second["sum"]
    third = store.ok("get", store="a", key="big", offset=10 * MIB, length=5 * MIB)
    assert third["sum"] == store.ok("get", store="a", key="source", offset=MIB, length=5 * MIB)["sum"]
    assert store.ok("get", store="a", key="big", offset=15 * MIB)["data"] == b"the end"


def test_abort_leaves_nothing(store):
    upload = store.ok("mpu_begin", store="a", key="left/over")["upload_id"]
    same = {"store": "a", "key": "left/over", "upload_id": upload}
    store.ok("mpu_part", **same, number=1, fill=1000)
    store.ok("mpu_abort", **same)
    assert store.ok("mpu_list", store="a", prefix="left/")["uploads"] == []
    store.ok("mpu_abort", **same)
    store.fails("not_found", "stat", store="a", key="left/over")


def test_errors_are_told_apart(store, server):
    store.fails("not_found", "get", store="a", key="nothing")
    store.fails("not_found", "stat", store="a", key="nothing")
    store.open(store.driver, config(server, bucket="no-such-bucket"), store="lost")
    assert "bucketName" in store.fails("no_bucket", "check", store="lost")["message"]
    store.fails("no_bucket", "list", store="lost")
    store.fails("no_bucket", "stat", store="lost", key="k")
    store.open(store.driver, config(server, **{"auth.secretAccessKey": "wrong"}), store="liar")
    assert "auth.secretAccessKey" in store.fails("unauthenticated", "check", store="liar")["message"]
    store.open(store.driver, config(server, **{"auth.accessKeyID": "nobody"}), store="stranger")
    assert "auth.accessKeyID" in store.fails("unauthenticated", "stat", store="stranger", key="k")["message"]


def test_a_damaged_body_is_refused(store, server):
    assert store.ok("put", store="a", key="whole", data=b"12345", crc32c=True)["size"] == 5
    damaged = {"store": "a", "key": "damaged", "data": b"12345", "crc32c": True, "crc32c_off": 1}
    checks = not isinstance(server, RcloneS3) and store.driver in ("minio", "s3")
    if checks:
        assert store.fails("corrupt", "put", **damaged)["retryable"]
    else:
        store.ok("put", **damaged)


def test_many_at_once(store):
    for _ in range(3):
        answers = store.ok("put", store="a", key="crowd", fill=200_000, crc32c=True, threads=24, own_keys=True)["answers"]
        assert {answer["status"] for answer in answers} == {"ok"}
        answers = store.ok("get", store="a", key="crowd", threads=24, own_keys=True)["answers"]
        assert {answer["received"] for answer in answers} == {200_000}
        assert len({answer["sum"] for answer in answers}) == 1


def test_copies_by_parts_where_announced_checksums_are_wanted_of_every_part():
    """Said at the beginning, all is well; a host that does not say so gets a refusal after which it can stream."""
    drivers = Drivers()
    rule = ChecksumOfEveryPart()
    with VersityGw() as server, StrictProxy(server.port, [rule]) as proxy:
        place = {**options(server, server.address, proxy.port), "bucketName": "b-1"}
        assert drivers.open("minio", place)["status"] == "ok"
        drivers.ok("create_bucket", store="a")
        drivers.ok("put", store="a", key="source", fill=5 * MIB + 1000, crc32c=True)
        source = {"from_key": "source", "from": "a"}
        upload = {"store": "a", "key": "copy"}
        upload["upload_id"] = drivers.ok("mpu_begin", **upload, parts_copied=True)["upload_id"]
        parts = [
            drivers.ok("mpu_copy_part", **upload, **source, number=1, offset=0, length=5 * MIB)["part"],
            drivers.ok("mpu_copy_part", **upload, **source, number=2, offset=5 * MIB, length=1000)["part"],
        ]
        drivers.ok("mpu_complete", **upload, parts=parts)
        copied, whole = (drivers.ok("get", store="a", key=key) for key in ("copy", "source"))
        assert copied["sum"] == whole["sum"] and copied["received"] == 5 * MIB + 1000 and rule.refused == 0
        upload["upload_id"] = drivers.ok("mpu_begin", store="a", key="copy")["upload_id"]
        error = drivers.fails("unsupported", "mpu_copy_part", **upload, **source, number=1, offset=0, length=10)
        assert "checksum missing" in error["message"] and not error["retryable"]
    drivers.close()
