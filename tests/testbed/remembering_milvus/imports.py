"""Imports: what is asked for is checked at once, what lies in the store is read when the import gets to it.

An import goes one state on with every look at it, so a test waits for nothing but its own looks.
"""

from dataclasses import dataclass, field

from testbed.remembering_milvus import binlogs
from testbed.remembering_milvus.errors import NOT_FOUND, Refused, Wrong
from testbed.remembering_milvus.rows import Rows
from testbed.remembering_milvus.state import ALL_PARTITIONS, FLUSHED, IMPORTING

STATES = ("Pending", "Importing", "Completed")
OPTIONS = {"backup", "l0_import", "skip_disk_quota_check", "storage_version", "end_ts", "ezk", "auto_commit"}
MOST_SEGMENTS = 1024


@dataclass
class Job:
    id: int
    collection: object
    partition: str
    units: list  # lists of one or two directories
    options: dict
    looks: int = 0
    state: str = STATES[0]
    reason: str = ""
    segments: list = field(default_factory=list)
    told_rows: int = 0
    committed: bool = False

    @property
    def is_deletes(self):
        return "l0_import" in self.options

    @property
    def waits(self):
        """Does it show what it has brought only when it is told to?"""
        return self.options.get("auto_commit") == "false" and not self.committed

    @property
    def ended(self):
        return self.state in ("Completed", "Failed")

    @property
    def percent(self):
        return {"Pending": 10, "Importing": 50}.get(self.state, 100)


class Imports(Rows):
    """loses: rows of a segment -> those that are imported; tells: their number -> what is said of it."""

    def __init__(self, *args):
        super().__init__(*args)
        self.jobs = {}
        self.loses = lambda rows: rows
        self.tells = lambda count: count

    # --- taking an import on

    def begin_import(self, database, name, partition, units, options, number=None):
        """number: that somebody else has given it."""
        found = self.collection(database, name)
        self._check_options(options)
        deletes = "l0_import" in options
        self._check_partition(found, partition, deletes)
        if not units or len(units) > MOST_SEGMENTS:
            raise Wrong(f"import into {name} of {len(units)} segments")
        if deletes and len(units) > 1 and not self.version.can("deletes_together"):
            raise Wrong(f"import of {len(units)} directories of deletes in one job, which this version cannot")
        for unit in units:
            self._check_unit(unit, deletes)
        if not deletes and any(job.is_deletes and job.collection is found for job in self.jobs.values()):
            raise Wrong(f"rows are imported into {name} after deletes that may be about them")
        if number in self.jobs:
            raise Wrong(f"import {number} is begun twice")
        job = Job(number or next(self.ids), found, partition, units, options)
        self.jobs[job.id] = job
        return job

    def _check_options(self, options):
        kinds = [kind for kind in ("backup", "l0_import") if options.get(kind) == "true"]
        if len(kinds) != 1:
            raise Wrong(f"an import has to be one of backup and l0_import, not {kinds}: {options}")
        if "ezk" in options and not (options["ezk"] and self.version.can("encryption")):
            raise Wrong("an import with an empty key, or with one for a version that encrypts nothing")
        if set(options) - OPTIONS:
            raise Wrong(f"an import with options that this fake does not know: {sorted(set(options) - OPTIONS)}")
        if "auto_commit" in options and not self.version.can("replication"):
            raise Wrong("an import with auto_commit, which this version does not know")
        if options.get("skip_disk_quota_check") != "true":
            raise Wrong(f"an import without skip_disk_quota_check: {options}")
        for number in ("storage_version", "end_ts"):
            if not options.get(number, "1").isdecimal():
                raise Wrong(f"an import with {number} {options[number]!r}, which is no number")
        if int(options.get("storage_version", 0)) > max(self.version.storage_version, 1):
            raise Wrong(f"an import of storage version {options['storage_version']}, which this version cannot read")

    def _check_partition(self, collection, partition, deletes):
        if not partition and not deletes:
            raise Wrong(f"rows are imported into {collection.name}, but not into a partition")
        if partition and partition not in collection.partitions:
            raise Wrong(f"import into partition {partition}, which {collection.name} has not (yet)")

    def _check_unit(self, unit, deletes):
        kinds = ["delta_log"] if deletes else ["insert_log", "delta_log"]
        paths = list(unit) if deletes or len(unit) < 2 or unit[1] else unit[:1]  # "" stands for no deletes
        if not 1 <= len(paths) <= len(kinds):
            raise Wrong(f"an import of {len(paths)} directories: {paths}")
        for path, kind in zip(paths, kinds, strict=False):
            self._check_path(path, kind)

    def _check_path(self, path, kind):
        if not path.endswith("/"):
            raise Wrong(f"an import of {path}, which does not end as a directory does")
        if f"/{kind}/" not in f"/{path}":
            raise Wrong(f"an import of {path}, which is no directory of {kind}s")
        if not self.place.keys(self.key_of(path)):
            raise Wrong(f"an import of {path}, under which nothing lies")

    def key_of(self, path):
        """A path as a client names it, as a key of the place: on local disk paths are absolute."""
        base = getattr(self.place, "root", None)
        if base is None:
            return path
        if not path.startswith(f"{base}/"):
            raise Wrong(f"an import of {path}, which is not below {base}, where this Milvus keeps its data")
        return path.removeprefix(f"{base}/")

    # --- going on with it

    def look_at(self, number):
        """One state on; an import that there is not is refused."""
        if number not in self.jobs:
            raise Refused(f"import job does not exist, jobID={number}", NOT_FOUND)
        job = self.jobs[number]
        job.looks += 1
        if job.ended:
            return job
        try:
            self._go_on(job)
        except Refused as error:
            job.state, job.reason = "Failed", error.reason
            for segment in job.segments:
                del job.collection.segments[segment.id]
        return job

    def commit_import(self, job):
        if job.state != "Uncommitted":
            raise Wrong(f"import {job.id} is committed while it is {job.state}")
        job.committed = True
        job.state = "Committing"

    def _go_on(self, job):
        if job.looks == len(STATES) - 1:
            self._read(job)
        if job.waits and job.looks >= len(STATES):
            job.state = "Uncommitted"
            return
        job.state = STATES[min(job.looks, len(STATES)) - 1]
        if job.state == "Completed":
            for segment in job.segments:
                segment.state = FLUSHED
            job.told_rows = self.tells(sum(len(segment.rows) for segment in job.segments))

    def _read(self, job):
        for unit in job.units:
            keys = [self.key_of(path) for path in unit if path]
            (self._read_deletes if job.is_deletes else self._read_rows)(job, *keys)

    def _read_rows(self, job, inserts, deltas=None):
        found = job.collection
        version = int(job.options.get("storage_version", 0))
        place = self.opened_with(job.options.get("ezk", ""))
        deletes = binlogs.read_deletes(place, deltas) if deltas else {}
        end = int(job.options.get("end_ts", 0)) or None
        for segment, rows in binlogs.read_rows(place, inserts, found.schema, version).items():
            latest = {}
            for key, at in deletes.get(segment, ()):
                latest[key] = max(at, latest.get(key, 0))
            kept = [row for row in rows if row.timestamp > latest.get(row.key, 0) and (not end or row.timestamp <= end)]
            kept = self.loses(kept)
            if kept:
                job.segments.append(self.add_segment(found, found.partitions[job.partition], kept, state=IMPORTING))

    def _read_deletes(self, job, deltas):
        found = job.collection
        partition = found.partitions[job.partition] if job.partition else ALL_PARTITIONS
        about = {segment.id for segment in found.live(l0=False) if segment.state == FLUSHED}
        deletes = binlogs.read_all_deletes(self.opened_with(job.options.get("ezk", "")), deltas)
        made = self.add_segment(found, partition, (), deletes, is_l0=True, state=IMPORTING)
        made.covers = about
        job.segments.append(made)
