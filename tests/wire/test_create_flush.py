"""create where Milvus allows few flushes: it takes its time, one flush at a time, and says what it waits for."""

import json
import re
import signal

from pymilvus.grpc_gen import milvus_pb2
from testbed.program import DENIED, UNREACHABLE

from wire.creating import Collections, create
from wire.fake_milvus import Late, status

NAMES = [f"c{i}" for i in range(6)]


def limit(rate):
    reason = f"request is rejected by grpc RateLimiter middleware, please retry later: rate limit exceeded[rate={rate}]"
    return milvus_pb2.FlushResponse(status=status(code=8, error_code=49, reason=reason))


class Limited(Collections):
    """Refuses so many flushes before each that it does."""

    def __init__(self, refusals, rate):
        super().__init__({"default": NAMES})
        self.flushed = []
        self.counts = []  # how many were being made when another came, from the first refusal on
        left = refusals

        def flush(request):
            nonlocal left
            if self.flushed or left < refusals:
                self.counts.append(self.within["Flush"])
            left -= 1
            if left >= 0:
                return Late(0.01, limit(rate))
            left = refusals
            self.flushed += request.collection_names
            return Late(0.01, milvus_pb2.FlushResponse())

        self.answers["Flush"] = flush


def test_a_limit_is_waited_for(create, tmp_path):
    with Limited(refusals=8, rate=1000) as server:
        create(server)
    assert sorted(server.flushed) == NAMES
    full = json.loads((tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text())
    assert len(full["collection_backups"]) == len(NAMES)
    assert max(server.counts[8:]) == 1, "one flush at a time, once the first ones have been refused"


def test_the_progress_says_what_is_waited_for(create):
    with Limited(refusals=10**9, rate=0.001) as server:
        program, process = create(server, start=True)
        line = b""
        while b"waiting" not in line:
            line = process.stderr.readline()
            assert line, "the program has ended"
        process.send_signal(signal.SIGINT)
        result = program.finish(process)
    assert re.search(rb"copy  0/6 collections  waiting for Milvus' flush limit \(for [0-9.]+ s\)", line), line
    assert result.code == 130
    assert "quotaAndLimits.flushRate" in program.log()


def test_a_server_that_allows_no_flush_at_all(create):
    with Limited(refusals=10**9, rate=0) as server:
        result = create(server, ok=False, code=UNREACHABLE)
    assert "quotaAndLimits.flushRate" in result.err and "--strategy skip_flush" in result.err


def test_a_flush_that_fails_names_the_way_out(create, tmp_path):
    broken = status(code=1401, error_code=3, reason="no privilege to flush:\n/go/src/x/y.go:1 x.Run")
    with Collections({"default": ["c"]}) as server:
        server.answers["Flush"] = milvus_pb2.FlushResponse(status=broken)
        result = create(server, ok=False, code=DENIED)
        assert "no privilege" in result.err and "--strategy skip_flush" in result.err and ".go" not in result.err
        create(server, "--strategy", "skip_flush")


def names_of(count):
    return [f"many{i}" for i in range(count)]


class Slow(Collections):
    """Takes its time for flushes and for lists of segments; remembers what was flushed."""

    def __init__(self, count, flush=0.0, segments=0.0):
        super().__init__({"default": names_of(count)})
        self.flushed = []

        def answer(request):
            self.flushed += request.collection_names
            return Late(flush, milvus_pb2.FlushResponse())

        self.answers["Flush"] = answer
        self.answers["GetPersistentSegmentInfo"] = lambda _: Late(segments, milvus_pb2.GetPersistentSegmentInfoResponse())


def test_flushes_are_made_side_by_side(create):
    with Slow(40, flush=0.3, segments=0.05) as server:
        create(server)
    assert sorted(server.flushed) == sorted(names_of(40)), "each once"
    assert 8 < server.most_within["Flush"] <= 16
    assert server.most_within["GetPersistentSegmentInfo"] <= 4


def test_who_copies_one_at_a_time_flushes_one_at_a_time(create):
    with Slow(6, flush=0.05) as server:
        create(server, "--set", "backup.concurrency.collections=1")
    assert server.most_within["Flush"] == server.most_within["GetPersistentSegmentInfo"] == 1


def test_a_flush_that_has_become_old_is_made_again(create):
    with Slow(3, segments=2.5) as server:
        create(server, "--set", "backup.concurrency.collections=2")
    assert len(server.flushed) == 4 and set(server.flushed) == set(names_of(3))


def test_a_flush_that_fails_ends_those_who_wait_for_their_turn(create):
    with Slow(12, segments=0.5) as server:
        slow = server.answers["Flush"]
        broken = milvus_pb2.FlushResponse(status=status(code=1401, error_code=3, reason="no privilege to flush"))
        server.answers["Flush"] = lambda request: broken if request.collection_names[0] == "many11" else slow(request)
        result = create(server, ok=False, code=DENIED)
    assert "many11" in result.err
    assert server.count("GetPersistentSegmentInfo") < 12
