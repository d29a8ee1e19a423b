"""Many clients that list at once: they share runs of the storage, and each is told what was true while it asked."""

import re
import shutil
import socket
import threading
import time
from dataclasses import dataclass, field

import pytest
from wire.metrics import Metrics
from wire.rest import serving

CLIENTS = 200
LISTERS = 24
BACKUPS = 40
ROUNDS = 12
LENGTH = re.compile(rb"Content-Length: (\d+)")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("lists")) as running:
        running.post("create", {"backup_name": "held0", "meta_only": True})
        for i in range(1, BACKUPS):
            shutil.copytree(running.backups / "held0", running.backups / f"held{i}")
        yield running


def listings(server):
    """How often the storage was asked for a page of a listing."""
    return Metrics(server).sum("milvus_backup_calls_total", service="backup_storage", operation="list")


def receive(connection):
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1 << 20)
    head, _, body = answer.partition(b"\r\n\r\n")
    while len(body) < int(LENGTH.search(head)[1]):
        body += connection.recv(1 << 20)
    assert head.startswith(b"HTTP/1.1 200 "), head
    return body


def ask_at_once(server, target, count):
    connections = [socket.create_connection((server.host, server.port), timeout=60) for _ in range(count)]
    for it in connections:
        it.sendall(f"GET /api/v1/{target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    answers = [receive(it) for it in connections]
    for it in connections:
        it.close()
    return answers


def names_in(answer):
    return set(re.findall(rb'"name":"(\w+)"', answer))


def test_many_who_ask_at_once_share_what_is_read(server):
    ask_at_once(server, "list", 1)
    before = listings(server)
    ask_at_once(server, "list", 1)
    one = listings(server) - before
    assert one > BACKUPS
    before = listings(server)
    answers = ask_at_once(server, "list", CLIENTS)
    assert all(len(names_in(it)) == BACKUPS for it in answers)
    assert listings(server) - before < one * CLIENTS / 4


def test_each_gets_the_answer_to_its_own_question(server):
    targets = ["list", "list?collection_name=none", "list?detail=true", "list?collection_name=empty"]
    expected = [ask_at_once(server, it, 1)[0] for it in targets]
    assert len({re.sub(rb'"requestId":"[^"]*"', b"", it) for it in expected}) == 3, "every backup holds empty"
    answers = [None] * len(targets)

    def ask(i):
        answers[i] = ask_at_once(server, targets[i], CLIENTS // 8)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(targets))]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    for many, one in zip(answers, expected):
        assert {re.sub(rb'"requestId":"[^"]*"', b"", it) for it in many} == {re.sub(rb'"requestId":"[^"]*"', b"", one)}
        assert len({re.search(rb'"requestId":"([^"]*)"', it)[1] for it in many}) == len(many), "ids are the callers' own"


@dataclass
class Life:
    """When a backup was surely there, and when it was surely not."""

    begun: float = 0
    made: float = float("inf")
    deleting: float = float("inf")
    deleted: float = float("inf")


@dataclass
class Look:
    begun: float
    ended: float = 0
    names: set = field(default_factory=set)


def live(server, lives, number):
    for i in range(ROUNDS):
        name = f"brief{number}_{i}"
        life = lives[name.encode()] = Life(begun=time.monotonic())
        assert server.post("create", {"backup_name": name, "meta_only": True}).json()["msg"] == "success"
        life.made = time.monotonic()
        look = ask_at_once(server, "list", 1)[0]
        assert name.encode() in names_in(look), "a list shows what was made before it was asked for"
        life.deleting = time.monotonic()
        assert server.delete("delete", backup_name=name).json()["msg"] == "success"
        life.deleted = time.monotonic()
        look = ask_at_once(server, "list", 1)[0]
        assert name.encode() not in names_in(look), "nor what was deleted"


def look_until(server, looks, over):
    while not over.is_set():
        look = Look(time.monotonic())
        look.names = names_in(ask_at_once(server, "list", 1)[0])
        look.ended = time.monotonic()
        looks.append(look)


def test_lists_tell_what_was_there_while_they_were_asked_for(server):
    lives, looks, failures, over = {}, [], [], threading.Event()

    def work(number):
        try:
            live(server, lives, number)
        except Exception as error:  # noqa: BLE001 - told by the test, since a thread's own end is not heard
            failures.append(error)

    makers = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    listers = [threading.Thread(target=look_until, args=(server, looks, over)) for _ in range(LISTERS)]
    for it in makers + listers:
        it.start()
    for it in makers:
        it.join()
    over.set()
    for it in listers:
        it.join()
    assert not failures, failures
    assert len(looks) > LISTERS
    for look in looks:
        held = {it for it in look.names if it.startswith(b"held")}
        assert len(held) == BACKUPS
        for name, life in lives.items():
            if life.made < look.begun and look.ended < life.deleting:
                assert name in look.names
            if life.deleted < look.begun or look.ended < life.begun:
                assert name not in look.names


def reads(server):
    return Metrics(server).sum("milvus_backup_calls_total", service="backup_storage", operation="get")


def test_what_has_not_changed_is_not_read_again(server):
    """Of a backup that was replaced, by one of the same size, all is told anew, and of the others nothing is read."""
    target = "list?all=true&detail=true&collection_name=partitions"
    known = {it["name"]: it["milvus_version"] for it in server.get(target).data}
    assert len(known) == BACKUPS and set(known.values()) == {known["held0"]}
    before = reads(server)
    assert {it["name"]: it["milvus_version"] for it in server.get(target).data} == known
    assert reads(server) == before
    version = known["held0"][:-1] + ("0" if known["held0"][-1] != "0" else "1")
    meta = server.backups / "held7" / "meta" / "backup_meta.json"
    text = meta.read_text()
    meta.with_suffix(".new").write_text(text.replace(known["held0"], version))
    meta.with_suffix(".new").replace(meta)
    assert meta.stat().st_size == len(text.encode())
    assert {it["name"]: it["milvus_version"] for it in server.get(target).data} == known | {"held7": version}
    assert 0 < reads(server) - before <= 4
    shutil.rmtree(server.backups / "held9")
    assert {it["name"] for it in server.get(target).data} == set(known) - {"held9"}
