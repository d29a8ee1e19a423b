"""A restore over a collection that serves is killed at every step: all rows of before are there, or all of the backup."""

import contextlib
import threading

import pytest
from pymilvus import MilvusException
from testbed import Milvus
from testbed.data import make_simple
from testbed.grpc_proxy import GrpcProxy
from testbed.program import Program
from testbed.rows import read_rows
from testbed.server import wait_until
from testbed.soak import soak_rounds

NAME, ALIAS = "served", "alias_of_it"
# How often these are called is up to the server; so often they are for sure.
POLLS = {"GetImportState": 1, "GetLoadingProgress": 0, "GetPersistentSegmentInfo": 1, "GetLoadState": 4}
FEW = [("CreateCollection", 1, "after"), ("Import", 1, "after"), ("RenameCollection", 1, "after"), ("AlterAlias", 1, "before")]


class Place:
    """A Milvus of its own, two backups of NAME with other rows, and the program, which reaches Milvus by a proxy."""

    def __init__(self, milvus, proxy, folder):
        self.milvus = milvus
        self.proxy = proxy
        self.rows = {}
        config = milvus.config()
        self.direct = Program(folder / "direct", config)
        self.program = Program(folder / "killed", {**config, "milvus": {**config["milvus"], "port": proxy.port}})
        for backup, count in (("first", 300), ("second", 445)):
            self._make(backup, count)

    def _make(self, backup, count):
        with self.milvus.client() as client:
            if client.has_collection(NAME):
                client.drop_collection(NAME)
            make_simple(client, NAME, count, load=False)
            client.create_partition(NAME, "north")
            client.insert(NAME, [{"id": 1000, "s": backup, "vec": [0, 0, 0, 1]}], partition_name="north")
            client.load_collection(NAME)
        self.rows[backup] = read_rows(self.milvus, NAME)
        self.direct.ok("create", "-n", backup, "-c", NAME)

    def restore(self, backup):
        return ["restore", "-n", backup, "-c", NAME, "--drop_exist_collection", "--restore_index"]

    def points(self):
        """Every call of a restore that nothing disturbs, before and after."""
        self.proxy.forget()
        self.program.ok(*self.restore("first"))
        calls = self.proxy.calls
        nth = [calls[: at + 1].count(name) for at, name in enumerate(calls)]
        steps = [(name, n) for name, n in zip(calls, nth, strict=True) if n <= POLLS.get(name, n)]
        return [(*step, side) for step in steps for side in ("before", "after")]

    def kill(self, backup, point):
        """Starts a restore, which dies at the point; True when it did."""
        reached, dead = threading.Event(), threading.Event()

        def stop():
            reached.set()
            dead.wait(60)

        self.proxy.at(*point, stop)
        process = self.program.start(*self.restore(backup))
        while not reached.wait(0.02) and process.poll() is None:
            pass
        process.kill()
        result = self.program.finish(process)
        dead.set()
        self.proxy.forget()
        if not self.milvus.is_running():  # 2.3.5 falls over easily while it imports
            self.milvus.start()
        return result.code == -9

    def rows_of(self, name):
        """Also of a server that has just been started and does not serve everything yet."""
        wait_until(lambda: self._count(name) is not None, 120, f"{name} serves")
        return read_rows(self.milvus, name)

    def _count(self, name):
        with contextlib.suppress(MilvusException), self.milvus.client() as client:
            return client.query(name, filter="", output_fields=["count(*)"], consistency_level="Strong")[0]["count(*)"]

    def names(self):
        with self.milvus.client() as client:
            return set(client.list_collections())

    def check_serving(self, backup):
        """All of its rows, by its name and by the alias, without anybody loading it."""
        for name in (NAME, ALIAS):
            assert self._count(name) == len(self.rows[backup]), name
        assert read_rows(self.milvus, NAME) == self.rows[backup]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with Milvus() as milvus, GrpcProxy(milvus.port) as proxy:
        place = Place(milvus, proxy, tmp_path_factory.mktemp("killed"))
        with milvus.client() as client:
            client.create_alias(NAME, ALIAS)
        yield place


@pytest.mark.soak
def test_a_restore_that_is_killed_at_any_step_loses_nothing(place):
    points = place.points()
    assert len(points) >= 40 and set(FEW) <= set(points)
    before, wanted = "first", "second"
    for point in soak_rounds(FEW, points):
        killed = place.kill(wanted, point)
        assert killed, f"{point} was not reached"
        if NAME in place.names():
            rows = place.rows_of(NAME)
            assert rows in (place.rows[before], place.rows[wanted]), point
        else:
            assert point[0] == "RenameCollection", point
            [put_aside] = [name for name in place.names() if "_mb_replaced_" in name]
            assert place.rows_of(put_aside) == place.rows[before], point
        assert len(place.rows_of(ALIAS)) in {len(rows) for rows in place.rows.values()}, point
        place.direct.ok(*place.restore(wanted))
        place.check_serving(wanted)
        assert place.names() == {NAME}, point
        before, wanted = wanted, before
