"""The gcpnative driver's resumable uploads: what it asks, and how it goes on after a fault."""

import json

import pytest

from wire.clouds import Uploads, crc32c
from wire.scripted import Answer

MIB = 1 << 20
LONG = 8 * MIB + 12345
QUARTER = 256 << 10
BUSY = Answer(503, b"{}")


def pattern(length):
    """What drive puts for `fill`."""
    return bytes((i * 131 + (i >> 8)) & 255 for i in range(length))


@pytest.fixture
def uploads(drivers):
    servers = []

    def start(*plan, **changes):
        server = Uploads(plan, **changes).__enter__()
        servers.append(server)
        where = {"address": "127.0.0.1", "port": server.port, "useSSL": False, "bucketName": "b", "auth.type": "none"}
        assert drivers.open("gcpnative", where)["status"] == "ok"
        return server

    yield start
    for server in servers:
        server.__exit__()


def spans(server):
    """What was asked, in short: Content-Range of each request to the session."""
    return [asked.headers["content-range"] for asked in server.asked if asked.method == "PUT"]


def methods(server):
    return [asked.method for asked in server.asked]


def put(drivers, length=LONG, **more):
    return drivers.ok("put", store="a", key="k", fill=length, **more)


def fails(drivers, status, length=LONG, **more):
    return drivers.fails(status, "put", store="a", key="k", fill=length, **more)


def test_a_session_is_begun_and_filled(drivers, uploads):
    server = uploads()
    done = put(drivers, content_type="text/x", if_absent=True, crc32c=True)
    assert done["size"] == LONG and done["etag"] == "17"
    assert server.kept == pattern(LONG)
    begin, piece = server.asked
    assert begin.method == "POST" and begin.path == "/upload/storage/v1/b/b/o"
    assert begin.query == {"uploadType": "resumable", "ifGenerationMatch": "0"}
    assert begin.headers["x-upload-content-type"] == "text/x"
    assert begin.headers["x-upload-content-length"] == str(LONG)
    assert begin.headers["content-type"] == "application/json; charset=UTF-8"
    assert json.loads(begin.body) == {"name": "k", "contentType": "text/x", "crc32c": crc32c(pattern(LONG))}
    assert piece.headers["content-range"] == f"bytes 0-{LONG - 1}/{LONG}"


def test_the_largest_put_without_a_session(drivers, uploads):
    server = uploads()
    drivers.call("put", store="a", key="k", fill=8 * MIB)
    assert [asked.query["uploadType"] for asked in server.asked] == ["multipart"]


def test_large_objects_go_in_pieces(drivers, uploads):
    length = 33 * MIB + 1
    server = uploads(hashed=lambda _: None)
    put(drivers, length)
    assert spans(server) == [f"bytes 0-{32 * MIB - 1}/{length}", f"bytes {32 * MIB}-{length - 1}/{length}"]
    assert server.kept == pattern(length)


@pytest.mark.parametrize("length", [17 * MIB + 5, 16 * MIB], ids=["odd", "whole-pieces"])
def test_a_source_of_unknown_size(drivers, uploads, length):
    server = uploads(hashed=lambda _: None)
    put(drivers, length, unknown_size=True, no_rewind=True)
    assert server.kept == pattern(length)
    assert "x-upload-content-length" not in server.asked[0].headers
    ends = list(range(8 * MIB, length, 8 * MIB))
    wanted = [f"bytes {end - 8 * MIB}-{end - 1}/*" for end in ends]
    assert spans(server) == [*wanted, f"bytes {ends[-1]}-{length - 1}/{length}"]


def test_a_short_source_of_unknown_size_needs_no_session(drivers, uploads):
    server = uploads()
    drivers.call("put", store="a", key="k", fill=8 * MIB, unknown_size=True, no_rewind=True)
    assert [asked.query["uploadType"] for asked in server.asked] == ["multipart"]
    assert pattern(8 * MIB) in server.asked[0].body


@pytest.mark.parametrize("unknown", [False, True], ids=["streamed", "buffered"])
def test_what_the_service_did_not_keep_is_sent_again(drivers, uploads, unknown):
    server = uploads(3 * QUARTER)
    put(drivers, unknown_size=unknown)
    assert server.kept == pattern(LONG) and server.done["crc32c"] == crc32c(pattern(LONG))
    assert spans(server)[1].startswith(f"bytes {3 * QUARTER}-")


@pytest.mark.parametrize("unknown", [False, True], ids=["streamed", "buffered"])
def test_a_cut_is_followed_by_a_question(drivers, uploads, unknown):
    server = uploads(Uploads.Cut(5 * QUARTER))
    put(drivers, unknown_size=unknown, no_rewind=unknown)
    assert server.kept == pattern(LONG)
    first, question, rest = spans(server)[:3]
    assert first.startswith("bytes 0-")
    assert question == ("bytes */*" if unknown else f"bytes */{LONG}")
    assert rest.startswith(f"bytes {5 * QUARTER}-")


def test_a_piece_that_libcurl_sends_again_by_itself(drivers, uploads):
    """The service leaves out what it has of it."""
    server = uploads(Uploads.Cut(5 * QUARTER), reuse=True)
    put(drivers)
    assert server.kept == pattern(LONG)


def test_503_then_a_question(drivers, uploads):
    server = uploads(BUSY)
    put(drivers)
    assert spans(server) == [f"bytes 0-{LONG - 1}/{LONG}", f"bytes */{LONG}", f"bytes 0-{LONG - 1}/{LONG}"]


def test_an_answer_that_was_lost_is_asked_for(drivers, uploads):
    """All bytes have come, only the answer has not: nothing is sent twice, though the source could not."""
    server = uploads(Uploads.Cut(LONG))
    assert put(drivers, no_rewind=True)["size"] == LONG
    assert spans(server) == [f"bytes 0-{LONG - 1}/{LONG}", f"bytes */{LONG}"]


def test_a_service_that_stays_busy_is_left_in_the_end(drivers, uploads):
    server = uploads(*[BUSY] * 9)
    error = fails(drivers, "unavailable")
    assert error["retryable"] and error["ambiguous"]
    assert len(spans(server)) == 7 and methods(server)[-1] == "DELETE"
    assert server.asked[-1].target == "/upload/session?upload_id=secret"


def test_a_service_that_keeps_nothing_is_left_in_the_end(drivers, uploads):
    server = uploads(*[0] * 9)
    assert "keeps none" in fails(drivers, "unavailable")["message"]
    assert len(spans(server)) == 4 and methods(server)[-1] == "DELETE"


def test_bytes_that_can_be_read_once_are_not_sent_twice(drivers, uploads):
    server = uploads(QUARTER)
    error = fails(drivers, "unavailable", no_rewind=True)
    assert error["retryable"] and error["ambiguous"] and "cannot be read again" in error["message"]
    assert methods(server) == ["POST", "PUT", "DELETE"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_session_that_is_lost(drivers, uploads, status):
    server = uploads(Answer(status))
    error = fails(drivers, "unavailable")
    assert error["retryable"] and error["ambiguous"] and "lost" in error["message"]
    assert methods(server) == ["POST", "PUT"]


def test_the_precondition_may_fail_in_the_end(drivers, uploads):
    server = uploads(Answer(412, b"{}"))
    assert not fails(drivers, "exists", if_absent=True)["retryable"]
    assert len(spans(server)) == 1


def test_a_wrong_checksum_is_noticed_and_the_object_taken_back(drivers, uploads):
    server = uploads(hashed=lambda _: "AAAAAA==")
    error = fails(drivers, "corrupt")
    assert error["retryable"] and "CRC32C" in error["message"]
    gone = server.asked[-1]
    assert gone.method == "DELETE" and gone.target == "/storage/v1/b/b/o/k?ifGenerationMatch=17"


def test_the_checksum_of_the_header(drivers, uploads):
    """X-Goog-Hash is looked at too."""
    wrong = Answer(200, json.dumps({"size": str(LONG), "generation": "1"}).encode(), {"X-Goog-Hash": "crc32c=AAAAAA=="})
    uploads(wrong)
    fails(drivers, "corrupt")


@pytest.mark.parametrize("range_header", ["bytes=0-", "bytes=5-9", "bytes=0--1", "0-9", f"bytes=0-{LONG}"])
def test_ranges_that_make_no_sense(drivers, uploads, range_header):
    server = uploads(Answer(308, b"", {"Range": range_header}))
    fails(drivers, "protocol")
    assert methods(server)[-1] == "DELETE"


@pytest.mark.parametrize("location", [{}, {"Location": "/relative"}])
def test_a_session_without_an_address(drivers, uploads, location):
    server = uploads()
    server.answers.append(Answer(200, b"{}", location))
    fails(drivers, "protocol")


def test_a_call_that_is_cancelled_ends_its_session(drivers, uploads):
    server = uploads(Answer(503, b"{}", {"Retry-After": "9"}))
    fails(drivers, "cancelled", cancel_after_ms=4000)
    assert methods(server) == ["POST", "PUT", "DELETE"]


def test_a_long_wait_is_left_to_the_host(drivers, uploads):
    uploads(Answer(503, b"{}", {"Retry-After": "60"}))
    error = fails(drivers, "unavailable")
    assert error["retry_after_ms"] == 60000
