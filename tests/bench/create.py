"""`create` of a large collection: inside one service and to another, against rclone copying the same objects."""

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

from bench import measure, rclone
from bench.measure import GB
from bench.stores import KeptVersityGw
from testbed import Milvus
from testbed.components import ROOT
from testbed.data import make_big_collection
from testbed.program import Program

COLLECTION = "big"
BACKUP_BUCKET = "backups"
MEMORY_BESIDE_BUDGET = 32  # MiB
MEMORY_INSIDE = 64  # MiB


def add_arguments(parser):
    parser.add_argument("--runs", type=int, default=5, help="how often each side runs (default: 5)")
    parser.add_argument("--rows", type=int, default=250000, help="rows of 512 floats (default: 250000)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="the build folder")


class Bed:
    """A Milvus as it is delivered with one large collection on an S3 server, and a second server for backups."""

    def __init__(self, running, arguments):
        self.store = running.enter_context(KeptVersityGw())
        self.other = running.enter_context(KeptVersityGw())
        self.milvus = running.enter_context(Milvus(storage=self.store, quick=False))
        self.folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="mb-bench-")))
        self.binary = arguments.build / "bin" / "milvus-backup"
        make_big_collection(self.milvus, COLLECTION, arguments.rows)
        self.other.make_bucket(BACKUP_BUCKET)
        self.names = (f"bench_{i}" for i in range(1000))

    @property
    def logs(self):
        """Where the binlogs of the collection lie."""
        return f"{self.milvus.bucket}/{self.milvus.root_path}/insert_log/"

    def bytes(self):
        return sum(path.stat().st_size for path in (self.store.data / self.logs).rglob("*") if path.is_file())

    def flush_seconds(self):
        begun = time.monotonic()
        with self.milvus.client() as client:
            client.flush(COLLECTION)
        return time.monotonic() - begun

    def program(self, name, elsewhere=False):
        config = self.milvus.config()
        if elsewhere:
            config["minio"] |= self.other.storage(BACKUP_BUCKET, "backup", backup=True)
        return Program(self.folder / name, config, self.binary)

    def rclone(self, elsewhere):
        store, target = (self.other, f"DST:{BACKUP_BUCKET}/peer/") if elsewhere else (self.store, f"SRC:{self.milvus.bucket}/peer/")

        def run():
            command = rclone.copy_command(f"SRC:{self.logs}", target)
            cost = measure.run(command, rclone.environment(self.store, self.other))
            shutil.rmtree(store.data / target.split(":")[1])
            return cost

        return run

    def create(self, program, *options):
        def run():
            name = next(self.names)
            cost = measure.run([program.binary, *options, "create", "-c", COLLECTION, "-n", name], cwd=program.folder)
            measure.run([program.binary, "delete", "-n", name], cwd=program.folder)
            return cost

        return run


def _text(cost, total):
    return f"{cost.wall:.2f} s, {cost.cpu / total * GB:.2f} CPU s/GB, {cost.rss:.0f} MiB"


def bench_inside(bed, runs, report):
    total = bed.bytes()
    peer, ours = measure.alternate(runs, bed.rclone(False), bed.create(bed.program("inside")))
    flush = sorted(bed.flush_seconds() for _ in range(runs))[runs // 2]
    report.note(f"inside one service: rclone {_text(peer, total)}; flush {flush:.2f} s; create {_text(ours, total)}")
    report.goal("create inside, wall time, ours / (rclone + flush)", ours.wall / (peer.wall + flush), 1.0)
    report.goal("create inside, peak memory", ours.rss, MEMORY_INSIDE, " MiB")


def bench_across(bed, runs, report):
    total = bed.bytes()
    program = bed.program("across", elsewhere=True)
    peer, ours = measure.alternate(runs, bed.rclone(True), bed.create(program))
    report.note(f"across two services: rclone {_text(peer, total)}; create {_text(ours, total)}")
    report.goal("create across, CPU seconds per GB, ours / rclone", ours.cpu / peer.cpu, 0.5)
    report.goal("create across, peak memory, budget 128 MiB", ours.rss, 128 + MEMORY_BESIDE_BUDGET, " MiB")
    small = bed.create(program, "--set", "transfer.memoryMiB=32")()
    report.goal("create across, peak memory, budget 32 MiB", small.rss, 32 + MEMORY_BESIDE_BUDGET, " MiB")


def run(arguments, report):
    with contextlib.ExitStack() as running:
        bed = Bed(running, arguments)
        report.note(f"{arguments.rows} rows, {bed.bytes() / measure.MIB:.0f} MiB of binlogs")
        bench_inside(bed, arguments.runs, report)
        bench_across(bed, arguments.runs, report)
