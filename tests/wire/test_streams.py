"""Streams of a replication against a scripted server: what is sent again, how much is held, and when it is given up."""

import threading
import time

import grpc
import pytest

from wire.test_milvus_client import call, fake
from wire.worlds import until


def tick_of(request):
    return int(request.replicate_message.message.properties["_tt"], 36)


class Script:
    """Streams that end after some messages, as turns says: how many are taken, how many of these are confirmed."""

    def __init__(self, *turns, code=grpc.StatusCode.UNAVAILABLE):
        self.turns = list(turns)
        self.code = code
        self.seen = []  # a list of ticks for each stream
        self.headers = []
        self.began = []

    def __call__(self, requests, context, headers):
        self.headers.append(headers)
        self.began.append(time.monotonic())
        seen = []
        self.seen.append(seen)
        taken, confirmed = self.turns.pop(0) if self.turns else (10**9, 10**9)
        while len(seen) < taken:
            request = next(requests, None)
            if request is None:
                return
            seen.append(tick_of(request))
            if len(seen) <= confirmed:
                yield seen[-1]
        context.abort(self.code, "enough")


def test_what_is_confirmed_is_not_sent_again(fake, call):
    fake.stream = script = Script((4, 2), (3, 3))
    assert call(fake.port, "replicate", "60000", "6", "10").lines == [6]
    assert script.seen[0] == [1, 2, 3, 4] and script.seen[1] == [3, 4, 5] and script.seen[2] == [6]


def test_the_headers_of_a_stream(fake, call):
    fake.stream = script = Script()
    call(fake.port, "replicate", "60000", "1", "10", user="root", password="secret")
    [headers] = script.headers
    assert (headers["cluster-id"], headers["identifier"]) == ("cluster-a", "4711")
    assert headers["authorization"] == "cm9vdDpzZWNyZXQ=" and "dbname" not in headers


def test_one_that_breaks_is_opened_ever_more_rarely(fake, call):
    fake.stream = script = Script((1, 0), (1, 0), (1, 0), (1, 0))
    assert call(fake.port, "replicate", "60000", "1", "10").lines == [1]
    waits = [b - a for a, b in zip(script.began, script.began[1:], strict=False)]
    assert all(wait > least for wait, least in zip(waits, (0.1, 0.2, 0.4, 0.8), strict=True))


def test_a_confirmation_makes_it_quick_again(fake, call):
    fake.stream = script = Script((1, 0), (1, 0), (1, 0), (2, 1), (9, 9))
    call(fake.port, "replicate", "60000", "2", "10")
    assert script.began[4] - script.began[3] < 0.8 < script.began[3] - script.began[0] + 0.2


def test_a_server_that_confirms_nothing_is_given_up(fake, call):
    fake.stream = Script((10**9, 0))
    assert "has confirmed nothing for 1.0 s" in call(fake.port, "replicate", "1000", "3", "10").error


def test_one_that_always_breaks_is_given_up_with_its_reason(fake, call):
    fake.stream = Script(*[(1, 0)] * 50)
    error = call(fake.port, "replicate", "700", "1", "10").error
    assert "has confirmed nothing for 700 ms; its streams break" in error and "enough" in error


@pytest.mark.parametrize("code", ["PERMISSION_DENIED", "UNIMPLEMENTED", "UNAUTHENTICATED"])
def test_a_refusal_is_final(fake, call, code):
    fake.stream = script = Script((1, 0), code=getattr(grpc.StatusCode, code))
    call(fake.port, "replicate", "60000", "1", "10").error  # noqa: B018
    assert len(script.seen) == 1


def test_a_server_without_streams(fake, call):
    assert "stream of dml_0" in call(fake.port, "replicate", "60000", "1", "10").error


def test_what_was_never_sent_cannot_be_confirmed(fake, call):
    def stream(requests, _context, _headers):
        next(requests)
        yield 99
        list(requests)

    fake.stream = stream
    assert "99 is confirmed, but what was sent ends before" in call(fake.port, "replicate", "20000", "9", str(3 << 20)).error


def test_no_more_is_held_than_allowed(fake, call):
    """10 messages of 3 MiB are sent ahead of a confirmation, the next ones not."""
    arrived, seen = [], []

    def read(requests):
        for request in requests:
            arrived.append(tick_of(request))

    def stream(requests, _context, _headers):
        threading.Thread(target=read, args=[requests], daemon=True).start()
        for goal in (10, 20, 30):
            until(lambda goal=goal: len(arrived) >= goal)
            time.sleep(0.3)
            seen.append(arrived[-1])
            yield arrived[-1]

    fake.stream = stream
    assert call(fake.port, "replicate", "30000", "30", str(3 << 20)).lines == [30]
    assert seen == [10, 20, 30]
