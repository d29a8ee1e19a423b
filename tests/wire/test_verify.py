"""verify on the store of every driver: whole backups pass, and whatever is wrong with one is named."""

import base64
import contextlib
import json
import tarfile

import pytest
from testbed import Azurite
from testbed.components import ROOT
from testbed.crc32c import crc32c
from testbed.program import CORRUPT, NOT_FOUND, USAGE, Program

from wire.clouds import GcsInMemory
from wire.s3_servers import SERVERS

BUCKET = "a-bucket"
KEY = base64.b64encode(b"k" * 64).decode()
ARCHIVES = ["go_v0_4_15", "go_v0_5_16"]


def unpack(name, folder):
    with tarfile.open(ROOT / "tests" / "data" / "interop" / f"{name}.tar.gz") as archive:
        archive.extractall(folder)
    return folder / name


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def recorded(objects):
    """With a record of every object, as create keeps it."""
    binlogs = {key: data for key, data in objects.items() if key.startswith("binlogs/")}
    lines = [json.dumps({"key": key, "size": len(data), "crc32c": f"{crc32c(data):08x}"}) for key, data in binlogs.items()]
    return {**objects, "meta/objects.jsonl": "\n".join(lines).encode()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A backup's objects by their names in it."""
    return recorded(contents(unpack(ARCHIVES[1], tmp_path_factory.mktemp("made"))))


# ------------------------------------------------------------- the stores


@contextlib.contextmanager
def folder_of(driver, server, path):
    path.mkdir()
    yield {"root": str(path)}, {"storageType": "local", "bucketName": "none", "rootPath": str(path.parent), "backupRootPath": str(path)}


@contextlib.contextmanager
def bucket_of(driver, server, path):
    with SERVERS[server]() as (store, options):
        store.make_bucket(BUCKET)
        keys = {"storageType": driver, "address": options["address"], "port": options["port"], **store.credentials()}
        yield options, keys


@contextlib.contextmanager
def container_of(driver, server, path):
    with Azurite(accounts={"account1": KEY}) as store:
        options = {"accountName": "account1", "auth.accountKey": KEY, "address": store.address, "port": store.port}
        yield options, store.storage(BUCKET, "files")


@contextlib.contextmanager
def google_of(driver, server, path):
    with GcsInMemory() as store:
        options = {"address": store.address, "port": store.port, "useSSL": "false", "auth.type": "none"}
        keys = {**store.storage(BUCKET, "files"), "useIAM": True, "options": {"auth.type": "none"}}
        yield options, {**keys, "backupOptions": keys["options"]}


PLACES = [
    *((folder_of, "local", None), (container_of, "azure", None), (google_of, "gcpnative", None)),
    *((bucket_of, driver, "versitygw") for driver in ("minio", "s3", "gcp")),
    *((bucket_of, *pair) for pair in (("aliyun", "oss"), ("tencent", "cos"), ("hwc", "obs"))),
]


@pytest.fixture(params=PLACES, ids=[driver for _, driver, _ in PLACES])
def place(request, drivers, tmp_path):
    """put and remove for objects of the backup "b", and the program that is to verify it."""
    make, driver, server = request.param
    with make(driver, server, tmp_path / "backups") as (options, keys):
        root = "" if driver == "local" else "deep/backups/"
        bucket = {} if driver == "local" else {"bucketName": BUCKET, "backupBucketName": BUCKET, "useSSL": False}
        where = {"backupRootPath": "deep/backups", "rootPath": "files"} | bucket | keys
        program = Program(tmp_path / "program", {"minio": where, "transfer": {"patienceSeconds": 0}})
        answer = drivers.open(driver, {**options, **({"bucketName": BUCKET} if bucket else {})})
        assert answer["status"] == "ok", answer
        if driver in ("azure", "gcpnative"):
            drivers.ok("create_bucket", store="a")
        yield (
            lambda name, data: drivers.ok("put", store="a", key=f"{root}b/{name}", data=data),
            lambda name: drivers.ok("remove", store="a", key=f"{root}b/{name}"),
            program,
        )


def test_what_is_wrong_is_named(place, whole):
    put, remove, program = place
    for name, data in whole.items():
        put(name, data)
    report = program.ok("verify", "-n", "b", "--read-data", "--json").json()
    binlogs = sorted(name for name in whole if name.startswith("binlogs/"))
    assert report["whole"] and report["faults"] == []
    assert report["objects"] == len(whole) and report["checksums_compared"] == len(binlogs)

    flipped, shorter, gone = binlogs[0], binlogs[len(binlogs) // 2], binlogs[-1]
    put(flipped, bytes([whole[flipped][0] ^ 4]) + whole[flipped][1:])
    put(shorter, whole[shorter][:-1])
    remove(gone)
    put(gone + "1", b"an object too many")
    put("meta/segment_meta.json", whole["meta/segment_meta.json"].replace(b'"num_of_rows":51', b'"num_of_rows":50'))
    result = program.fails("verify", "-n", "b", "--read-data", code=CORRUPT)
    size = len(whole[shorter])
    assert [line.split(": expected ")[0] for line in result.out.splitlines()] == [
        f"missing: {gone}",
        f"size: {shorter}",
        f"checksum: {flipped}",
        "description: meta/segment_meta.json",
        f"stray: {gone}1",
    ]
    assert f"size: {shorter}: expected {size} bytes, found {size - 1} bytes\n" in result.out
    assert f"checksum: {flipped}: expected CRC32C {crc32c(whole[flipped]):08x}, found CRC32C " in result.out
    assert "5 faults were found" in result.err


# ------------------------------------------------------------- the rest, in a folder


@pytest.fixture
def program(tmp_path):
    keys = {"storageType": "local", "bucketName": "none", "rootPath": str(tmp_path), "backupRootPath": str(tmp_path / "backups")}
    return Program(tmp_path / "program", {"minio": keys, "transfer": {"patienceSeconds": 0}})


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_backup_of_the_go_program(program, tmp_path, name):
    made = contents(unpack(name, tmp_path / "backups"))
    binlogs = [key for key in made if key.startswith("binlogs/")]
    result = program.ok("verify", "-n", name, "--read-data")
    assert result.out == "" and f"backup {name} is whole" in result.err
    assert f"{len(binlogs)} have none recorded" in result.err and "has no list of its objects" in result.err
    path = tmp_path / "backups" / name / binlogs[3]
    path.write_bytes(path.read_bytes()[:-1])
    assert program.fails("verify", "-n", name, code=CORRUPT).out.startswith(f"size: {binlogs[3]}: expected ")


def test_a_stray_beside_the_binlogs_is_told_and_no_damage(program, tmp_path, whole):
    for name, data in {**whole, "notes.txt": b"mine"}.items():
        path = tmp_path / "backups" / "b" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    result = program.ok("verify", "-n", "b")
    assert result.out == "stray: notes.txt: expected nothing, found 4 bytes\n" and "no part of the backup" in result.err
    nights = [program.ok("verify", "-n", "b", f"--read-data={night}/3", "--json").json() for night in (1, 2, 3)]
    assert sum(night["objects_read"] for night in nights) == sum(name.startswith("binlogs/") for name in whole)


def test_what_cannot_be_verified(program):
    assert "not found" in program.fails("verify", "-n", "nothing", code=NOT_FOUND).err
    assert "N/T" in program.fails("verify", "-n", "b", "--read-data=3/2", code=USAGE).err
