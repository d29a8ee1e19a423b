"""Answers to the S3 drivers without what the protocol promises, and answers that no S3 service gave."""

import base64
import hashlib
import re

import pytest

from testbed.program import USAGE, Program
from wire.s3 import KEYS, document, fault, listing, opened
from wire.scripted import Answer, Scripted

PAGE = b"<!DOCTYPE html>\n<html><body>Hello</body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
ONE = {"store": "a", "key": "k"}
PARTS = [{"number": 1, "size": 5, "receipt": "p1"}]


def unsized(body, status=200, **headers):
    """Nothing but the end of the connection says where the body ends."""
    headers = {"ETag": '"e1"', **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Answer(status, body, {"Content-Length": None, **headers}, close=True)


def chunked(*pieces):
    return Answer(200, headers={"ETag": '"e1"'}, pauses=[(0, piece) for piece in pieces])


def head(size, etag="e1"):
    return Answer(headers={"Content-Length": size, "ETag": f'"{etag}"'})


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


# ------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("answer", [unsized(b"0123456789"), chunked(b"01234", b"56789")])
def test_get_of_an_object_whose_size_the_answer_does_not_tell(drivers, answer):
    with Scripted(answer, head(10)) as server:
        opened(drivers, server)
        got = drivers.ok("get", **ONE)
    assert got["data"] == b"0123456789" and got["size"] == 10 and got["etag"] == "e1"
    assert [asked.method for asked in server.asked] == ["GET", "HEAD"]


def test_an_unsized_answer_that_is_cut_may_be_tried_again(drivers):
    with Scripted(unsized(b"01234"), head(10)) as server:
        opened(drivers, server)
        error = drivers.fails("unavailable", "get", **ONE)
    assert error["retryable"] and "5 bytes instead of 10" in error["message"]


def test_the_size_is_taken_from_a_listing_when_nothing_else_tells_it(drivers):
    nothing = Answer(headers={"Content-Length": None, "ETag": '"e1"'}, close=True)
    with Scripted(unsized(b"01"), nothing, listing("k0", "k1", "k"), nothing, listing("k0")) as server:
        opened(drivers, server)
        got = drivers.ok("get", **ONE)
        assert got["data"] == b"01" and got["size"] == 2
        assert "listing" in drivers.fails("protocol", "stat", **ONE)["message"]
    assert server.asked[2].query["prefix"] == "k"


def test_a_part_of_an_object_whose_size_is_a_star(drivers):
    part = Answer(206, b"23456", {"Content-Range": "bytes 2-6/*", "ETag": '"e1"'})
    with Scripted(part, head(10), part, head(6), part, head(7)) as server:
        opened(drivers, server)
        got = drivers.ok("get", **ONE, offset=2, length=5)
        assert got["data"] == b"23456" and got["size"] == 10
        drivers.fails("protocol", "get", **ONE, offset=2, length=5)
        assert drivers.ok("get", **ONE, offset=2, length=8)["data"] == b"23456"


def test_of_a_whole_object_instead_of_a_range_the_reader_gets_nothing(drivers):
    with Scripted(unsized(b"0123456789"), head(10), unsized(b"0123"), head(4)) as server:
        opened(drivers, server)
        answer = drivers.call("get", **ONE, length=4)
        assert answer["status"] == "protocol" and answer.get("received", 0) == 0
        assert drivers.ok("get", **ONE, length=4)["data"] == b"0123"


def test_an_object_that_is_replaced_between_its_bytes_and_its_size(drivers):
    with Scripted(unsized(b"01234"), head(5, etag="e2")) as server:
        opened(drivers, server)
        assert drivers.fails("unavailable", "get", **ONE)["retryable"]


# ---------------------------------------------------------------------------- checksums


def test_content_md5_is_sent_from_when_it_is_missed(drivers):
    fine = Answer(headers={"ETag": '"x"'})
    no_checksums = fault(400, "InvalidRequest", "unknown header")
    missed = fault(400, "MissingContentMD5", "Missing required header for this request: Content-MD5")
    done = Answer(200, document("CompleteMultipartUploadResult", ETag="e"))
    with Scripted(no_checksums, missed, fine, fine, fine, done, Answer(200)) as server:
        opened(drivers, server, region="eu-west-2")
        drivers.ok("put", **ONE, data=b"hello", crc32c=True)
        drivers.ok("put", **ONE, data=b"again", no_rewind=True)
        drivers.ok("mpu_part", **ONE, upload_id="U", number=1, data=b"part")
        drivers.ok("mpu_complete", **ONE, upload_id="U", parts=PARTS)
        drivers.ok("create_bucket", store="a")
    assert ["x-amz-checksum-crc32c" in asked.headers for asked in server.asked] == [True] + 6 * [False]
    assert ["content-md5" in asked.headers for asked in server.asked] == [False, False] + 5 * [True]
    for asked in server.asked[2:]:
        assert asked.headers["content-md5"] == md5(asked.body)
        assert "content-md5;" in asked.headers["authorization"]


def test_content_md5_beside_a_checksum_that_the_service_knows(drivers):
    lock = fault(400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required with Object Lock")
    with Scripted(lock, Answer(headers={"ETag": '"x"'})) as server:
        opened(drivers, server)
        drivers.ok("put", **ONE, data=b"hello", crc32c=True)
    assert {"content-md5", "x-amz-checksum-crc32c"} <= set(server.asked[1].headers)


def test_a_service_that_misses_what_it_got_is_asked_once_more_only(drivers):
    with Scripted(rule=lambda asked: fault(400, "MissingContentMD5")) as server:
        opened(drivers, server)
        drivers.fails("invalid", "put", **ONE, data=b"hello")
    assert len(server.asked) == 2


@pytest.mark.parametrize("code", ["BadDigest", "InvalidDigest"])
def test_a_digest_that_does_not_fit_is_damage_on_the_way(drivers, code):
    with Scripted(rule=lambda asked: fault(400, code, "The Content-MD5 you specified did not match")) as server:
        opened(drivers, server)
        assert drivers.fails("corrupt", "put", **ONE, data=b"hello")["retryable"]
    assert len(server.asked) == 1


# ----------------------------------------------------------------------------- statuses


@pytest.mark.parametrize(
    "status, body, wanted, says",
    [
        (413, PAGE, "unsupported", "413 Request Entity Too Large; .*a proxy in front of the service limits the size"),
        (413, b"", "unsupported", "limits the size of a request: raise its limit"),
        (414, PAGE, "unsupported", "limits the length"),
        (404, PAGE, "config", "404 Not Found; .*not how S3 says it: check address and port"),
        (404, b"404 page not found\n", "config", "check address and port"),
        (405, PAGE, "unsupported", "405 Method Not Allowed; .*takes no such request.*check address and port"),
        (405, b"", "unsupported", "405 Method Not Allowed"),
        (501, b'{"error":"no"}', "unsupported", "501 Not Implemented; .*takes no such request"),
        (403, PAGE, "forbidden", "403 Forbidden; .*a proxy or firewall gave it"),
        (401, PAGE, "unauthenticated", "a proxy or firewall gave it"),
        (400, PAGE, "invalid", "400 Bad Request; .*no answer of S3"),
        (409, PAGE, "invalid", "409 Conflict"),
        (407, PAGE, "config", "407 Proxy Authentication Required; .*set proxy to"),
        (502, PAGE, "unavailable", "502 Bad Gateway; .*got no answer from it"),
        (504, b"", "unavailable", "504 Gateway Timeout; .*got no answer from it"),
        (429, PAGE, "throttled", "429 Too Many Requests"),
    ],
)
def test_statuses_without_a_document_say_who_sent_them(drivers, status, body, wanted, says):
    with Scripted(rule=lambda asked: Answer(status, body, {"Server": "nginx/1.22.1", **HTML})) as server:
        opened(drivers, server)
        error = drivers.fails(wanted, "put", **ONE, data=b"12345")
    assert re.search(says, error["message"]), error["message"]
    assert ("calls itself 'nginx/1.22.1'" in error["message"]) == bool(body)
    assert "the credential may not" not in error["message"] and "auth." not in error["message"]
    assert error["retryable"] == (wanted in ("unavailable", "throttled"))


def test_a_page_that_is_not_found_is_no_object_that_is_gone(drivers):
    """Nor one that is not there: neither a removal nor a look is answered by it."""
    with Scripted(rule=lambda asked: listing("a") if "list-type" in asked.query else Answer(404, PAGE, HTML)) as server:
        opened(drivers, server)
        drivers.ok("check", store="a")
        for operation in ({"op": "remove"}, {"op": "stat"}, {"op": "get"}, {"op": "mpu_abort", "upload_id": "U"}):
            assert "check address and port" in drivers.fails("config", **operation, **ONE)["message"]


def test_head_announces_a_page_where_the_service_always_does(drivers):
    with Scripted(listing("a"), Answer(404, headers=HTML), fault(404, "NoSuchKey")) as server:
        opened(drivers, server)
        drivers.ok("check", store="a")
        drivers.fails("not_found", "stat", **ONE)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "put", **ONE, "data": b"12345"},
        {"op": "get", **ONE},
        {"op": "stat", **ONE},
        {"op": "remove", **ONE},
        {"op": "remove_many", "store": "a", "keys": ["k"]},
        {"op": "create_bucket", "store": "a"},
        {"op": "copy", **ONE, "from": "a", "from_key": "x"},
        {"op": "mpu_begin", **ONE},
        {"op": "mpu_part", **ONE, "upload_id": "U", "number": 1, "data": b"12345"},
        {"op": "mpu_complete", **ONE, "upload_id": "U", "parts": PARTS},
        {"op": "mpu_abort", **ONE, "upload_id": "U"},
        {"op": "mpu_list", "store": "a", "prefix": "k"},
        {"op": "list", "store": "a"},
    ],
    ids=lambda operation: operation["op"],
)
def test_a_web_page_is_no_success(drivers, operation):
    with Scripted(rule=lambda asked: Answer(200, PAGE, HTML)) as server:
        opened(drivers, server)
        answer = drivers.call(**operation)
    assert answer["status"] == "protocol", answer
    assert "web page" in answer["error"]["message"] and "check address and port" in answer["error"]["message"]
    assert answer.get("received", 0) == 0 and not any(answer.get("done", []))


def test_a_web_page_is_no_region_either(drivers):
    with Scripted(rule=lambda asked: Answer(200, PAGE, HTML)) as server:
        opened(drivers, server, region="")
        assert "web page" in drivers.fails("protocol", "get", **ONE)["message"]
    assert [asked.query for asked in server.asked] == [{"location": ""}]


def test_an_empty_answer_that_is_called_a_page_is_one_of_the_service(drivers):
    """As of services that are written with a framework for web pages."""
    empty = Answer(204, headers=HTML)
    stored = Answer(headers={"ETag": '"x"', **HTML})
    with Scripted(empty, stored, Answer(200, b"<html>", {"ETag": '"x"', **HTML})) as server:
        opened(drivers, server)
        drivers.ok("remove", **ONE)
        drivers.ok("put", **ONE, data=b"12345")
        assert drivers.ok("get", **ONE)["data"] == b"<html>"


def test_a_write_that_tells_no_etag_is_looked_at(drivers):
    done = Answer(200, document("CompleteMultipartUploadResult", Key="k"))
    with Scripted(Answer(200), head(5), Answer(200), head(4), Answer(200), Answer(404), fault(404, "NoSuchKey")) as server:
        opened(drivers, server)
        assert drivers.ok("put", **ONE, data=b"12345")["etag"] == "e1"
        for _ in range(2):
            error = drivers.fails("unavailable", "put", **ONE, data=b"12345")
            assert error["ambiguous"] and error["retryable"]
    with Scripted(done, head(5), done, head(6), Answer(200, b"<Accepted/>")) as server:
        opened(drivers, server, store="other")
        upload = {"store": "other", "key": "k", "upload_id": "U", "parts": PARTS}
        assert drivers.ok("mpu_complete", **upload)["etag"] == "e1"
        assert drivers.fails("unavailable", "mpu_complete", **upload)["ambiguous"]
        assert drivers.fails("protocol", "mpu_complete", **upload)["ambiguous"]


# ---------------------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "location, says, silent",
    [
        ("https://127.0.0.1:{port}/b/k?X-Sig=SECRET", "set useSSL to true", "set address"),
        ("https://127.0.0.1/b/k", "set port to 443, useSSL to true", "address to"),
        ("http://s3.example.com:{port}/b/k", "set address to 's3.example.com'", "useSSL to"),
        ("https://s3.example.com/b/k", "set address to 's3.example.com', port to 443, useSSL to true", "??"),
        ("/login?next=SECRET", "redirects to another page: .*check address and port", "set "),
        ("http://127.0.0.1:{port}/minio/login", "not S3; check address and port", "set "),
        ("ftp://elsewhere/", "check address and port", "set "),
    ],
)
def test_a_redirect_names_where_to_and_what_to_set(drivers, status, location, says, silent):
    with Scripted() as server:
        answer = Answer(status, PAGE, {"Location": location.format(port=server.port)})
        server.rule = lambda asked: answer
        opened(drivers, server)
        for operation in ({"op": "put", "data": b"1"}, {"op": "get"}, {"op": "remove"}, {"op": "stat"}):
            error = drivers.fails("config", **operation, **ONE)
            assert re.search(says, error["message"]), error["message"]
            assert silent not in error["message"] and "SECRET" not in error["message"]
            assert str(status) in error["message"] and not error["retryable"]


def test_the_bucket_in_front_of_a_host_is_no_part_of_its_address(drivers):
    def rule(asked):
        return Answer(302, b"", {"Location": f"http://b.other.localhost:{server.port}/k"})

    with Scripted(rule=rule) as server:
        config = {"address": "oss.localhost", "port": server.port, "bucketName": "b", "region": "r", **KEYS}
        assert drivers.open("minio", {**config, "addressing": "virtual"})["status"] == "ok"
        assert "set address to 'other.localhost'" in drivers.fails("config", "get", **ONE)["message"]


def test_a_permanent_redirect_tells_its_endpoint(drivers):
    with Scripted(fault(301, "PermanentRedirect", Endpoint="b.s3.eu-west-3.example.com")) as server:
        opened(drivers, server)
        assert "address to 's3.eu-west-3.example.com'" in drivers.fails("config", "get", **ONE)["message"]


@pytest.mark.parametrize("key", ["minio.backupUseSSL", "minio.useSSL"])
def test_the_program_names_the_key_of_the_half_that_was_sent_on(tmp_path, key):
    """Where the backups' half says nothing of its own, Milvus' key counts for it."""
    with Scripted() as server:
        server.rule = lambda asked: Answer(301, PAGE, {"Location": f"https://127.0.0.1:{server.port}{asked.path}"})
        milvus = {"storageType": "minio", "accessKeyID": "AK", "secretAccessKey": "topsecret", "rootPath": "r"}
        if key == "minio.useSSL":
            milvus.update(address="127.0.0.1", port=server.port, useSSL=False, bucketName="b")
        else:
            milvus.update(backupAddress="127.0.0.1", backupPort=server.port, backupUseSSL=False, backupBucketName="b")
            milvus.update(backupStorageType="minio", backupAccessKeyID="AK", backupSecretAccessKey="topsecret")
        result = Program(tmp_path, {"minio": milvus, "log": {"file": {"filename": ""}}}).fails("list", code=USAGE)
    assert f"set useSSL to true; here that is {key}" in result.err, result
    assert "topsecret" not in result.err


# ----------------------------------------------------------------------------- archives


@pytest.mark.parametrize("driver", ["minio", "s3", "aliyun", "tencent", "hwc", "gcp"])
@pytest.mark.parametrize("code, place", [("InvalidObjectState", "GLACIER"), ("ObjectNotInActiveTierError", None)])
def test_what_is_archived_is_called_so(drivers, driver, code, place):
    refusal = fault(403, code, "The operation is not valid", **({"StorageClass": place} if place else {}))
    with Scripted(rule=lambda asked: refusal) as server:
        opened(drivers, server, driver=driver, address="b.localhost" if driver in ("aliyun", "tencent", "hwc") else server.host)
        message = drivers.fails("forbidden", "get", **ONE)["message"]
        assert "the object is archived" in message and "restore it" in message
        assert (f"in storage class {place}" in message) == bool(place)
        assert "credential" not in message
        if drivers.ok("can_copy", store="a", **{"from": "a"})["can"]:
            assert "archived" in drivers.fails("forbidden", "copy", **ONE, from_key="x", **{"from": "a"})["message"]
