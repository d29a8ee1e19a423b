"""What a server says of itself to probes and to the console: alive, ready, and which part does not answer."""

import shutil
import threading
import time

from testbed.backup_server import BackupServer
from testbed.ports import free_port
from testbed.program import Program
from testbed.server import wait_until
from wire.creating import Collections
from wire.rest import DATABASES, configuration, serving

PARTS = ("milvus", "milvus_storage", "backup_storage")


def test_all_is_well(tmp_path):
    with serving(tmp_path) as server:
        before = int(time.time() * 1000)
        health = server.get("health").data
        assert [health[part]["reachable"] for part in PARTS] == [True, True, True], health
        assert health["milvus"]["place"] == f"127.0.0.1:{server.milvus.port}" and health["milvus"]["version"]
        assert str(tmp_path / "data") in health["milvus_storage"]["place"]
        assert {health[part]["error"] for part in PARTS} == {""}
        assert before <= health["checked_at"] <= time.time() * 1000
        assert server.get("health").data == health, "what is fresh is not asked again"
        ready = server.get("/readyz")
        assert (ready.status, ready.json()) == (200, {"ready": True, **dict.fromkeys(PARTS, True)})
        alive = server.get("/healthz")
        assert (alive.status, alive.text) == (200, "ok")
        assert not (tmp_path / "backup").exists() and not list((tmp_path / "data").iterdir()), "nothing is written"


class Nobody:
    """Where no Milvus listens."""

    web = ""

    def __enter__(self):
        self.port = free_port()
        return self

    def __exit__(self, *_):
        pass


def test_what_does_not_answer_is_named(tmp_path):
    with serving(tmp_path, Nobody()) as server:
        shutil.rmtree(tmp_path / "data")
        began = time.monotonic()
        answers = []
        asking = [threading.Thread(target=lambda: answers.append(server.get("health").data)) for _ in range(20)]
        for it in asking:
            it.start()
        assert server.get("/healthz").text == "ok", "a server whose Milvus is gone is alive"
        for it in asking:
            it.join()
        assert time.monotonic() - began < 8, "no longer than the time they have together"
        assert len({it["checked_at"] for it in answers}) == 1, "one asks for all"
        health = answers[0]
        assert [health[part]["reachable"] for part in PARTS] == [False, False, True], health
        assert f"127.0.0.1:{server.milvus.port}" in health["milvus"]["error"]
        assert str(tmp_path / "data") in health["milvus_storage"]["error"]
        ready = server.get("/readyz")
        assert ready.status == 503 and "127.0.0.1" not in ready.text and str(tmp_path) not in ready.text
        assert ready.json() == {"ready": False, "milvus": False, "milvus_storage": False, "backup_storage": True}
        (tmp_path / "data").mkdir()
        wait_until(lambda: server.get("/readyz").json()["milvus_storage"], 30, "what is known to be asked anew")


def test_probes_need_no_credential_and_the_rest_does(tmp_path):
    (tmp_path / "data").mkdir()
    with Collections(DATABASES) as fake:
        token = {"MILVUS_BACKUP_TOKEN": "a" * 20}
        program = Program(tmp_path / "program", configuration(fake, tmp_path), environment=token)
        with BackupServer(program) as server:
            assert server.get("/healthz").status == 200 and server.get("/readyz").status == 200
            assert server.get("health").status == 401
            allowed = {"Authorization": "Bearer " + "a" * 20}
            assert server.get("health", headers=allowed).data["milvus"]["reachable"]
