"""The gcpnative driver against fake-gcs-server, plain and behind a proxy that is as strict as Google."""

import gzip
import itertools
import json
import time
import urllib.request

import pytest

from testbed.strict_proxy import (
    Answer,
    CutBody,
    Response,
    RewriteInSteps,
    Rule,
    SmallJsonPages,
    StrictProxy,
    json_error,
    slow_down,
)
from wire import scripted
from wire.clouds import GcsInMemory, Sessions
from wire.drivers import keys
from wire.ranges import WRONG_PARTS, assert_no_wrong_part_is_read

NUMBERS = itertools.count(1)  # of buckets, one for each test


@pytest.fixture(scope="module")
def server():
    with GcsInMemory() as server:
        yield server


def config(port, bucket, **changes):
    where = {"address": "127.0.0.1", "port": port, "useSSL": False, "bucketName": bucket}
    return {**where, "auth.type": "none", **changes}


@pytest.fixture
def behind(server, drivers):
    """Opens the driver behind a proxy with rules, on a bucket of the test's own."""
    proxies = []
    bucket = f"bucket-{next(NUMBERS)}"

    def start(*rules):
        proxy = StrictProxy(server.port, rules)
        proxy.__enter__()
        proxy.bucket = bucket
        proxies.append(proxy)
        assert drivers.open("gcpnative", config(proxy.port, bucket))["status"] == "ok"
        drivers.ok("create_bucket", store="a")
        return proxy

    yield start
    for proxy in proxies:
        proxy.__exit__()


def test_small_pages_with_hidden_pieces(drivers, behind):
    """A page may hold nothing but pieces of an upload, which are not shown."""
    behind(SmallJsonPages(2))
    upload = drivers.ok("mpu_begin", store="a", key="m")["upload_id"]
    for number in range(1, 8):
        drivers.ok("mpu_part", store="a", key="m", upload_id=upload, number=number, data=b"x")
    for key in ("a", "z"):
        drivers.ok("put", store="a", key=key, data=b"1")
    assert keys(drivers.ok("list", store="a", prefix="")) == ["a", "z"]
    assert keys(drivers.ok("list", store="a", prefix="m")) == []
    found = drivers.ok("mpu_list", store="a", prefix="")["uploads"]
    assert [(item["key"], item["upload_id"]) for item in found] == [("m", upload)]
    drivers.ok("mpu_abort", store="a", key="m", upload_id=upload)
    assert drivers.ok("mpu_list", store="a", prefix="")["uploads"] == []


def test_a_rewrite_in_many_steps(drivers, behind):
    proxy = behind(RewriteInSteps(20))
    drivers.ok("put", store="a", key="k", fill=10_000)
    drivers.ok("copy", store="a", key="copy", from_key="k", **{"from": "a"})
    assert drivers.ok("stat", store="a", key="copy")["size"] == 10_000
    assert len([target for _, target in proxy.requests if "/rewriteTo/" in target]) == 21


class EndlessRewrite(Rule):
    def request(self, request):
        if "/rewriteTo/" not in request.path:
            return None
        return Response(200, [], b'{"done": false, "rewriteToken": "again"}')


def test_a_rewrite_without_end_ends_with_the_deadline(drivers, behind):
    behind(EndlessRewrite())
    drivers.ok("put", store="a", key="k", data=b"1")
    drivers.fails("timeout", "copy", store="a", key="l", from_key="k", timeout_ms=500, **{"from": "a"})


class SlowRewrite(Rule):
    """Each step takes 0.2 s and may be asked for again, as one whose answer was not waited for."""

    def __init__(self, steps):
        self.steps = steps
        self.asked = []  # rewriteToken of each request
        self.refused = []

    def request(self, request):
        if "/rewriteTo/" not in request.path:
            return None
        token = request.query.get("rewriteToken")
        self.asked.append(token)
        if token in self.refused:
            return json_error(400, "invalid", "the rewriteToken is no longer valid")
        time.sleep(0.2)
        step = int(token or 0)
        if step == self.steps:
            request.target = request.target.split("?")[0]
            return None
        return Response(200, [], json.dumps({"done": False, "rewriteToken": str(step + 1)}).encode())


COPY = {"store": "a", "key": "l", "from_key": "k", "from": "a"}


def test_a_rewrite_goes_on_past_its_deadline(drivers, behind):
    rule = SlowRewrite(7)
    behind(rule)
    drivers.ok("put", store="a", key="k", data=b"1")
    attempts = 1
    while drivers.call("copy", **COPY, timeout_ms=700)["status"] == "timeout" and attempts < 9:
        attempts += 1
    assert drivers.ok("stat", store="a", key="l")["size"] == 1
    assert attempts >= 2 and rule.asked.count(None) == 1
    assert {int(token) for token in rule.asked if token} == set(range(1, 8))
    drivers.ok("copy", **COPY)
    assert rule.asked.count(None) == 2, "the token of a copy that is done was used again"


def test_a_rewrite_begins_anew_when_its_token_is_refused(drivers, behind):
    rule = SlowRewrite(3)
    behind(rule)
    drivers.ok("put", store="a", key="k", data=b"1")
    drivers.fails("timeout", "copy", **COPY, timeout_ms=500)
    kept = rule.asked[-1]
    rule.refused.append(kept)
    rule.steps = int(kept) - 1
    drivers.ok("copy", **COPY)
    assert rule.asked.count(kept) == 2 and rule.asked.count(None) == 2


def test_a_token_is_of_one_copy_only(drivers, behind):
    rule = SlowRewrite(3)
    behind(rule)
    drivers.ok("put", store="a", key="k", data=b"1")
    drivers.fails("timeout", "copy", **COPY, timeout_ms=500)
    drivers.ok("copy", **{**COPY, "key": "other"})
    assert rule.asked.count(None) == 2
    drivers.ok("copy", **COPY)
    assert rule.asked.count(None) == 2


@pytest.mark.parametrize(
    "body", [b"{}", b'{"done": true}', b"[]", b"<html>", b'{"done": true, "resource": {"size": "x"}}']
)
def test_rewrites_that_make_no_sense(drivers, behind, body):
    behind(Answer(Response(200, [], body), matches=lambda asked: "/rewriteTo/" in asked.path))
    drivers.ok("put", store="a", key="k", data=b"1")
    drivers.fails("protocol", "copy", store="a", key="l", from_key="k", **{"from": "a"})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b'{"prefixes": [7]}', b'{"items": [7]}'),
        *(b'{"items": [{"size": "1"}]}', b'{"items": [{"name": "k", "size": "-1"}]}'),
    ],
)
def test_listings_that_make_no_sense(drivers, behind, body):
    behind(Answer(Response(200, [], body), matches=lambda asked: asked.method == "GET" and asked.path.endswith("/o")))
    drivers.fails("protocol", "list", store="a", prefix="")


def test_many_parts_are_joined_in_steps(drivers, behind):
    proxy = behind()
    upload = drivers.ok("mpu_begin", store="a", key="big")["upload_id"]
    parts = []
    for number in range(1, 71):
        data = bytes([number]) * number
        parts.append(drivers.ok("mpu_part", store="a", key="big", upload_id=upload, number=number, data=data)["part"])
    done = drivers.ok("mpu_complete", store="a", key="big", upload_id=upload, parts=parts)
    whole = b"".join(bytes([number]) * number for number in range(1, 71))
    assert done["size"] == len(whole)
    assert drivers.ok("get", store="a", key="big")["data"] == whole
    assert len([target for _, target in proxy.requests if target.endswith("/compose")]) == 4
    assert keys(drivers.ok("list", store="a", prefix="")) == ["big"]
    assert drivers.ok("mpu_list", store="a", prefix="")["uploads"] == []


def test_a_busy_service_says_when_to_come_again(drivers, behind):
    limit = Answer(json_error(403, "rateLimitExceeded"), matches=lambda asked: asked.method == "GET")
    behind(limit, slow_down(retry_after=7, matches=lambda asked: asked.method == "GET"))
    assert drivers.fails("throttled", "check", store="a")["retryable"]
    error = drivers.fails("unavailable", "check", store="a")
    assert error["retryable"] and error["retry_after_ms"] == 7000
    drivers.ok("check", store="a")


def test_cut_bodies_are_told(drivers, behind):
    behind(CutBody(100, matches=lambda asked: asked.query.get("alt") == "media"))
    drivers.ok("put", store="a", key="k", fill=100_000)
    assert drivers.fails("unavailable", "get", store="a", key="k")["retryable"]
    drivers.ok("get", store="a", key="k")


@pytest.mark.parametrize("answer", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_a_wrong_part_never_reaches_the_reader(drivers, answer):
    with scripted.Scripted(answer) as service:
        drivers.open("gcpnative", config(service.port, "parts"))
        assert_no_wrong_part_is_read(drivers)


def test_an_upload_in_parts_does_not_pretend_to_spare_what_is_there(drivers):
    with scripted.Scripted() as server:
        drivers.open("gcpnative", config(server.port, "parts"))
        drivers.fails("unsupported", "mpu_begin", store="a", key="k", if_absent=True)
    assert server.asked == []


def test_a_refused_range_inside_of_an_object_is_no_empty_one(drivers):
    with scripted.Scripted(scripted.Answer(416), scripted.Answer(body=b'{"size": "10"}')) as service:
        drivers.open("gcpnative", config(service.port, "parts"))
        drivers.fails("protocol", "get", store="a", key="k", offset=2, length=5)


def test_an_object_that_is_stored_packed_comes_as_it_is_stored(drivers, behind):
    """Google unpacks it for whoever does not say that he can."""
    packed = gzip.compress(b"unpacked" * 100)
    proxy = behind()
    about = json.dumps({"name": "k", "contentEncoding": "gzip"}).encode()
    lines = [b"--x", b"Content-Type: application/json", b"", about, b"--x", b"Content-Type: text/plain", b"", packed, b"--x--"]
    urllib.request.urlopen(
        urllib.request.Request(
            f"http://127.0.0.1:{proxy.port}/upload/storage/v1/b/{proxy.bucket}/o?uploadType=multipart",
            b"\r\n".join(lines),
            {"Content-Type": "multipart/related; boundary=x"},
        )
    ).close()
    assert drivers.ok("get", store="a", key="k")["data"] == packed
    assert drivers.ok("get", store="a", key="k", offset=1, length=5)["data"] == packed[1:6]


def test_an_object_that_is_unpacked_on_its_way_is_not_the_one_that_is_stored(drivers):
    unpacked = scripted.Answer(pauses=[(0, b"unpacked")], headers={"X-Goog-Stored-Content-Length": 5})
    with scripted.Scripted(unpacked) as service:
        drivers.open("gcpnative", config(service.port, "parts"))
        drivers.fails("unavailable", "get", store="a", key="k")
        assert service.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "body, wanted, says",
    [
        (b"No such object: parts/k", "not_found", "No such object"),
        (b"The specified bucket does not exist.", "no_bucket", "does not exist"),
        (b"<html>nothing here</html>", "config", "404"),
    ],
)
def test_a_download_is_refused_in_plain_text(drivers, body, wanted, says):
    with scripted.Scripted(scripted.Answer(404, body)) as service:
        drivers.open("gcpnative", config(service.port, "parts"))
        message = drivers.fails(wanted, "get", store="a", key="k")["message"]
    assert says in message and "<" not in message


class FlipLastByte(Rule):
    def response(self, request, response):
        if request.query.get("alt") == "media" and response.body:
            response.body = response.body[:-1] + bytes([response.body[-1] ^ 1])


def test_bytes_that_changed_on_the_way_are_noticed(drivers, behind):
    behind(FlipLastByte())
    drivers.ok("put", store="a", key="k", data=b"whole")
    error = drivers.fails("corrupt", "get", store="a", key="k")
    assert error["retryable"] and "CRC32C" in error["message"]


def test_a_checksum_that_is_wrong_is_refused_by_the_service(drivers, behind):
    behind()
    drivers.fails("corrupt", "put", store="a", key="k", data=b"1", crc32c=True, crc32c_off=1)


def test_no_permission_names_a_role(drivers, behind):
    behind(Answer(json_error(403, "forbidden"), matches=lambda asked: asked.method == "GET"))
    error = drivers.fails("forbidden", "check", store="a")
    assert "Storage Object Admin" in error["message"] and not error["retryable"]


def pieces(proxy):
    return [target for method, target in proxy.requests if method == "PUT" and "upload_id=" in target]


@pytest.mark.parametrize(
    ("length", "sent"),
    [(34 << 20, {}), (17 << 20, {"unknown_size": True, "no_rewind": True})],
    ids=["streamed", "buffered"],
)
def test_a_resumable_upload(drivers, behind, length, sent):
    proxy = behind(Sessions())
    put = drivers.ok("put", store="a", key="k & l+m", fill=length, **sent)
    got = drivers.ok("get", store="a", key="k & l+m")
    assert put["size"] == got["received"] == length
    drivers.ok("put", store="a", key="same", fill=length)
    assert drivers.ok("get", store="a", key="same")["sum"] == got["sum"]
    assert len(pieces(proxy)) >= 4


def test_a_resumable_upload_goes_on_after_503(drivers, behind):
    def second_piece(asked):
        return asked.headers.get("Content-Range", "").startswith("bytes 8388608-")

    proxy = behind(Sessions(), slow_down(retry_after=0, matches=second_piece))
    drivers.ok("put", store="a", key="k", fill=20 << 20, unknown_size=True, no_rewind=True)
    drivers.ok("put", store="a", key="whole", fill=20 << 20)
    sums = {drivers.ok("get", store="a", key=key)["sum"] for key in ("k", "whole")}
    assert len(sums) == 1
    assert len(pieces(proxy)) == 3 + 2 + 1, "three pieces, one of them twice, a question between; and one whole"


def test_an_upload_that_is_given_up_leaves_nothing(drivers, behind):
    proxy = behind(Sessions(), Answer(json_error(400, "invalid"), matches=lambda asked: "upload_id" in asked.query))
    drivers.fails("invalid", "put", store="a", key="k", fill=9 << 20)
    assert keys(drivers.ok("list", store="a", prefix="")) == []
    assert [method for method, target in proxy.requests if "upload_id" in target] == ["PUT", "DELETE"]
