"""Snapshots: taken, written to a storage as bundles, made collections of again.

What a bundle looks like is this fake's own affair, and the file that describes it says so; that it is written where it
was told to be, and that what is written is what was flushed, is what the tests are about.  Exports and restores go one
state on with every look.
"""

import base64
import copy
import json
import re
from dataclasses import dataclass

from pymilvus.grpc_gen import schema_pb2

from testbed.remembering_milvus import binlogs
from testbed.remembering_milvus.access import Access
from testbed.remembering_milvus.errors import NOT_FOUND, Refused, Wrong
from testbed.remembering_milvus.reached import reach
from testbed.remembering_milvus.state import ALL_PARTITIONS, FLUSHED, Collection, Index

PENDING, EXECUTING, COMPLETED, FAILED = 1, 2, 3, 4
KIND = "remembered snapshot"
DATA_KINDS = ("insert", "delta")
DESCRIPTION = "collection.description"


@dataclass
class Snapshot:
    id: int
    name: str
    collection: Collection
    timestamp: int
    description: dict
    objects: dict  # key in this Milvus' place -> path in a bundle


@dataclass
class SnapshotJob:
    id: int
    looks: int = 0
    state: int = PENDING
    reason: str = ""
    snapshot: Snapshot = None
    place: object = None
    key: str = ""
    uri: str = ""
    copied: int = 0
    size: int = 0
    made: Collection = None
    described: dict = None

    @property
    def percent(self):
        return {PENDING: 0, EXECUTING: 50}.get(self.state, 100)


class Snapshots(Access):
    """fails: reason with which the next exports and restores fail; skips: so many files of an export are not written;
    lies: what is told of an export (a dict) -> what is told instead."""

    def __init__(self, *args):
        super().__init__(*args)
        self.snapshots = {}  # (collection id, name) -> Snapshot
        self.exports, self.snapshot_restores = {}, {}
        self.fails = ""
        self.skips = 0
        self.lies = dict

    # --- taking and dropping one

    def create_snapshot(self, database, name, snapshot_name):
        found = self.collection(database, name)
        if found.name != name:
            raise Wrong(f"a snapshot is taken of {name}, which is an alias")
        if not re.fullmatch(r"[A-Za-z_]\w*", snapshot_name):
            raise Wrong(f"a snapshot with the name {snapshot_name!r}")
        if (found.id, snapshot_name) in self.snapshots:
            raise Refused(f"snapshot {snapshot_name} already exists")
        held = [segment for segment in found.live() if segment.state == FLUSHED]
        self.snapshots[found.id, snapshot_name] = Snapshot(
            next(self.ids), snapshot_name, found, self.clock.tick(), self._describe(found, held), self._objects(held)
        )

    def snapshot(self, database, name, snapshot_name):
        found = self.collection(database, name)
        if (found.id, snapshot_name) not in self.snapshots:
            raise Refused(f"snapshot not found[name={snapshot_name}]", NOT_FOUND)
        return self.snapshots[found.id, snapshot_name]

    def drop_snapshot(self, database, name, snapshot_name):
        """One that is not there is no failure."""
        self.snapshots.pop((self.collection(database, name).id, snapshot_name), None)

    def _objects(self, segments):
        parts = [self.root] if self.root else []
        objects = {}
        for segment in segments:
            for kind in DATA_KINDS:
                prefix = "/".join([*parts, f"{kind}_log", segment.path, ""])
                named = {str(log) for (of, _), logs in segment.logs.items() if of == kind for log in logs}
                for key in self.place.keys(prefix):
                    if key.rpartition("/")[2] in named:
                        objects[key] = key.removeprefix(f"{self.root}/")
        return objects

    def _describe(self, found, segments):
        return {
            "kind": KIND,
            "note": "written by a fake of Milvus, which alone can read it",
            "schema": base64.b64encode(found.schema.SerializeToString()).decode(),
            "collection_id": found.id,
            "shards": found.shards,
            "consistency": found.consistency,
            "properties": dict(found.properties),
            "partitions": dict(found.partitions),
            "indexes": [[index.name, index.field_name, index.params] for index in found.indexes.values()],
            "segments": [[s.id, s.partition_id, s.storage_version, s.is_l0] for s in segments],
        }

    def _remove(self, segment):
        """Garbage that a snapshot needs stays."""
        if any(f"/{segment.path}/" in f"/{path}" for one in self.snapshots.values() for path in one.objects.values()):
            return 0
        return super()._remove(segment)

    # --- export

    def begin_export(self, database, name, snapshot_name, target, spec):
        snapshot = self.snapshot(database, name, snapshot_name)
        place, key = reach(self.place, target, spec)
        if key.endswith("/") or "//" in key:
            raise Wrong(f"an export to {target}, which is no clean path")
        if not re.search(rf"/bundle/{snapshot.collection.id}(-\w+)?$", key):
            raise Wrong(f"an export to {target}, which is no place for a bundle of collection {snapshot.collection.id}")
        if place.keys(f"{key}/"):
            raise Wrong(f"an export to {target}, where something lies already")
        job = SnapshotJob(next(self.ids), snapshot=snapshot, place=place, key=key, uri=target)
        self.exports[job.id] = job
        return job.id

    def look_at_export(self, number):
        job = self._job(self.exports, number)
        if self.fails and job.state == EXECUTING:
            job.state, job.reason = FAILED, self.fails
        elif job.state == PENDING and job.looks > 1:
            job.state = EXECUTING
            self._copy(job)
        elif job.state == EXECUTING:
            job.state = COMPLETED
        snapshot = job.snapshot
        told = {
            "job_id": job.id,
            "state": job.state,
            "progress": job.percent,
            "reason": job.reason,
            "total_files": len(snapshot.objects),
            "copied_files": job.copied,
            "total_bytes": job.size if job.state == COMPLETED else 0,
            "snapshot_metadata_uri": f"{job.uri}/{self._metadata(snapshot)}" if job.state == COMPLETED else "",
        }
        return self.lies(told) if job.state == COMPLETED else told

    def _metadata(self, snapshot):
        return f"snapshots/{snapshot.collection.id}/metadata/{snapshot.id}.json"

    def _copy(self, job):
        data = f"{job.key}/snapshots/{job.snapshot.collection.id}/data"
        objects = list(job.snapshot.objects.items())
        for key, path in objects:
            content = self.place.get(key)
            job.copied += 1
            job.size += len(content)
            if job.copied > len(objects) - self.skips:
                continue
            job.place.put(f"{data}/{path}", content)
        job.place.put(f"{job.key}/{self._metadata(job.snapshot)}", json.dumps(job.snapshot.description).encode())

    # --- restore

    def begin_snapshot_restore(self, database, target, uri, spec):
        where = self.database(database)
        if not re.fullmatch(r"[A-Za-z_]\w*", target):
            raise Wrong(f"a collection with the name {target!r}")
        if target in where.collections or target in where.aliases:
            raise Wrong(f"a snapshot is restored to {database}.{target}, whose name is taken")
        place, key = reach(self.place, uri, spec)
        try:
            described = json.loads(place.get(key))
        except Exception:  # whatever the store says
            raise Refused(f"no snapshot can be read at {uri}; external spec was {spec}") from None
        if described.get("kind") != KIND:
            raise Refused(f"{uri} describes no snapshot")
        job = SnapshotJob(next(self.ids), place=place, key=key, uri=uri)
        self.snapshot_restores[job.id] = job
        self._make_of(job, database, target, described)
        return job.id

    def look_at_snapshot_restore(self, number):
        job = self._job(self.snapshot_restores, number)
        if self.fails and job.state == EXECUTING:
            job.state, job.reason = FAILED, self.fails
        elif job.state == PENDING and job.looks > 1:
            job.state = EXECUTING
        elif job.state == EXECUTING:
            job.state = COMPLETED
            self._fill(job)
        return {"job_id": job.id, "state": job.state, "progress": job.percent, "reason": job.reason}

    def _make_of(self, job, database, target, described):
        schema = schema_pb2.CollectionSchema.FromString(base64.b64decode(described["schema"]))
        schema.name = target
        made = Collection(
            id=next(self.ids),
            database=database,
            name=target,
            schema=schema,
            shards=described["shards"],
            consistency=described["consistency"],
            properties=dict(described["properties"]),
            created=self.clock.tick(),
            channels=[],
        )
        made.channels = [f"by-dev-rootcoord-dml_{n % 2}_{made.id}v{n}" for n in range(made.shards)]
        made.partitions = {name: next(self.ids) for name in described["partitions"]}
        for name, field_name, params in described["indexes"]:
            made.indexes[name] = Index(next(self.ids), name, field_name, copy.deepcopy(params))
        self.database(database).collections[target] = made
        job.made, job.described = made, described

    def _fill(self, job):
        """Rows and deletes of the bundle become segments of the new collection."""
        base = job.key.rpartition("/metadata/")[0] + "/data"
        names = {number: name for name, number in job.described["partitions"].items()}
        try:
            for segment in job.described["segments"]:
                self._fill_segment(job, base, names, *segment)
        except Refused as error:
            job.state, job.reason = FAILED, error.reason

    def _fill_segment(self, job, base, names, number, partition, storage_version, is_l0):
        collection_id = job.described["collection_id"]
        deletes = self._deletes(job.place, f"{base}/delta_log/{collection_id}/{partition}/", number)
        if is_l0:
            target = ALL_PARTITIONS if partition == ALL_PARTITIONS else job.made.partitions[names[partition]]
            self.add_segment(job.made, target, (), deletes, is_l0=True)
            return
        directory = f"{base}/insert_log/{collection_id}/{partition}/"
        rows = binlogs.read_rows(job.place, directory, job.made.schema, storage_version).get(number)
        if rows is None:
            raise Refused(f"segment {number} of the snapshot has no files in {directory}")
        rows = self.loses(rows)
        if rows:
            self.add_segment(job.made, job.made.partitions[names[partition]], rows, deletes)

    def _deletes(self, place, directory, number):
        return binlogs.read_deletes(place, directory).get(number, []) if place.keys(directory) else []

    def _job(self, jobs, number):
        if number not in jobs:
            raise Refused(f"job not found[id={number}]", NOT_FOUND)
        jobs[number].looks += 1
        return jobs[number]

    # --- what a restored collection is told to be without

    def alter_collection(self, database, name, properties, deleted=()):
        rest = {key: value for key, value in properties.items() if key != DESCRIPTION}
        if DESCRIPTION in properties:
            self.collection(database, name).schema.description = properties[DESCRIPTION]
        if rest or deleted or not properties:
            super().alter_collection(database, name, rest, deleted)

    def alter_field(self, database, name, field_name, deleted):
        fields = [f for f in self.collection(database, name).schema.fields if f.name == field_name]
        if not fields or not deleted:
            raise Wrong(f"parameters {list(deleted)} are taken from field {field_name} of {name}")
        for params in (fields[0].type_params, fields[0].index_params):
            kept = [pair for pair in params if pair.key not in deleted]
            del params[:]
            params.extend(kept)

    def alter_index(self, database, name, index_name, deleted):
        found = self.collection(database, name).indexes.get(index_name)
        if found is None or not deleted:
            raise Wrong(f"parameters {list(deleted)} are taken from index {index_name} of {name}")
        for key in deleted:
            found.params.pop(key, None)
