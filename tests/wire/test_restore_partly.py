"""A restore of which a part fails or is stopped: what is whole by then is finished, and the rest is done by a second run."""

import copy
import json
import re
import signal

import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.server import wait_until

from wire.fake_milvus import status
from wire.restoring import (
    COMPLETED,
    FAILED,
    LOADED,
    STARTED,
    Server,
    backup,
    data,
    program_for,
    restore,
)

LOADING = 2
INDEX = {"field_name": "vec", "index_name": "vec", "params": {"index_type": "FLAT", "metric_type": "L2"}}


@pytest.fixture
def two(backup, data):
    """Of "good" and "bad", both loaded and with an alias."""
    backup.partition(10, "_default").segment(20)
    good = backup.collection
    good |= {"load_state": "Loaded", "has_index": True, "index_infos": [INDEX]}
    bad = json.loads(json.dumps(copy.deepcopy(good)).replace('"collection_id": 1', '"collection_id": 2'))
    good |= {"collection_name": "good", "aliases": ["good_now"]}
    bad |= {"collection_name": "bad", "aliases": ["bad_now"]}
    backup.full["collection_backups"].append(bad)
    for path in [path for path in (backup.folder / "binlogs").rglob("*") if path.is_file()]:
        other = backup.folder / re.sub(r"_log/1/", "_log/2/", path.relative_to(backup.folder).as_posix())
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_bytes(path.read_bytes())
    backup.write()
    return backup


class Halting(Server):
    """Imports "bad" until it may fail; good is loaded only behind that failure where slow is true."""

    def __init__(self, slow=False, version="2.4.9"):
        super().__init__(version)
        self.slow = slow
        self.may_fail = lambda: True
        self.failed = 0  # looks at "bad" since
        self.loads = 0  # looks at what is loaded since
        self.outcome = self._outcome
        if slow:
            self.answers["GetLoadState"] = self._state_of_load
            self.answers["GetLoadingProgress"] = milvus_pb2.GetLoadingProgressResponse(progress=50)

    def _outcome(self, task, look):
        if not self.imports[task - 1].collection_name.startswith("bad"):
            return (COMPLETED if look > 1 else STARTED, "")
        if not self.may_fail():
            return (STARTED, "")
        self.failed += 1
        return (FAILED, "the disk is full")

    def _state_of_load(self, request):
        answer = self._load_state(request)
        if answer.state == LOADED:
            self.loads += self.failed > 0
            answer.state = LOADED if self.loads > 2 else LOADING
        return answer

    def did(self, *kinds):
        return [event for event in self.events if event[0] in kinds]

    def is_finished(self):
        """Good has all that it is to have."""
        return self.aliases.get("good_now") == "good" and self.collections["good"].loaded == {"_default"}


def finished_once_bad_fails(server):
    server.may_fail = lambda: "good" in [event[1] for event in server.did("load")]


def test_what_is_whole_is_finished_though_another_one_fails(two, restore):
    """Its load is under way when the other one fails."""
    with Halting(slow=True) as server:
        finished_once_bad_fails(server)
        result = restore(server, "--load", ok=False)
        assert server.is_finished() and server.collections["good"].rows == 5
    assert server.aliases == {"good_now": "good"}
    assert "the disk is full" in result.err and "restored: default.good" in result.err
    assert "(not loaded" not in result.err and "(without" not in result.err
    assert "incomplete: default.bad (made by this restore)" in result.err
    assert "default.good: restored\n" in result.err and "default.bad: not finished\n" in result.err


def test_a_second_run_does_the_rest(two, restore):
    with Halting() as server:
        finished_once_bad_fails(server)
        restore(server, "--load", ok=False)
        good, before = server.collections["good"], len(server.events)
        server.outcome = lambda task, look: (COMPLETED if look > 1 else STARTED, "")
        restore(server, "--load", "-c", "bad", "--drop_exist_collection")
    assert server.collections["good"] is good and not any("good" in event[1:] for event in server.events[before:])
    assert server.aliases == {"good_now": "good", "bad_now": "bad"} and server.collections["bad"].loaded == {"_default"}


def test_a_replacement_that_is_filled_takes_its_place_though_another_one_fails(two, restore):
    with Halting(slow=True) as server:
        old = {name: server.make(name, rows=7) for name in ("good", "bad")}
        server.may_fail = lambda: any(event[0] == "load" for event in server.events)
        result = restore(server, "--load", "--drop_exist_collection", ok=False)
        assert server.is_finished()
    assert server.collections["bad"] is old["bad"] and server.collections["good"] is not old["good"]
    assert "as before: default.bad" in result.err and "restored: default.good" in result.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_what_is_whole_is_finished_before_the_end_of_a_run_that_is_stopped(two, data, tmp_path, how):
    with Halting() as server:
        server.may_fail = lambda: False
        program = program_for(server, data, tmp_path / "program")
        process = program.start("restore", "-n", "b", "--load")
        wait_until(lambda: "good" in server.collections and server.is_finished(), 30, "a collection that is finished")
        process.send_signal(how)
        result = program.finish(process)
    assert server.aliases == {"good_now": "good"}
    if how == signal.SIGINT:
        assert result.code == 130 and "restored: default.good" in result.err and "default.good: restored\n" in result.err


def test_an_alias_does_not_take_the_name_of_what_a_second_run_is_to_make(two, restore):
    """A server that is of no help: of what failed nothing is there that would have the name."""
    two.collection["aliases"] = ["badly", "good_now"]
    two.write()
    with Halting() as server:
        make = server.answers["CreateCollection"]
        no_room = status(code=65535, error_code=1, reason="no room for another one")
        server.answers["CreateCollection"] = lambda request: make(request) if request.collection_name == "good" else no_room
        result = restore(server, "-r", "bad:badly", "--set", "restore.concurrency.collections=1", ok=False)
    assert server.aliases == {"good_now": "good"}
    assert "default.good does not get its alias badly: a collection that is not restored is to have that name" in result.err


def test_a_load_that_fails_takes_no_alias_away(two, restore):
    with Server("2.4.9") as server:
        server.answers["LoadCollection"] = status(code=3, error_code=1, reason="no memory for that")
        result = restore(server, "--load", "-c", "good", ok=False)
    assert server.aliases == {"good_now": "good"}
    assert "restored: default.good (not loaded)" in result.err
