"""A backup's journey through a store: out to it, inside of it by parts, back, and away; every byte is compared."""

import hashlib
import json
import tarfile

from testbed.components import ROOT
from testbed.crc32c import crc32c
from testbed.program import Program

from wire.restoring import Backup

BUCKET = "a-bucket"
OUT, INSIDE = "a folder/\u00fcber/out", "a folder/\u00fcber/in+side"
MIB = 1 << 20
LARGE = 6 * MIB + 12345  # two copied parts where the least size of a part is 5 MiB
LARGE_KEY = "binlogs/insert_log/1/10/20/20/101/7"
LARGE_CRC32C = "686ef80b"
THRESHOLD = {"multipartCopyThresholdMiB": 1}


def unpack_of_go(folder):
    """A backup that the Go program made; it records no checksums."""
    with tarfile.open(ROOT / "tests" / "data" / "interop" / "go_v0_5_16.tar.gz") as archive:
        archive.extractall(folder)
    return "go_v0_5_16"


def make_of_ours(folder):
    """A backup with checksums and a binlog that is copied by parts."""
    name = "ours"
    backup = Backup(folder / name).partition(10, "_default").segment(20).segment(21, deletes=True)
    segment = backup.collection["partition_backups"][0]["segment_backups"][0]
    [field] = (one for one in segment["binlogs"] if one["fieldID"] == 101)
    field["binlogs"][0]["log_size"] = LARGE
    backup.write()
    binlogs = sorted(path for path in (folder / name / "binlogs").rglob("*") if path.is_file())
    lines = []
    for path in binlogs:
        key = path.relative_to(folder / name).as_posix()
        is_large = key == LARGE_KEY
        data = hashlib.shake_128(key.encode()).digest(LARGE if is_large else 10)
        path.write_bytes(data)
        crc = LARGE_CRC32C if is_large else f"{crc32c(data):08x}"
        lines.append(json.dumps({"key": key, "size": len(data), "crc32c": crc}) + "\n")
    (folder / name / "meta" / "objects.jsonl").write_text("".join(lines))
    return name


def make_many(folder):
    """A backup whose listing has more than one page."""
    name = "many"
    backup = Backup(folder / name).partition(10, "_default")
    for number in range(260):
        backup.segment(20 + number)
    backup.write()
    return name


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Journey:
    """store: an S3 server; makers: the functions that make the backups, each from a folder to a name; roots: two folders."""

    def __init__(self, store, driver, folder, makers=(unpack_of_go, make_of_ours), roots=(OUT, INSIDE)):
        self.store = store
        self.driver = driver
        self.folder = folder
        self.home = folder / "home"
        self.names = [make(self.home) for make in makers]
        self.made = {name: contents(self.home / name) for name in self.names}
        self.out, self.inside = roots

    def local(self, root):
        keys = {"storageType": "local", "bucketName": "none", "rootPath": str(self.folder)}
        return {**keys, "backupRootPath": str(root), **THRESHOLD}

    def bucket(self, root):
        keys = {**self.store.storage(BUCKET, "files"), "storageType": self.driver, "region": self.store.region}
        return {**keys, "backupBucketName": BUCKET, "backupRootPath": root, **THRESHOLD}

    def program(self, place, mode="auto"):
        return Program(self.folder / "program", {"minio": place, "transfer": {"mode": mode}})

    def other(self, place):
        """The configuration of the other side, as --to takes it."""
        path = self.folder / "other.yaml"
        path.write_text(json.dumps({"minio": place}))
        return path

    def log(self):
        return self.program({}).log()

    def declined_parts(self):
        """Did the server refuse to copy an object by parts?"""
        return "does not copy parts of objects" in self.log()

    def move(self, name, here, there, mode="auto"):
        """Transfers a backup that must arrive whole."""
        result = self.program(here, mode).ok("transfer", "-n", name, "--to", self.other(there), "--json")
        report = result.json()
        assert report["objects"] == len(self.made[name]), result
        assert report["bytes"] == sum(map(len, self.made[name].values())), result

    def run(self, mode="auto"):
        """Brings every backup through the store; mode: how it goes from place to place inside."""
        back = self.folder / "back"
        for name in self.names:
            self.move(name, self.local(self.home), self.bucket(self.out))
            self.move(name, self.bucket(self.out), self.bucket(self.inside), mode)
            self.program(self.bucket(self.out)).ok("delete", "-n", name)
            self.move(name, self.bucket(self.inside), self.local(back))
            assert contents(back / name) == self.made[name]
            self.program(self.bucket(self.inside)).ok("delete", "-n", name)
            assert [key for key in self.store.keys(BUCKET) if not key.endswith("/")] == []
