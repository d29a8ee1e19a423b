"""Rows and deletes: taken in, sealed into segments in the store, compacted, counted."""

from testbed.remembering_milvus import schemas
from testbed.remembering_milvus.binlogs import Row, SegmentWriter
from testbed.remembering_milvus.errors import Wrong
from testbed.remembering_milvus.memory import Memory
from testbed.remembering_milvus.state import ALL_PARTITIONS, DEFAULT, DROPPED, FLUSHED, IMPORTING, SEALED, Segment


def _shard(key, shards):
    return sum(str(key).encode()) % shards


class Rows(Memory):
    """What is not flushed is only here; a segment is also in the store."""

    def insert(self, name, rows, partition=None, database=DEFAULT):
        """rows: dicts of values by the fields' names; what names no field goes into the dynamic one."""
        found = self.collection(database, name)
        number = found.partitions[partition or next(iter(found.partitions))]
        for values in rows:
            found.growing.append((number, self._row(found, values)))

    def _row(self, collection, values):
        fields = {f.name: f for f in schemas.all_fields(collection.schema)}
        known = {name: value for name, value in values.items() if name in fields}
        rest = {name: value for name, value in values.items() if name not in fields}
        if rest and not collection.schema.enable_dynamic_field:
            raise KeyError(f"{collection.name} has no fields {sorted(rest)}")
        if collection.schema.enable_dynamic_field:
            known[schemas.DYNAMIC] = rest
        timestamp = self.clock.tick()
        by_id = {fields[name].fieldID: value for name, value in known.items()}
        return Row(by_id[collection.key_field().fieldID], timestamp, {0: timestamp, 1: timestamp, **by_id})

    def delete(self, name, keys, partition=None, database=DEFAULT):
        """From one partition, or from all of them: what becomes an L0 segment of either kind."""
        found = self.collection(database, name)
        number = found.partitions[partition] if partition else ALL_PARTITIONS
        found.growing_deletes += [(number, key, self.clock.tick()) for key in keys]

    # --- segments

    def flush(self, name, database=DEFAULT):
        """Seals what grows and writes it out; returns the new segments."""
        found = self.collection(database, name)
        made = self.seal(found)
        for segment in made:
            self.write_out(found, segment)
        return made

    def seal(self, collection):
        """From now on what grows is in segments, none of which has an object yet."""
        made = []
        rows, deletes = {}, {}
        for number, row in collection.growing:
            rows.setdefault((number, _shard(row.key, collection.shards)), []).append(row)
        for number, key, at in collection.growing_deletes:
            deletes.setdefault((number, _shard(key, collection.shards)), []).append((key, at))
        for (number, shard), part in sorted(rows.items(), key=lambda item: item[0]):
            made.append(self._new_segment(collection, number, part, channel=collection.channels[shard]))
        for (number, shard), part in sorted(deletes.items()):
            made.append(self._new_segment(collection, number, (), part, True, collection.channels[shard]))
        collection.growing, collection.growing_deletes = [], []
        return made

    def write_out(self, collection, segment, state=FLUSHED):
        writer = SegmentWriter(self.sealed_for(collection), self.root, segment.path, self.ids)
        if segment.rows:
            writer.rows(collection.schema, segment.rows, segment.storage_version)
        if segment.deletes:
            writer.deletes(segment.deletes)
        segment.logs = writer.logs
        segment.state = state

    def add_segment(self, collection, partition_id, rows, deletes=(), is_l0=False, state=FLUSHED):
        segment = self._new_segment(collection, partition_id, rows, deletes, is_l0)
        self.write_out(collection, segment, state)
        return segment

    def _new_segment(self, collection, partition_id, rows, deletes=(), is_l0=False, channel=None):
        segment = Segment(
            id=next(self.ids),
            collection_id=collection.id,
            partition_id=partition_id,
            channel=channel or collection.channels[0],
            storage_version=0 if is_l0 else self.version.storage_version,
            is_l0=is_l0,
            state=SEALED,
            rows=list(rows),
            deletes=list(deletes),
        )
        collection.segments[segment.id] = segment
        return segment

    def compact_deletes(self, name, database=DEFAULT):
        """L0 compaction: what L0 segments hold goes into delta logs of the segments that it is about."""
        found = self.collection(database, name)
        for segment in found.live(l0=False):
            keys = {row.key for row in segment.rows}
            deletes = [d for l0 in found.live(l0=True) for d in self._about(l0, segment) if d[0] in keys]
            if deletes:
                writer = SegmentWriter(self.sealed_for(found), self.root, segment.path, self.ids)
                writer.deletes(deletes)
                segment.deletes += deletes
                segment.logs.setdefault(("delta", 0), []).extend(writer.logs["delta", 0])
        for l0 in found.live(l0=True):
            l0.state = DROPPED

    def compact(self, name, database=DEFAULT):
        """One segment of each partition's, without what was deleted; the old ones stay in the store until collected."""
        found = self.collection(database, name)
        for number in {s.partition_id for s in found.live(l0=False)}:
            old = [s for s in found.live(l0=False) if s.partition_id == number]
            rows = [row for s in old for row in self._alive_of(found, s)]
            for s in old:
                s.state = DROPPED
            if rows:
                self.add_segment(found, number, rows)

    def leave_orphans(self, name, database=DEFAULT):
        """Logs of a segment that there never was and, where a server tells which logs a segment has, of one that is."""
        found = self.collection(database, name)
        segment = found.live(l0=False)[0]
        paths = [f"{found.id}/{segment.partition_id}/{next(self.ids)}"]
        if self.version.can("describe_segments"):
            paths.append(segment.path)
        for path in paths:
            SegmentWriter(self.sealed_for(found), self.root, path, self.ids).rows(found.schema, segment.rows, segment.storage_version)

    # --- what is alive

    def _about(self, l0, segment):
        in_partition = l0.partition_id in (ALL_PARTITIONS, segment.partition_id)
        covered = l0.covers is None or segment.id in l0.covers
        return l0.deletes if in_partition and covered else []

    def _alive_of(self, collection, segment):
        latest = {}
        deletes = [*segment.deletes, *(d for l0 in collection.live(l0=True) for d in self._about(l0, segment))]
        deletes += [(k, at) for n, k, at in collection.growing_deletes if n in (ALL_PARTITIONS, segment.partition_id)]
        for key, at in deletes:
            latest[key] = max(at, latest.get(key, 0))
        return [row for row in segment.rows if row.timestamp > latest.get(row.key, 0)]

    def rows(self, name, database=DEFAULT, partition=None):
        """Every row that a query would find, sorted by key: dicts of values, dynamic ones among them."""
        found = self.collection(database, name)
        wanted = found.partitions[partition] if partition else None
        alive = [
            row
            for segment in found.live(l0=False)
            if segment.state != IMPORTING and wanted in (None, segment.partition_id)
            for row in self._alive_of(found, segment)
        ]
        alive += [row for number, row in found.growing if wanted in (None, number)]
        names = {f.fieldID: f.name for f in schemas.all_fields(found.schema)}
        shown = [self._shown(row, names) for row in sorted(alive, key=lambda row: (row.key, row.timestamp))]
        return shown

    def _shown(self, row, names):
        values = {name: row.values.get(number) for number, name in names.items() if name != schemas.DYNAMIC}
        dynamic = next((number for number, name in names.items() if name == schemas.DYNAMIC), None)
        return {**values, **(row.values.get(dynamic) or {})}

    def count(self, name, database=DEFAULT, partition=None):
        return len(self.rows(name, database, partition))

    def segment(self, number):
        for collection in self.all_collections():
            if number in collection.segments:
                return collection.segments[number]
        raise Wrong(f"segment {number} is asked for, which there never was")
