"""Many clients at once who list, look, create and cancel: no failure of the server, and memory that stays."""

import collections
import itertools
import json
import threading
import time
from pathlib import Path

from testbed.backup_server import BackupServer
from testbed.program import Program
from testbed.server import wait_until
from testbed.soak import soak_rounds
from wire.creating import Collections
from wire.rest import DATABASES, configuration

CLIENTS = 200
SECONDS = soak_rounds(5, 60)


def rss(server):
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def is_sanitized(server):
    """Then memory that was freed is kept aside for a while, and its use says nothing."""
    return "libasan" in Path(f"/proc/{server.pid}/maps").read_text()


class Crowd:
    """Clients with a connection each, for so long; answers by status."""

    def __init__(self, server):
        self.server = server
        self.statuses = collections.Counter()
        self.failures = []
        self.lock = threading.Lock()
        self.numbers = itertools.count()

    def run(self, seconds, clients=CLIENTS):
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=self._client, args=(i, until)) for i in range(clients)]
        for it in threads:
            it.start()
        for it in threads:
            it.join()

    def _client(self, number, until):
        mine, own = [], collections.Counter()
        try:
            connection = self.server.connect()
            for step in itertools.count(number):
                if time.monotonic() > until:
                    break
                method, target, body = self._next(step, mine)
                connection.request(method, f"/api/v1/{target}", body and json.dumps(body))
                reply = connection.getresponse()
                answer = reply.read()
                own[method, target.split("?")[0], reply.status] += 1
                data = json.loads(answer).get("data") if target == "create" else None
                if data and number % 2:  # none where the name is taken, or too many wait
                    mine.append(data["id"])
            connection.close()
        except Exception as error:  # noqa: BLE001 - told by the test, since a thread's own end is not heard
            with self.lock:
                self.failures.append(repr(error))
        with self.lock:
            self.statuses.update(own)

    def _next(self, step, mine):
        kind = step % 10
        if mine:
            return "POST", f"cancel?id={mine.pop()}", None
        if kind == 0:
            body = {"backup_name": f"load{next(self.numbers) % 300}", "async": True, "collection_names": ["empty"]}
            return "POST", "create", body
        if kind == 5:  # makes room for those that are created
            return "DELETE", f"delete?backup_name=load{next(self.numbers) % 300}", None
        if kind in (1, 6):
            return "GET", "list", None
        if kind in (2, 7):
            return "GET", "tasks?limit=20", None
        return "GET", f"get_backup?backup_name=load{step % 300}", None


def test_a_crowd_breaks_nothing(tmp_path):
    (tmp_path / "data").mkdir()
    with Collections(DATABASES) as milvus:
        program = Program(tmp_path / "program", configuration(milvus, tmp_path, server={"history": 100}))
        with BackupServer(program) as server:
            Crowd(server).run(SECONDS / 2)
            warm = rss(server)
            crowd = Crowd(server)
            crowd.run(SECONDS)
            assert not crowd.failures, crowd.failures[:3]
            bad = {it: count for it, count in crowd.statuses.items() if it[2] not in (200, 429)}
            assert not bad, bad
            kinds = {(method, target) for method, target, _ in crowd.statuses}
            assert {("POST", "create"), ("POST", "cancel"), ("GET", "list"), ("GET", "get_backup")} <= kinds
            assert crowd.statuses["POST", "create", 200] > 10
            assert is_sanitized(server) or rss(server) < warm * 1.25 + 16, f"{warm} MiB when warm, then {rss(server)}"
            waiting = ("queued", "running")
            wait_until(
                lambda: all(server.get("tasks", state=it, limit=1).json()["total"] == 0 for it in waiting),
                60,
                "the end of what was asked for",
            )
