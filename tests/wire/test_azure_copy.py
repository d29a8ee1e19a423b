"""How the azure driver copies: synchronously, or begun, watched and ended."""

import base64

import pytest

from testbed import Azurite
from testbed.strict_proxy import Answer as Answered
from testbed.strict_proxy import Response, StrictProxy
from wire.scripted import Answer, Scripted

ACCOUNT = "accountone"
KEY = base64.b64encode(b"1" * 64).decode()
MIB = 1 << 20
COPY = {"key": "to", "from_key": "from", "from": "a"}


def opened(drivers, port, bucket="bucket-1"):
    where = {"address": "127.0.0.1", "port": port, "accountName": ACCOUNT, "bucketName": bucket}
    assert drivers.open("azure", {**where, "auth.accountKey": KEY})["status"] == "ok"
    return drivers


def state(status, **more):
    fields = {"x-ms-copy-id": "id-1", "x-ms-copy-status": status, "ETag": '"e"'}
    return {**fields, **{f"x-ms-copy-{name.replace('_', '-')}": value for name, value in more.items()}}


def refused(status=409, code="CannotVerifyCopySource"):
    return Answer(status, headers={"x-ms-error-code": code})


def begun(status="pending"):
    return Answer(202, headers=state(status))


def seen(status, **more):
    return Answer(200, headers=state(status, **more), length=more.pop("length", 0))


def told(server):
    """Method and what marks the request, in the order asked."""
    marks = []
    for asked in server.asked:
        assert asked.path == f"/{ACCOUNT}/bucket-1/to"
        kind = asked.query.get("comp", "")
        if "x-ms-copy-source" in asked.headers:
            kind = {"true": "sync", None: "async"}[asked.headers.get("x-ms-requires-sync")]
        marks.append(f"{asked.method} {kind}".strip())
    return marks


def test_what_is_too_large_for_one_answer_is_begun_and_watched(drivers):
    done = seen("success", progress="9/9", length=9)
    answers = [refused(), begun(), seen("pending", progress="0/9"), seen("pending", progress="5/9"), done, done]
    with Scripted(*answers) as server:
        answer = opened(drivers, server.port).ok("copy", store="a", if_absent=True, **COPY)
        assert answer["size"] == 9
    assert told(server) == ["PUT sync", "PUT async", "HEAD", "HEAD", "HEAD", "HEAD"]
    first, second = server.asked[:2]
    assert second.headers["if-none-match"] == first.headers["if-none-match"] == "*"
    source, signature = second.headers["x-ms-copy-source"].split("?")
    assert source == f"http://127.0.0.1:{server.port}/{ACCOUNT}/bucket-1/from" and "sig=" in signature


def test_looks_become_rarer(drivers):
    answers = [refused(), begun(), *[seen("pending")] * 3, seen("success"), seen("success")]
    with Scripted(*answers) as server:
        took = opened(drivers, server.port).ok("copy", store="a", **COPY)["took_ms"]
    assert took >= 100 + 200 + 400 + 800, took


def test_an_account_without_synchronous_copies_is_asked_once(drivers):
    answers = [refused(400, "UnsupportedHeader"), *[begun("success"), seen("success")] * 2]
    with Scripted(*answers) as server:
        opened(drivers, server.port)
        for _ in range(2):
            drivers.ok("copy", store="a", **COPY)
    assert told(server) == ["PUT sync", "PUT async", "HEAD", "PUT async", "HEAD"]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_source_that_cannot_be_verified_is_not_tried_again(drivers, status):
    with Scripted(refused(status)) as server:
        opened(drivers, server.port).fails("unsupported", "copy", store="a", **COPY)
    assert told(server) == ["PUT sync"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_source_that_is_too_busy_is_for_later(drivers, status):
    """From one that cannot be reached the host would turn to streaming for good."""
    with Scripted(refused(status), refused(status)) as server:
        error = opened(drivers, server.port).fails("throttled", "copy", store="a", **COPY)
        part = {"upload_id": "0" * 16, "number": 1, "offset": 0, "length": 1, **COPY}
        assert drivers.fails("throttled", "mpu_copy_part", store="a", **part)["retryable"] and error["retryable"]


def test_an_empty_source_that_is_no_range(drivers):
    with Scripted(refused(416), begun("success"), seen("success")) as server:
        opened(drivers, server.port).ok("copy", store="a", **COPY)
    assert told(server) == ["PUT sync", "PUT async", "HEAD"]


def test_a_source_with_a_longer_address_than_the_service_takes(drivers):
    """2 KiB, signature and escapes included: azurite takes more."""
    long = {**COPY, "from_key": "ü" * 340}
    with Scripted() as server:
        opened(drivers, server.port).fails("unsupported", "copy", store="a", **long)
        part = {"upload_id": "0" * 16, "number": 1, "offset": 0, "length": 1}
        assert "2048" in drivers.fails("unsupported", "mpu_copy_part", store="a", **part, **long)["message"]
    assert server.asked == []


def test_an_asynchronous_copy_that_is_refused(drivers):
    with Scripted(refused(), refused(403)) as server:
        opened(drivers, server.port).fails("unsupported", "copy", store="a", **COPY)
    assert told(server) == ["PUT sync", "PUT async"]


def test_a_blob_that_is_being_copied_already_is_for_later(drivers):
    with Scripted(refused(), refused(409, "PendingCopyOperation")) as server:
        error = opened(drivers, server.port).fails("unavailable", "copy", store="a", **COPY)
    assert error["retryable"] and told(server) == ["PUT sync", "PUT async"]


@pytest.mark.parametrize(
    ("status", "code"), [(400, "UnsupportedHeader"), (409, "InvalidBlobType"), (413, "RequestBodyTooLarge")]
)
def test_a_part_that_the_service_does_not_fetch_is_no_end(drivers, status, code):
    """The host then copies the whole."""
    part = {"upload_id": "0" * 16, "number": 1, "offset": 0, "length": 5}
    with Scripted(refused(status, code)) as server:
        opened(drivers, server.port).fails("unsupported", "mpu_copy_part", store="a", **COPY, **part)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ('500 InternalError "Copy failed."', "unavailable"),
        ('404 BlobNotFound "Copy failed when reading the source."', "not_found"),
        ('403 Forbidden "Copy failed when reading the source."', "forbidden"),
        ("", "unavailable"),
    ],
)
def test_a_copy_that_fails_says_why_and_leaves_no_empty_blob(drivers, said, status):
    failed = seen("failed", status_description=said)
    with Scripted(refused(), begun(), failed, failed, Answer(202)) as server:
        error = opened(drivers, server.port).fails(status, "copy", store="a", **COPY)
    assert "gave up copying" in error["message"] and said in error["message"]
    assert told(server) == ["PUT sync", "PUT async", "HEAD", "HEAD", "DELETE"]
    assert server.asked[-1].headers["if-match"] == '"e"'


def test_a_copy_that_somebody_aborts(drivers):
    aborted = seen("aborted")
    with Scripted(refused(), begun(), aborted, aborted, Answer(202)) as server:
        error = opened(drivers, server.port).fails("unavailable", "copy", store="a", **COPY)
    assert "aborted" in error["message"] and error["retryable"]


def test_a_blob_that_is_replaced_meanwhile_is_left_alone(drivers):
    other = Answer(200, headers={**state("success"), "x-ms-copy-id": "id-2"})
    with Scripted(refused(), begun(), other, other) as server:
        error = opened(drivers, server.port).fails("unavailable", "copy", store="a", **COPY)
    assert "replaced" in error["message"]
    assert told(server) == ["PUT sync", "PUT async", "HEAD", "HEAD"]


class Service:
    """A copy that never ends by itself."""

    def __init__(self, lose_answer=False):
        self.state = None
        self.lose_answer = lose_answer
        self.source = None

    def __call__(self, asked):
        if "x-ms-requires-sync" in asked.headers:
            return refused()
        if "x-ms-copy-source" in asked.headers:
            self.state = "pending"
            self.source = asked.headers["x-ms-copy-source"].split("?")[0]
            return Answer(202, headers=state("pending"), wait=3 if self.lose_answer else 0)
        if asked.query.get("comp") == "copy":
            assert asked.query == {"comp": "copy", "copyid": "id-1"} and asked.body == b""
            assert asked.headers["x-ms-copy-action"] == "abort"
            self.state = "aborted"
            return Answer(204)
        return seen(self.state, progress="3/9", source=self.source)


@pytest.mark.parametrize(
    ("limits", "status"), [({"cancel_after_ms": 600}, "cancelled"), ({"timeout_ms": 600}, "timeout")]
)
def test_nobody_waits_for_the_copy_any_more(drivers, limits, status):
    with Scripted(rule=Service()) as server:
        answer = opened(drivers, server.port).call("copy", store="a", **COPY, **limits)
    assert answer["status"] == status and answer["took_ms"] < 2000
    assert "3/9" in answer["error"]["message"]
    assert told(server)[-4:] == ["HEAD", "PUT copy", "HEAD", "DELETE"]


def test_a_copy_whose_beginning_was_not_answered_is_found_and_aborted(drivers):
    with Scripted(rule=Service(lose_answer=True)) as server:
        opened(drivers, server.port).fails("cancelled", "copy", store="a", cancel_after_ms=500, **COPY)
    assert told(server) == ["PUT sync", "PUT async", "HEAD", "PUT copy", "HEAD", "DELETE"]


BUSY = Answer(503, headers={"x-ms-error-code": "ServerBusy"})


def test_a_busy_service_is_looked_at_again(drivers):
    with Scripted(refused(), begun(), BUSY, BUSY, seen("success"), seen("success")) as server:
        opened(drivers, server.port).ok("copy", store="a", **COPY)


def test_but_not_for_ever(drivers):
    with Scripted(refused(), begun(), rule=lambda asked: BUSY) as server:
        opened(drivers, server.port).fails("throttled", "copy", store="a", **COPY)
    assert told(server) == ["PUT sync", "PUT async", *["HEAD"] * 5, "HEAD", "PUT copy", "HEAD"]


def test_azurite_copies_asynchronously(drivers):
    too_large = Response(409, [("x-ms-error-code", "CannotVerifyCopySource")], b"")
    sync = Answered(too_large, matches=lambda asked: asked.headers.get("x-ms-requires-sync") == "true")
    with Azurite(accounts={ACCOUNT: KEY}) as server, StrictProxy(server.port, [sync]) as proxy:
        opened(drivers, proxy.port).ok("create_bucket", store="a")
        drivers.ok("put", store="a", key="from", fill=MIB)
        assert drivers.ok("copy", store="a", **COPY)["size"] == MIB
        assert sync.hits == 1
        original, copied = (drivers.ok("get", store="a", key=key)["data"] for key in ("from", "to"))
        assert copied == original
