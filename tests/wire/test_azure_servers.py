"""The azure driver against azurite."""

import base64

import pytest

from testbed import Azurite
from testbed.strict_proxy import Answer, CutBody, Response, StrictProxy
from wire import scripted
from wire.drivers import keys
from wire.ranges import WRONG_PARTS, assert_no_wrong_part_is_read

ONE, TWO = "accountone", "accounttwo"
KEYS = {ONE: base64.b64encode(b"1" * 64).decode(), TWO: base64.b64encode(b"2" * 64).decode()}
MIB = 1 << 20


@pytest.fixture(scope="module")
def server():
    with Azurite(accounts=KEYS) as server:
        yield server


def config(port, bucket, account=ONE, **changes):
    where = {"address": "127.0.0.1", "port": port, "accountName": account, "bucketName": bucket}
    return {**where, "auth.accountKey": KEYS[account], **changes}


@pytest.fixture
def store(drivers, server, request):
    name = request.node.name.replace("_", "-")[:40].rstrip("-")
    assert drivers.open("azure", config(server.port, name))["status"] == "ok"
    drivers.ok("create_bucket", store="a")
    drivers.bucket = name
    return drivers


def test_what_a_killed_upload_left_is_found_and_dropped(store):
    upload = store.ok("mpu_begin", store="a", key="dir/big")["upload_id"]
    store.ok("mpu_part", store="a", key="dir/big", upload_id=upload, number=1, fill=MIB)
    found = store.ok("mpu_list", store="a", prefix="dir/")["uploads"]
    assert [(item["key"], item["upload_id"]) for item in found] == [("dir/big", upload)]
    assert store.ok("mpu_list", store="a", prefix="other/")["uploads"] == []
    store.ok("mpu_abort", store="a", key="dir/big", upload_id=upload)
    assert store.ok("mpu_list", store="a", prefix="")["uploads"] == []
    assert keys(store.ok("list", store="a", prefix="")) == []


def test_an_abort_spares_what_the_key_holds(store):
    store.ok("put", store="a", key="k", data=b"older")
    upload = store.ok("mpu_begin", store="a", key="k")["upload_id"]
    store.ok("mpu_part", store="a", key="k", upload_id=upload, number=1, fill=MIB)
    store.ok("mpu_abort", store="a", key="k", upload_id=upload)
    assert store.ok("get", store="a", key="k")["data"] == b"older"


def test_many_are_removed_by_few_requests(drivers, server):
    with StrictProxy(server.port) as proxy:
        drivers.open("azure", config(proxy.port, "many"))
        drivers.ok("create_bucket", store="a")
        names = [f"dir/{i} +%&\u00e9" for i in range(256)]
        for name in names[:20]:
            drivers.ok("put", store="a", key=name, data=b"1")
        answer = drivers.ok("remove_many", store="a", keys=names)
        assert all(answer["done"]) and len(answer["done"]) == 256
        assert keys(drivers.ok("list", store="a", prefix="")) == []
        methods = [method for method, _ in proxy.requests]
        assert methods.count("DELETE") == 0 and methods.count("POST") == 1


def batch_answer(*statuses):
    parts = [
        f"--x\r\nContent-Type: application/http\r\nContent-ID: {i}\r\n\r\nHTTP/1.1 {status} Said so\r\n\r\n"
        for i, status in enumerate(statuses)
    ]
    return Response(202, [("Content-Type", "multipart/mixed; boundary=x")], "".join([*parts, "--x--\r\n"]).encode())


@pytest.mark.parametrize(
    ("answer", "status", "done"),
    [
        (batch_answer(202, 404), "ok", [True, True]),
        (batch_answer(202, 503), "unavailable", [True, False]),
        (batch_answer(403, 202), "unsupported", [False, True]),
        (batch_answer(202), "unsupported", [True, False]),
        (batch_answer(202, 202, 202), "ok", [True, True]),
        (Response(202, [], b"Content-ID: 18446744073709551616\nHTTP/1.1 202\n"), "unsupported", [False, False]),
        (Response(202, [], b"Content-ID: -1\nHTTP/1.1 "), "unsupported", [False, False]),
        (Response(202, [], b""), "unsupported", [False, False]),
        (Response(400, [("x-ms-error-code", "InvalidInput")], b""), "unsupported", [False, False]),
        (Response(503, [("x-ms-error-code", "ServerBusy")], b""), "throttled", [False, False]),
        (Response(404, [("x-ms-error-code", "ContainerNotFound")], b""), "no_bucket", [False, False]),
    ],
)
def test_what_a_batch_answers(drivers, server, answer, status, done):
    with StrictProxy(server.port, [Answer(answer)]) as proxy:
        drivers.open("azure", config(proxy.port, "batch"))
        given = drivers.call("remove_many", store="a", keys=["one", "two"])
    assert (given["status"], given["done"]) == (status, done)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<EnumerationResults>",
        b"<EnumerationResults><Blobs><Blob><Properties/></Blob></Blobs></EnumerationResults>",
        b"<!DOCTYPE x><EnumerationResults/>",
    ],
)
def test_listings_that_make_no_sense(drivers, server, body):
    with StrictProxy(server.port, [Answer(Response(200, [], body))]) as proxy:
        drivers.open("azure", config(proxy.port, "batch"))
        drivers.fails("protocol", "list", store="a", prefix="")


def test_directories_of_a_hierarchical_namespace_are_no_objects(drivers, server):
    def blob(name, kind):
        properties = f"<Content-Length>0</Content-Length><ResourceType>{kind}</ResourceType>"
        return f"<Blob><Name>{name}</Name><Properties>{properties}</Properties></Blob>"

    blobs = blob("dir", "directory") + blob("dir/file", "file") + blob("dir/sub", "directory")
    body = f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>".encode()
    with StrictProxy(server.port, [Answer(Response(200, [], body))]) as proxy:
        drivers.open("azure", config(proxy.port, "batch"))
        assert keys(drivers.ok("list", store="a", prefix="")) == ["dir/file"]


def hierarchical_page(name, marker=""):
    properties = "<Content-Length>3</Content-Length><ResourceType>file</ResourceType>"
    blob = f"<Blob><Name>{name}</Name><Properties>{properties}</Properties></Blob>"
    return f"<EnumerationResults><Blobs>{blob}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>".encode()


@pytest.mark.parametrize("second, wanted", [("a-b", "unsupported"), ("a/c", "ok")])
def test_a_hierarchical_namespace_whose_pages_are_not_in_order(drivers, server, second, wanted):
    """What begins a page and comes before the page before would be taken for a repetition, and be lost."""
    pages = [Answer(Response(200, [], page)) for page in (hierarchical_page("a/b", "m"), hierarchical_page(second))]
    with StrictProxy(server.port, pages) as proxy:
        drivers.open("azure", config(proxy.port, "batch"))
        assert drivers.call("list", store="a", prefix="")["status"].replace("end", "ok") == wanted


def test_the_properties_of_a_directory_are_not_those_of_the_next_blob(drivers, server):
    about = "<Content-Length>7</Content-Length><Etag>0x1</Etag><ResourceType>directory</ResourceType>"
    prefix = f"<BlobPrefix><Name>dir/</Name><Properties>{about}</Properties></BlobPrefix>"
    blob = "<Blob><Name>file</Name><Properties><Content-Length>3</Content-Length></Properties></Blob>"
    body = f"<EnumerationResults><Blobs>{prefix}{blob}</Blobs><NextMarker/></EnumerationResults>".encode()
    with StrictProxy(server.port, [Answer(Response(200, [], body))]) as proxy:
        drivers.open("azure", config(proxy.port, "batch"))
        (page,) = drivers.ok("list", store="a", prefix="", delimiter="/")["pages"]
    assert [(entry["key"], entry["size"]) for entry in page["entries"]] == [("dir/", 0), ("file", 3)]


def test_a_busy_service_says_when_to_come_again(drivers, server):
    busy = Response(503, [("x-ms-error-code", "ServerBusy"), ("Retry-After", "7")], b"")
    with StrictProxy(server.port, [Answer(busy, times=2)]) as proxy:
        drivers.open("azure", config(proxy.port, "busy"))
        error = drivers.fails("throttled", "check", store="a")
        assert error["retryable"] and error["retry_after_ms"] == 7000 and error["code"] == "ServerBusy"
        assert drivers.fails("throttled", "put", store="a", key="k", data=b"1")["ambiguous"]


def test_cut_bodies_are_told(drivers, server):
    with StrictProxy(server.port, [CutBody(1000, times=2)]) as proxy:
        drivers.open("azure", config(proxy.port, "cut"))
        drivers.ok("create_bucket", store="a")
        drivers.ok("put", store="a", key="k", fill=100_000)
        assert drivers.fails("unavailable", "get", store="a", key="k")["retryable"]
        drivers.ok("put", store="a", key="l" * 900, data=b"1")
        assert drivers.fails("unavailable", "list", store="a", prefix="")["retryable"]
        assert len(keys(drivers.ok("list", store="a", prefix=""))) == 2


@pytest.mark.parametrize("answer", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_a_wrong_part_never_reaches_the_reader(drivers, answer):
    with scripted.Scripted(answer) as server:
        drivers.open("azure", config(server.port, "parts"))
        assert_no_wrong_part_is_read(drivers)


def test_an_upload_in_parts_does_not_pretend_to_spare_what_is_there(drivers):
    with scripted.Scripted() as server:
        drivers.open("azure", config(server.port, "parts"))
        drivers.fails("unsupported", "mpu_begin", store="a", key="k", if_absent=True)
    assert server.asked == []


def test_a_refused_range_inside_of_a_blob_is_no_empty_one(drivers):
    refused = scripted.Answer(416, headers={"x-ms-error-code": "InvalidRange"})
    with scripted.Scripted(refused, scripted.Answer(headers={"Content-Length": 10})) as server:
        drivers.open("azure", config(server.port, "parts"))
        drivers.fails("protocol", "get", store="a", key="k", offset=2, length=5)


def test_a_copy_that_the_service_cannot_make_is_for_the_host_to_stream(drivers, server):
    refused = Response(403, [("x-ms-error-code", "CannotVerifyCopySource")], b"")
    with StrictProxy(server.port, [Answer(refused, matches=lambda asked: asked.is_copy)]) as proxy:
        drivers.open("azure", config(proxy.port, "refused"))
        drivers.ok("create_bucket", store="a")
        drivers.ok("put", store="a", key="k", data=b"1")
        drivers.fails("unsupported", "copy", store="a", key="l", from_key="k", **{"from": "a"})
        drivers.ok("copy", store="a", key="l", from_key="k", **{"from": "a"})
        drivers.fails("not_found", "copy", store="a", key="l", from_key="none", **{"from": "a"})


def conflict(status, code):
    return Answer(Response(status, [("x-ms-error-code", code)] if code else [], b""))


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (409, "BlobArchived", "another tier"),
        (409, "BlobBeingRehydrated", "archive tier"),
        (409, "BlobImmutableDueToPolicy", "immutability policy"),
        (409, "BlobImmutableDueToLegalHold", "legal hold"),
        (412, "LeaseIdMissing", "lease"),
        (412, "LeaseIdMismatchWithBlobOperation", "lease"),
        (409, "LeaseAlreadyPresent", "lease"),
    ],
)
def test_what_is_kept_from_us_says_what_to_do(drivers, server, status, code, advice):
    with StrictProxy(server.port, [conflict(status, code)]) as proxy:
        drivers.open("azure", config(proxy.port, "kept"))
        error = drivers.fails("forbidden", "get", store="a", key="k")
    assert error["code"] == code and advice in error["message"]
    assert "firewall" not in error["message"] and not error["retryable"]


@pytest.mark.parametrize(
    ("status", "code", "wanted"),
    [
        (409, "BlobAlreadyExists", "exists"),
        (412, "ConditionNotMet", "exists"),
        (412, "TargetConditionNotMet", "exists"),
        (412, "", "exists"),
        (409, "SnapshotsPresent", "invalid"),
        (409, "", "invalid"),
        (412, "AppendPositionConditionNotMet", "invalid"),
        (409, "ContainerBeingDeleted", "unavailable"),
    ],
)
def test_which_conflicts_are_with_another_object(drivers, server, status, code, wanted):
    with StrictProxy(server.port, [conflict(status, code)]) as proxy:
        drivers.open("azure", config(proxy.port, "conflict"))
        drivers.fails(wanted, "put", store="a", key="k", data=b"1", if_absent=True)
