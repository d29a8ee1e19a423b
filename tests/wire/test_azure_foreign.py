"""Answers to the azure driver without what the protocol promises, answers that are not the service's, aborts that break off."""

import base64
import re

import pytest

from testbed import Azurite
from testbed.strict_proxy import Answer as Answered
from testbed.strict_proxy import Response, StrictProxy
from wire.drivers import Drivers, keys
from wire.scripted import Answer, Scripted

ACCOUNT = "accountone"
KEY = base64.b64encode(b"1" * 64).decode()
PAGE = b"<!DOCTYPE html>\n<html><body>Hello</body></html>"
HTML = {"Content-Type": "text/html"}
ONE = {"store": "a", "key": "k"}
PARTS = [{"number": 1, "size": 5, "receipt": "x"}]


def opened(drivers, port, bucket="bucket-1"):
    where = {"address": "127.0.0.1", "port": port, "accountName": ACCOUNT, "bucketName": bucket}
    assert drivers.open("azure", {**where, "auth.accountKey": KEY})["status"] == "ok"
    return drivers


def head(size, etag="e1"):
    return Answer(headers={"Content-Length": size, "ETag": f'"{etag}"'})


@pytest.fixture(scope="module")
def server():
    with Azurite(accounts={ACCOUNT: KEY}) as server:
        yield server


def test_get_of_a_blob_whose_size_the_answer_does_not_tell(drivers):
    def unsized(body):
        return Answer(200, body, {"Content-Length": None, "ETag": '"e1"'}, close=True)

    listed = (
        b"<EnumerationResults><Blobs><Blob><Name>k</Name><Properties><Content-Length>5</Content-Length></Properties>"
        b"</Blob></Blobs><NextMarker/></EnumerationResults>"
    )
    silent = Answer(headers={"Content-Length": None, "ETag": '"e1"'}, close=True)
    with Scripted(unsized(b"01234"), head(5), unsized(b"012"), head(5), unsized(b"01234"), silent, Answer(200, listed)) as server:
        opened(drivers, server.port)
        got = drivers.ok("get", **ONE)
        assert got["data"] == b"01234" and got["size"] == 5
        assert drivers.fails("unavailable", "get", **ONE)["retryable"]
        assert drivers.ok("get", **ONE)["size"] == 5


@pytest.mark.parametrize(
    "status, body, wanted, says",
    [
        (413, PAGE, "unsupported", "413 Request Entity Too Large; .*limits the size of a request"),
        (404, PAGE, "config", "not how Azure Blob Storage says it: check address and port"),
        (405, b"", "unsupported", "405 Method Not Allowed; .*not Azure Blob Storage"),
        (403, PAGE, "forbidden", "a proxy or firewall gave it"),
        (502, PAGE, "unavailable", "502 Bad Gateway; .*got no answer from it"),
        (400, b"The plain HTTP request was sent to HTTPS port", "config", "set useSSL to true"),
    ],
)
def test_statuses_without_a_code_say_who_sent_them(drivers, status, body, wanted, says):
    with Scripted(rule=lambda asked: Answer(status, body, {"Server": "nginx", **HTML})) as server:
        opened(drivers, server.port)
        for operation in ({"op": "put", "data": b"1"}, {"op": "get"}, {"op": "remove"}):
            error = drivers.fails(wanted, **operation, **ONE)
            assert re.search(says, error["message"]), error["message"]
            assert "auth." not in error["message"] and "account does not" not in error["message"]


def test_a_redirect_says_what_to_set(drivers):
    with Scripted() as server:
        server.rule = lambda asked: Answer(301, PAGE, {"Location": f"https://127.0.0.1:{server.port}/x?sig=SECRET"})
        opened(drivers, server.port)
        message = drivers.fails("config", "put", **ONE, data=b"1")["message"]
    assert "set useSSL to true" in message and "SECRET" not in message


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "put", **ONE, "data": b"12345"},
        {"op": "get", **ONE},
        {"op": "stat", **ONE},
        {"op": "remove", **ONE},
        {"op": "list", "store": "a"},
        {"op": "check", "store": "a"},
        {"op": "create_bucket", "store": "a"},
        {"op": "mpu_part", **ONE, "upload_id": "0" * 16, "number": 1, "data": b"12345"},
        {"op": "mpu_complete", **ONE, "upload_id": "0" * 16, "parts": PARTS},
        {"op": "mpu_abort", **ONE, "upload_id": "0" * 16},
        {"op": "mpu_list", "store": "a", "prefix": "k"},
    ],
    ids=lambda operation: operation["op"],
)
def test_a_web_page_is_no_success(drivers, operation):
    with Scripted(rule=lambda asked: Answer(200, PAGE, HTML)) as server:
        answer = opened(drivers, server.port).call(**operation)
    assert answer["status"] == "protocol" and "check address and port" in answer["error"]["message"], answer
    assert answer.get("received", 0) == 0


def test_a_document_of_another_kind_is_no_empty_listing(drivers):
    with Scripted(Answer(200, b"<ListBucketResult/>")) as server:
        opened(drivers, server.port)
        assert "not a listing" in drivers.fails("protocol", "list", store="a")["message"]


def test_a_write_that_tells_no_etag_is_looked_at(drivers):
    absent = Answer(404, headers={"x-ms-error-code": "BlobNotFound"})
    upload = {**ONE, "upload_id": "0" * 16, "parts": PARTS}
    with Scripted(Answer(201), head(5), Answer(201), absent, Answer(201), head(5), Answer(201), head(6)) as server:
        opened(drivers, server.port)
        assert drivers.ok("put", **ONE, data=b"12345")["etag"] == "e1"
        assert drivers.fails("unavailable", "put", **ONE, data=b"12345")["ambiguous"]
        assert drivers.ok("mpu_complete", **upload)["etag"] == "e1"
        assert drivers.fails("unavailable", "mpu_complete", **upload)["ambiguous"]


@pytest.mark.parametrize("code", ["Md5Mismatch", "Crc64Mismatch", "InvalidMd5"])
def test_damage_on_the_way_may_be_tried_again(drivers, code):
    with Scripted(Answer(400, headers={"x-ms-error-code": code})) as server:
        opened(drivers, server.port)
        assert drivers.fails("corrupt", "put", **ONE, data=b"1")["retryable"]


@pytest.mark.parametrize(("status", "code"), [(400, "InvalidHeaderValue"), (409, "SomethingNew"), (411, "MissingContentLengthHeader")])
def test_a_copy_that_is_declined_is_for_the_host_to_stream(drivers, status, code):
    part = {"upload_id": "0" * 16, "number": 1, "offset": 0, "length": 5}
    source = {**ONE, "from_key": "from", "from": "a"}
    with Scripted(rule=lambda asked: Answer(status, headers={"x-ms-error-code": code})) as server:
        opened(drivers, server.port)
        drivers.fails("unsupported", "copy", **source)
        drivers.fails("unsupported", "mpu_copy_part", **source, **part)


# ------------------------------------------------------------------------------ aborts


def begun(drivers, port, bucket):
    opened(drivers, port, bucket)
    drivers.ok("create_bucket", store="a")
    upload = {**ONE, "upload_id": drivers.ok("mpu_begin", **ONE)["upload_id"]}
    drivers.ok("mpu_part", **upload, number=1, fill=1000)
    return upload


def test_an_abort_that_breaks_off_before_the_removal_is_finished_by_the_next(drivers, server):
    failed = Response(500, [("x-ms-error-code", "InternalError")], b"")
    with StrictProxy(server.port, [Answered(failed, matches=lambda asked: asked.method == "DELETE")]) as proxy:
        upload = begun(drivers, proxy.port, "halfway")
        assert drivers.fails("unavailable", "mpu_abort", **upload)["retryable"]
        assert [one["upload_id"] for one in drivers.ok("mpu_list", store="a", prefix="")["uploads"]] == [upload["upload_id"]]
        drivers.ok("mpu_abort", **upload)
        drivers.fails("not_found", "stat", **ONE)
        assert drivers.ok("mpu_list", store="a", prefix="")["uploads"] == []
        assert keys(drivers.ok("list", store="a")) == []
        drivers.ok("mpu_abort", **upload)


class LoseAnswer(Answered):
    """The service does what it is asked, and its answer is lost."""

    def request(self, request):
        return None

    def response(self, request, response):
        if self.take(request):
            response.status, response.headers, response.body = 500, [("x-ms-error-code", "InternalError")], b""


@pytest.mark.parametrize(("method", "comp"), [("PUT", "blocklist"), ("DELETE", None), ("HEAD", None)])
def test_an_abort_whose_answers_are_lost_leaves_nothing(drivers, server, method, comp):
    rule = LoseAnswer(None, matches=lambda asked: asked.method == method and asked.query.get("comp") == comp)
    with StrictProxy(server.port, [rule]) as proxy:
        upload = begun(drivers, proxy.port, f"lost-{method.lower()}")
        drivers.fails("unavailable", "mpu_abort", **upload)
        drivers.ok("mpu_abort", **upload)
        assert keys(drivers.ok("list", store="a")) == [] and rule.hits == 1


def test_an_abort_leaves_what_somebody_puts_there_meanwhile(drivers, server):
    class PutFirst(Answered):
        def request(self, request):
            if self.take(request):
                other.ok("put", store="a", key="k", data=b"somebody's")
            return None

    other = Drivers()
    rule = PutFirst(None, matches=lambda asked: asked.method == "DELETE")
    with StrictProxy(server.port, [rule]) as proxy:
        upload = begun(drivers, proxy.port, "meanwhile")
        opened(other, server.port, "meanwhile")
        drivers.ok("mpu_abort", **upload)
        assert drivers.ok("get", **ONE)["data"] == b"somebody's" and rule.hits == 1
    other.close()


def test_an_empty_blob_of_somebody_is_no_rest_of_an_abort(drivers, server):
    opened(drivers, server.port, "somebodys")
    drivers.ok("create_bucket", store="a")
    drivers.ok("put", **ONE, data=b"")
    assert drivers.ok("mpu_list", store="a", prefix="")["uploads"] == []
    drivers.ok("mpu_abort", **ONE, upload_id="0123456789abcdef")
    assert keys(drivers.ok("list", store="a")) == ["k"]
