"""Refusals, errors and wrong regions of S3 services: how they are told, and which the driver copes with itself."""

import re
import threading
import time
from email.utils import formatdate

import pytest

from wire.s3 import fault, listing, opened
from wire.scripted import Answer, Scripted


def test_put_if_absent(drivers):
    free = [fault(404, "NoSuchKey"), fault(404, "NoSuchKey")]  # HEAD, and what asks for its reason
    made = Answer(headers={"ETag": '"x"'})
    with Scripted(*free, made) as server:
        opened(drivers, server)
        drivers.ok("put", store="a", key="k", data=b"1", if_absent=True)
    assert server.asked[-1].headers["if-none-match"] == "*"


@pytest.mark.parametrize("answer", [fault(412, "PreconditionFailed"), Answer(412)])
def test_put_if_absent_that_loses_the_race(drivers, answer):
    with Scripted(listing("a"), fault(404, "NoSuchKey"), answer) as server:
        opened(drivers, server)
        drivers.ok("check", store="a")
        drivers.fails("exists", "put", store="a", key="k", data=b"1", if_absent=True)


def test_put_if_absent_that_meets_another_write_is_undecided(drivers):
    """Amazon S3 wants it to be tried again: the other may fail, or be a removal."""
    with Scripted(listing("a"), fault(404, "NoSuchKey"), fault(409, "ConditionalRequestConflict")) as server:
        opened(drivers, server)
        drivers.ok("check", store="a")
        error = drivers.fails("unavailable", "put", store="a", key="k", data=b"1", if_absent=True)
    assert error["retryable"] and not error["ambiguous"]


def test_put_if_absent_where_the_condition_is_ignored(drivers):
    with Scripted(Answer(headers={"Content-Length": 1})) as server:
        opened(drivers, server)
        drivers.fails("exists", "put", store="a", key="k", data=b"1", if_absent=True)
    assert [asked.method for asked in server.asked] == ["HEAD"]


@pytest.mark.parametrize("refusal", [Answer(501), fault(501, "NotImplemented"), fault(400, "InvalidArgument")])
def test_a_service_without_checksums_is_asked_once(drivers, refusal):
    fine = Answer(headers={"ETag": '"x"'})
    with Scripted(refusal, fine, fine) as server:
        opened(drivers, server)
        drivers.ok("put", store="a", key="k", data=b"12345", crc32c=True)
        drivers.ok("put", store="a", key="k", data=b"12345", crc32c=True)
    assert ["x-amz-checksum-crc32c" in asked.headers for asked in server.asked] == [True, False, False]
    assert server.asked[1].body == b"12345"


def test_many_at_once_find_out_that_a_service_has_no_checksums(drivers):
    def rule(asked):
        return Answer(501, wait=0.3) if "x-amz-checksum-crc32c" in asked.headers else Answer(headers={"ETag": '"x"'})

    with Scripted(rule=rule) as server:
        opened(drivers, server)
        put = {"store": "a", "key": "k", "data": b"12345", "crc32c": True}
        answers = drivers.ok("put", **put, threads=8)["answers"]
        assert {answer["status"] for answer in answers} == {"ok"}


def test_while_one_request_tries_without_checksums_the_others_go_with_them(drivers):
    """Otherwise an upload could begin without announcing what its parts then carry."""
    trying = threading.Event()
    slow = []  # the key whose request is refused with and without

    def rule(asked):
        if asked.method != "PUT":
            slow.append(asked.path)
            if asked.path != slow[0]:
                trying.wait(5)
            return fault(404, "NoSuchKey")
        if asked.path != slow[0]:
            return Answer(headers={"ETag": '"x"'})
        if "x-amz-checksum-crc32c" in asked.headers:
            return fault(400, "InvalidArgument")
        trying.set()
        return Answer(400, fault(400, "InvalidArgument").body, wait=0.5)

    with Scripted(rule=rule) as server:
        opened(drivers, server)
        put = {"store": "a", "key": "k", "data": b"12345", "crc32c": True, "if_absent": True}
        answers = drivers.call("put", **put, threads=2, own_keys=True)["answers"]
    assert sorted(answer["status"] for answer in answers) == ["invalid", "ok"]
    others = [asked for asked in server.asked if asked.method == "PUT" and asked.path != slow[0]]
    assert trying.is_set() and ["x-amz-checksum-crc32c" in asked.headers for asked in others] == [True]


def test_a_copy_that_is_refused_for_another_reason_does_not_end_the_checksums(drivers):
    too_large = fault(400, "InvalidRequest", "the source is too large")
    with Scripted(too_large, too_large, Answer(headers={"ETag": '"x"'})) as server:
        opened(drivers, server)
        drivers.fails("unsupported", "copy", store="a", key="k", from_key="x", **{"from": "a"})
        drivers.ok("put", store="a", key="k", data=b"12345", crc32c=True)
    first, second, put = server.asked
    assert "x-amz-checksum-algorithm" in first.headers and "x-amz-checksum-algorithm" not in second.headers
    assert "x-amz-checksum-crc32c" in put.headers


def test_what_cannot_be_sent_again_is_left_to_the_host(drivers):
    with Scripted(Answer(501), Answer(headers={"ETag": '"x"'})) as server:
        opened(drivers, server)
        error = drivers.fails("unsupported", "put", store="a", key="k", data=b"1", crc32c=True, no_rewind=True)
        assert error["retryable"]
        drivers.ok("put", store="a", key="k", data=b"1", crc32c=True, no_rewind=True)
    assert "x-amz-checksum-crc32c" not in server.asked[1].headers


def test_damage_on_the_way_is_told_and_may_be_tried_again(drivers):
    with Scripted(fault(400, "BadDigest"), fault(400, "XAmzContentChecksumMismatch")) as server:
        opened(drivers, server)
        for _ in range(2):
            error = drivers.fails("corrupt", "put", store="a", key="k", data=b"1", crc32c=True)
            assert error["retryable"]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "answer, wanted, says",
    [
        (fault(404, "NoSuchKey"), "not_found", "NoSuchKey"),
        (fault(404, "NoSuchBucket"), "no_bucket", "bucketName"),
        (fault(403, "AccessDenied"), "forbidden", "bucket 'b'"),
        (fault(403, "InvalidAccessKeyId"), "unauthenticated", "auth.accessKeyID"),
        (fault(403, "SignatureDoesNotMatch"), "unauthenticated", "auth.secretAccessKey"),
        (fault(400, "ExpiredToken"), "unauthenticated", "auth.sessionToken"),
        (fault(400, "InvalidBucketName"), "config", "bucketName"),
        (fault(301, "PermanentRedirect", Endpoint="elsewhere"), "config", "address"),
        (fault(400, "InvalidArgument", "S3 API Requests must be made to API port."), "config", "console of the service: check port"),
        (fault(400, "InvalidArgument", "something else"), "invalid", "something else"),
        (fault(507, "XMinioStorageFull"), "no_space", "XMinioStorageFull"),
        (fault(405, "MethodNotAllowed"), "unsupported", ""),
        (fault(503, "SlowDown"), "throttled", "SlowDown"),
        (fault(500, "InternalError"), "unavailable", ""),
        (Answer(502, b"<html>bad gateway"), "unavailable", "502"),
        (Answer(504), "unavailable", "504"),
        (Answer(429), "throttled", "429"),
        (Answer(418, b"\x00\xff" * 40000), "invalid", "418"),
        (Answer(400, b"Client sent an HTTP request to an HTTPS server.\n"), "config", "useSSL"),
    ],
)
def test_errors_are_classified(drivers, answer, wanted, says):
    with Scripted(answer) as server:
        opened(drivers, server)
        error = drivers.fails(wanted, "get", store="a", key="k")
    assert says in error["message"]
    assert error["http_status"] in (0, answer.status)
    assert error["retryable"] == (wanted in ("throttled", "unavailable"))
    assert not error["ambiguous"]
    assert "topsecret" not in error["message"]
    assert len(server.asked) == 1, "a driver does not retry"
    if b"<RequestId>" in answer.body:
        assert error["request_id"] == "REQ1"


def test_retry_after_is_handed_on(drivers):
    with Scripted(fault(503, "SlowDown", headers={"Retry-After": "7", "x-amz-request-id": "R7"})) as server:
        opened(drivers, server)
        error = drivers.fails("throttled", "put", store="a", key="k", data=b"1")
    assert error["retry_after_ms"] == 7000 and error["request_id"] == "R7"
    assert error["retryable"]


def test_a_failed_write_of_5xx_may_have_been_done(drivers):
    with Scripted(fault(500, "InternalError")) as server:
        opened(drivers, server)
        assert drivers.fails("unavailable", "put", store="a", key="k", data=b"1")["ambiguous"]


def test_head_has_no_reason_so_get_is_asked_for_it(drivers):
    with Scripted(Answer(403), fault(403, "SignatureDoesNotMatch"), Answer(404), fault(404, "NoSuchBucket")) as server:
        opened(drivers, server)
        assert "auth.secretAccessKey" in drivers.fails("unauthenticated", "stat", store="a", key="k")["message"]
        drivers.fails("no_bucket", "stat", store="a", key="k")
    assert [asked.method for asked in server.asked] == ["HEAD", "GET", "HEAD", "GET"]


def test_a_missing_key_costs_one_request_once_the_bucket_was_seen(drivers):
    with Scripted(listing("a"), Answer(404), Answer(403), Answer(206, b"1"), Answer(403)) as server:
        opened(drivers, server)
        drivers.ok("check", store="a")
        drivers.fails("not_found", "stat", store="a", key="k")
        assert len(server.asked) == 2
        drivers.fails("forbidden", "stat", store="a", key="k")


def test_head_is_asked_again_when_its_reason_was_a_region(drivers):
    wrong = fault(400, "AuthorizationHeaderMalformed", Region="r2")
    with Scripted(location(""), Answer(400), wrong, Answer(206, b"1"), Answer(headers={"Content-Length": 9})) as server:
        opened(drivers, server, region="")
        assert drivers.ok("stat", store="a", key="k")["size"] == 9
    assert [asked.method for asked in server.asked] == ["GET", "HEAD", "GET", "GET", "HEAD"]
    assert region_of(server.asked[-1]) == "r2"


def test_a_wrong_clock_is_measured(drivers):
    date = {"Date": formatdate(time.time() + 1203, usegmt=True)}
    with Scripted(fault(403, "RequestTimeTooSkewed", headers=date)) as server:
        opened(drivers, server)
        message = drivers.fails("unauthenticated", "get", store="a", key="k")["message"]
    assert re.search(r"this machine's clock is (20 min 0[0-4]|19 min 5\d) s behind the service's", message), message


def location(text):
    return Answer(200, f"<LocationConstraint>{text}</LocationConstraint>".encode())


def region_of(asked):
    return asked.headers["authorization"].split("/")[2]


@pytest.mark.parametrize("text, region", [("eu-west-2", "eu-west-2"), ("", "us-east-1"), ("EU", "eu-west-1")])
def test_the_region_is_asked_for_once(drivers, text, region):
    with Scripted(location(text), Answer(204), Answer(204)) as server:
        opened(drivers, server, region="")
        drivers.ok("remove", store="a", key="k")
        drivers.ok("remove", store="a", key="k")
    assert server.asked[0].target == "/b/?location=" and region_of(server.asked[0]) == "us-east-1"
    assert [region_of(asked) for asked in server.asked[1:]] == [region, region]


def test_a_region_that_may_not_be_asked_for_is_guessed_and_corrected(drivers):
    wrong = fault(400, "AuthorizationHeaderMalformed", Region="ap-south-1")
    with Scripted(fault(403, "AccessDenied"), wrong, Answer(204), Answer(204)) as server:
        opened(drivers, server, region="")
        drivers.ok("remove", store="a", key="k")
        drivers.ok("remove", store="a", key="k")
    assert [region_of(asked) for asked in server.asked] == ["us-east-1", "us-east-1", "ap-south-1", "ap-south-1"]


def test_a_region_hint_is_followed_once(drivers):
    hints = [fault(400, "AuthorizationHeaderMalformed", Region=f"r{i}") for i in range(3)]
    with Scripted(location(""), *hints) as server:
        opened(drivers, server, region="")
        message = drivers.fails("config", "get", store="a", key="k")["message"]
    assert len(server.asked) == 3 and "r1" in message


def test_a_configured_region_that_is_wrong_is_told(drivers):
    with Scripted(fault(400, "AuthorizationHeaderMalformed", Region="eu-west-2")) as server:
        opened(drivers, server)
        message = drivers.fails("config", "get", store="a", key="k")["message"]
    assert "the bucket is in region 'eu-west-2': set region to it" in message
    assert len(server.asked) == 1


def test_a_region_that_cannot_be_asked_for_now_is_no_guess(drivers):
    with Scripted(fault(503, "SlowDown")) as server:
        opened(drivers, server, region="")
        assert drivers.fails("throttled", "get", store="a", key="k")["retryable"]


def test_create_bucket(drivers):
    with Scripted(Answer(200), Answer(200), fault(409, "BucketAlreadyOwnedByYou")) as server:
        opened(drivers, server)
        drivers.ok("create_bucket", store="a")
        opened(drivers, server, store="eu", region="eu-west-2")
        drivers.ok("create_bucket", store="eu")
        drivers.ok("create_bucket", store="a")
    assert server.asked[0].target == "/b/" and server.asked[0].body == b""
    assert b"<LocationConstraint>eu-west-2</LocationConstraint>" in server.asked[1].body


def test_create_bucket_that_somebody_has(drivers):
    taken = fault(409, "BucketAlreadyExists")
    with Scripted(taken, fault(403, "AccessDenied"), taken, listing()) as server:
        opened(drivers, server)
        assert "somebody else" in drivers.fails("exists", "create_bucket", store="a")["message"]
        drivers.ok("create_bucket", store="a")


def test_check(drivers):
    web_page = Answer(200, b"<html><head></head></html>")
    with Scripted(listing("x"), fault(404, "NoSuchBucket"), web_page, Answer(200, b"hello")) as server:
        opened(drivers, server)
        drivers.ok("check", store="a")
        drivers.fails("no_bucket", "check", store="a")
        for _ in range(2):
            assert "check address and port" in drivers.fails("protocol", "check", store="a")["message"]
    assert server.asked[0].query == {"list-type": "2", "max-keys": "1"}
    assert {asked.method for asked in server.asked} == {"GET"}
