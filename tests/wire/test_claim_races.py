"""Two programs that want one name: exactly one succeeds, and what is called complete is whole.

On a local disk, on S3, on a service that cannot refuse to overwrite, and on one that says it refuses and does not.
"""

import json
import random
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pymilvus.grpc_gen import common_pb2, milvus_pb2
from testbed.program import EXISTS, NOT_FOUND, Program
from testbed.soak import soak_rounds
from testbed.stores import VersityGw
from testbed.strict_proxy import RefuseAwsChunked, RefusePathStyle, Rule, StrictProxy

from wire.s3_rules import CapitalEtags, resign
from wire.s3_servers import DOMAIN
from wire.test_create import COLLECTION, PARTITION, SEGMENT, Data, Server

BUCKET = "a-bucket"
SEGMENTS = 4
AT_ONCE = 4  # rounds, which disturb each other's times
KINDS = ("local", "minio", "nothing-refused", "not-kept")


class IgnoreConditions(Rule):
    """A service that takes If-None-Match and overwrites all the same."""

    def __init__(self, secret_key):
        self.secret_key = secret_key
        self.hits = 0

    def request(self, request):
        if "If-None-Match" not in request.headers:
            return
        signed = re.sub(r"(?<=[=;])if-none-match;?", "", request.headers["Authorization"])
        request.headers.replace_header("Authorization", re.sub(r";(?=,)", "", signed))
        del request.headers["If-None-Match"]
        resign(request, self.secret_key)
        self.hits += 1


class Place:
    """Where backups go: `keys` of the program's configuration, and the folder in which their objects lie as files."""

    def __init__(self, kind, folder, **keys):
        self.kind = kind
        self.folder = folder
        self.keys = keys

    def configuration(self, root):
        return {**self.keys, "rootPath": str(self.folder / root) if self.kind == "local" else root}

    def objects(self, root):
        top = self.folder / root
        return {path.relative_to(top).as_posix(): path.stat().st_size for path in top.rglob("*") if path.is_file()}


def bucket(store, kind, provider, address, port):
    keys = {"accessKeyID": store.access_key, "secretAccessKey": store.secret_key, "type": "static"}
    return Place(
        kind, store.data / BUCKET, provider=provider, address=address, port=port, useSSL=False, bucketName=BUCKET, auth=keys
    )


@pytest.fixture(scope="module", params=KINDS)
def place(request, tmp_path_factory):
    kind = request.param
    if kind == "local":
        yield Place(kind, tmp_path_factory.mktemp("local"), provider="local")
        return
    bare = kind == "nothing-refused"
    with VersityGw(virtual_domain=DOMAIN if bare else None) as store:
        store.make_bucket(BUCKET)
        rules = {
            "minio": [],
            "nothing-refused": [RefusePathStyle(DOMAIN), RefuseAwsChunked(), CapitalEtags(store.secret_key)],
            "not-kept": [IgnoreConditions(store.secret_key)],
        }[kind]
        with StrictProxy(store.port, rules) as proxy:
            yield bucket(store, kind, "hwc" if bare else "minio", DOMAIN if bare else store.address, proxy.port)
            assert kind != "not-kept" or rules[0].hits > 0


@pytest.fixture(scope="module")
def milvus(tmp_path_factory):
    """A fake Milvus with a few flushed segments on a local disk: its port and its folder."""
    folder = tmp_path_factory.mktemp("milvus")
    with Server() as server:
        segments = []
        for number in range(SEGMENTS):
            segments.append(
                milvus_pb2.PersistentSegmentInfo(
                    segmentID=SEGMENT + number,
                    collectionID=COLLECTION,
                    partitionID=PARTITION,
                    num_rows=9,
                    state=common_pb2.SegmentState.Flushed,
                )
            )
            part = Data(folder)
            for field in (0, 1, 100, 101):
                path = folder / f"insert_log/{COLLECTION}/{PARTITION}/{SEGMENT + number}/{field}/{1000 + field}"
                path.parent.mkdir(parents=True)
                path.write_bytes(b"0123456789")
            assert part.folder == folder
        server.answers["GetPersistentSegmentInfo"] = milvus_pb2.GetPersistentSegmentInfoResponse(infos=segments)
        yield server.port, folder


def program(folder, milvus, place, root, prefix=()):
    port, data = milvus
    config = {
        "configVersion": "v2",
        "milvus": {
            "grpc": {"address": "127.0.0.1", "port": port},
            "storage": {"provider": "local", "rootPath": str(data)},
        },
        "backup": {"storage": place.configuration(root)},
        "log": {"console": False},
    }
    return Program(folder, config, prefix=prefix)


def raced(*starts):
    """Runs commands that begin at about the same time; their results in the order given."""
    running = []
    for runner, arguments, delay in starts:
        time.sleep(delay)
        running.append((runner, runner.start(*arguments)))
    return [runner.finish(process, timeout=120) for runner, process in running]


def is_complete(runner, name):
    [listed] = [backup for backup in runner.ok("list", "--json").json() if backup["name"] == name] or [{"state": "none"}]
    return listed["state"] == "complete"


def assert_whole(runner, place, root, name):
    """Every object of the description is there with its size, and nothing else."""
    objects = place.objects(f"{root}/{name}")
    described = json.loads(runner.ok("get", "-n", name, "--detail").out)
    [partition] = described["collection_backups"][0]["partition_backups"]
    assert len(partition["segment_backups"]) == SEGMENTS
    wanted = {}
    for segment in partition["segment_backups"]:
        for field in segment["binlogs"]:
            for log in field["binlogs"]:
                key = log["log_path"].split("insert_log/")[1].split("/")
                group = [str(segment["group_id"])] if segment.get("group_id") else []
                wanted["/".join(["binlogs/insert_log", *key[:2], *group, *key[2:]])] = log["log_size"]
    assert len(wanted) == SEGMENTS * 4
    assert {key: size for key, size in objects.items() if key.startswith("binlogs/")} == wanted
    assert "meta/in_progress.json" not in objects
    recorded = (place.folder / root / name / "meta" / "objects.jsonl").read_text().splitlines()
    assert {json.loads(line)["key"] for line in recorded} == set(wanted)


def one_success(results, losers=(EXISTS,)):
    codes = sorted(result.code for result in results)
    told = "\n".join(map(str, results))
    assert codes.count(0) == 1, told
    assert all(code in losers for code in codes if code), told


def in_rounds(body, rounds):
    """Calls body(number) for every round, a few at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(body, range(rounds)))


ROUNDS = soak_rounds(4, 200)
CREATE = ("create", "--force", "-n")


@pytest.mark.soak
def test_of_two_creates_one_succeeds(place, milvus, tmp_path):
    def body(number):
        root, name = f"creates{number}", "b"
        first, second = (program(tmp_path / f"{who}{number}", milvus, place, root) for who in "ab")
        delay = random.Random(number).choice([0, 0, 0.02, 0.1])
        results = raced((first, [*CREATE, name], 0), (second, [*CREATE, name], delay))
        one_success(results)
        assert is_complete(first, name)
        assert_whole(first, place, root, name)

    in_rounds(body, ROUNDS)


@pytest.mark.soak
@pytest.mark.parametrize("force", [False, True], ids=["asked", "forced"])
def test_of_a_create_and_a_resume_from_another_host_one_succeeds(place, milvus, tmp_path, force):
    prefix = ("unshare", "--uts", "sh", "-c", 'hostname another-host && exec "$0" "$@"')
    if subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("no permission to be another host")

    def body(number):
        root, name = f"resumes{force:d}{number}", "b"
        first = program(tmp_path / f"a{number}", milvus, place, root)
        second = program(tmp_path / f"b{number}", milvus, place, root, prefix)
        delay = random.Random(number).choice([0, 0.02, 0.05, 0.1, 0.2])
        resume = [*CREATE, name, "--resume", *(["--take_over"] if force else [])]
        results = raced((first, [*CREATE, name], 0), (second, resume, delay))
        one_success(results)
        assert is_complete(first, name)
        assert_whole(first, place, root, name)

    in_rounds(body, ROUNDS)


def made(tmp_path, milvus, place, number, kind):
    """A backup, and its copies' root: (program that sees the copies, the configuration of the source)."""
    source = program(tmp_path / f"s{number}", milvus, place, f"{kind}{number}/from")
    source.ok(*CREATE, "b")
    return f"{kind}{number}/to", source.folder / "configs" / "backup.yaml"


@pytest.mark.soak
def test_of_two_transfers_one_succeeds(place, milvus, tmp_path):
    def body(number):
        root, source = made(tmp_path, milvus, place, number, "transfers")
        first, second = (program(tmp_path / f"{who}{number}", milvus, place, root) for who in "ab")
        delay = random.Random(number).choice([0, 0, 0.02, 0.1])
        transfer = ["transfer", "-n", "b", "--from", source]
        results = raced((first, transfer, 0), (second, transfer, delay))
        one_success(results)
        assert is_complete(first, "b")
        assert_whole(first, place, root, "b")

    in_rounds(body, ROUNDS)


@pytest.mark.soak
def test_a_transfer_and_a_delete_leave_a_whole_backup_or_none(place, milvus, tmp_path):
    def body(number):
        root, source = made(tmp_path, milvus, place, number, "deletes")
        first, second = (program(tmp_path / f"{who}{number}", milvus, place, root) for who in "ab")
        delay = random.Random(number).choice([0.02, 0.05, 0.1, 0.2, 0.3])
        delete = ["delete", "-n", "b", *(["--force"] if number % 4 else [])]
        moved, deleted = results = raced((first, ["transfer", "-n", "b", "--from", source], 0), (second, delete, delay))
        told = "\n".join(map(str, results))
        assert moved.code in (0, EXISTS) and deleted.code in (0, EXISTS, NOT_FOUND), told
        assert moved.code == 0 or deleted.code == 0, told
        complete = is_complete(first, "b")
        if complete:
            assert_whole(first, place, root, "b")
        assert complete == (moved.code == 0 and deleted.code != 0), told

    in_rounds(body, ROUNDS)
