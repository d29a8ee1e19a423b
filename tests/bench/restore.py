"""`restore` of a large collection against a script that issues just the Import calls and polls every 50 ms."""

import contextlib
import statistics
import time

from bench import create, measure
from bench.create import COLLECTION
from testbed.data import make_big_collection

POLL_SECONDS = 0.05
TICK_SECONDS = 2.0  # Milvus 2.3 completes imports only when its clock strikes
BARE = "bare"
SUFFIX = "_bak"


def add_arguments(parser):
    create.add_arguments(parser)
    parser.set_defaults(runs=8)


class Moments:
    """Lets the runs of each side begin at moments that are spread evenly over one tick of the server.

    The time of one import is a whole number of ticks less what was left of the first: without this a few runs
    would tell when they began and not how long they took.
    """

    def __init__(self, runs):
        self.offsets = iter([TICK_SECONDS * i / runs for i in range(runs)])

    def wait(self):
        time.sleep((next(self.offsets) - time.monotonic()) % TICK_SECONDS)


def _directories(bed, name):
    """The partition's directories of insert and delete logs in the backup, as Import takes them."""
    binlogs = bed.store.data / bed.milvus.bucket / "backup" / name / "binlogs"
    [partition] = (binlogs / "insert_log").glob("*/*")
    ids = partition.relative_to(binlogs / "insert_log")
    return [f"backup/{name}/binlogs/{kind}/{ids}/" for kind in ("insert_log", "delta_log")]


def _import(client, files):
    from pymilvus import BulkInsertState, utility

    alias = client._using
    task = utility.do_bulk_insert(BARE, files, "_default", using=alias, backup="true")
    while True:
        state = utility.get_bulk_insert_state(task, using=alias)
        if state.state == BulkInsertState.ImportCompleted:
            return
        if state.state in (BulkInsertState.ImportFailed, BulkInsertState.ImportFailedAndCleaned):
            raise RuntimeError(f"import failed: {state.failed_reason}")
        time.sleep(POLL_SECONDS)


def _bare_import(bed, name, moments):
    """The time that the server itself needs; making the collection is not counted."""

    def run():
        make_big_collection(bed.milvus, BARE, rows=0)
        with bed.milvus.client() as client:
            moments.wait()
            begun = time.monotonic()
            _import(client, _directories(bed, name))
            wall = time.monotonic() - begun
            client.drop_collection(BARE)
        return measure.Cost(wall, 0, 0, "")

    return run


def _restore(bed, program, name, moments):
    def run():
        command = [program.binary, "restore", "-c", COLLECTION, "-n", name, "-s", SUFFIX]
        moments.wait()
        cost = measure.run(command, cwd=program.folder)
        with bed.milvus.client() as client:
            client.drop_collection(COLLECTION + SUFFIX)
        return cost

    return run


def run(arguments, report):
    with contextlib.ExitStack() as running:
        bed = create.Bed(running, arguments)
        program = bed.program("restore")
        name = "to_restore"
        measure.run([program.binary, "create", "-c", COLLECTION, "-n", name], cwd=program.folder)
        runs = arguments.runs
        peer = _bare_import(bed, name, Moments(runs))
        own = _restore(bed, program, name, Moments(runs))
        bare, ours = measure.alternate(runs, peer, own, average=statistics.mean)
        report.note(f"bare Import {bare.wall:.2f} s; restore {ours.wall:.2f} s, {ours.cpu:.2f} CPU s, {ours.rss:.0f} MiB")
        report.goal("restore, wall time, ours / bare Import", ours.wall / bare.wall, 1.1)
