"""Segments as objects in a store.

Paths, names and the division into objects are Milvus'; what is in the objects is not.  Each is JSON: an insert log holds
columns, field id -> values, with the keys and timestamps of their rows, a delta log holds keys with timestamps.  Before
2.6 an insert log holds one field; from then on (storage version 2) group 0 holds the narrow fields, and each vector is a
group of its own under its field's id.
"""

import json
from dataclasses import dataclass, field

from testbed.remembering_milvus import schemas
from testbed.remembering_milvus.errors import Refused

INSERT, DELTA, STATS = "remembered insert log", "remembered delta log", "remembered stats log"
ROWS_OF_A_LOG = 100  # what is more goes into a second log of each field


@dataclass
class Row:
    key: object
    timestamp: int
    values: dict = field(default_factory=dict)  # field id -> value


def _put(place, key, content):
    place.put(key, json.dumps(content).encode())


def _read(place, key, kind):
    try:
        content = json.loads(place.get(key))
    except ValueError:
        content = {}
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise Refused(f"{key} is corrupt: no {kind}")
    return content


def groups(described, storage_version):
    """Group -> the fields in it."""
    fields = [*schemas.SYSTEM_FIELDS, *(f.fieldID for f in schemas.all_fields(described))]
    if storage_version < 2:
        return {number: [number] for number in fields}
    wide = {f.fieldID for f in schemas.all_fields(described) if f.data_type in schemas.VECTORS}
    return {0: [f for f in fields if f not in wide], **{number: [number] for number in sorted(wide)}}


def _column(rows, number):
    if number == 1:
        return [row.timestamp for row in rows]
    return [row.values.get(number) for row in rows]


class SegmentWriter:
    """Writes one segment; ids gives numbers for logs.  What was written is in logs: (kind, group) -> log ids."""

    def __init__(self, place, root, path, ids):
        self.place = place
        self.root = root
        self.path = path  # collection/partition/segment
        self.ids = ids
        self.logs = {}

    def _key(self, kind, *parts):
        return "/".join(str(part) for part in (self.root, f"{kind}_log", self.path, *parts) if part != "")

    def _log(self, kind, group):
        number = next(self.ids)
        self.logs.setdefault((kind, group), []).append(number)
        return number

    def rows(self, described, rows, storage_version):
        for first in range(0, len(rows), ROWS_OF_A_LOG):
            part = rows[first : first + ROWS_OF_A_LOG]
            heads = {"keys": [row.key for row in part], "timestamps": [row.timestamp for row in part]}
            for group, fields in groups(described, storage_version).items():
                columns = {str(number): _column(part, number) for number in fields}
                content = {"kind": INSERT, "storage_version": storage_version, **heads, "columns": columns}
                _put(self.place, self._key("insert", group, self._log("insert", group)), content)
        key = schemas.primary_key(described).fieldID
        _put(self.place, self._key("stats", key, self._log("stats", key)), {"kind": STATS})

    def deletes(self, deletes):
        content = {"kind": DELTA, "deletes": [list(one) for one in deletes]}
        _put(self.place, self._key("delta", self._log("delta", 0)), content)


def _below(place, directory):
    """What lies under a directory: path below it -> key."""
    return {key.removeprefix(directory): key for key in place.keys(directory)}


def _segments_below(place, directory, depth):
    """Segment -> the keys of its logs by what stands before their number."""
    found = {}
    for name, key in sorted(_below(place, directory).items()):
        parts = name.split("/")
        if len(parts) != depth or not all(part.isdecimal() for part in parts):
            raise Refused(f"{key} is no log that an import from {directory} could take")
        found.setdefault(int(parts[0]), {}).setdefault(parts[1] if depth == 3 else "", []).append(key)
    return found


def _rows_of_log(parts, segment, storage_version):
    heads = {json.dumps([part["keys"], part["timestamps"]]) for part in parts}
    if len(heads) != 1:
        raise Refused(f"segment {segment}: its fields hold different rows")
    if any((part["storage_version"] or 1) != (storage_version or 1) for part in parts):
        raise Refused(f"segment {segment} is of another storage version than {storage_version}, as the import says")
    rows = [Row(key, at) for key, at in zip(parts[0]["keys"], parts[0]["timestamps"], strict=True)]
    for part in parts:
        for number, values in part["columns"].items():
            for row, value in zip(rows, values, strict=True):
                row.values[int(number)] = value
    return rows


def read_rows(place, directory, described, storage_version):
    """Segment -> its rows, of every segment in a directory."""
    segments = {}
    for segment, logs in _segments_below(place, directory, 3).items():
        if len({len(keys) for keys in logs.values()}) != 1:
            raise Refused(f"segment {segment}: it has more logs of some fields than of others")
        rows = []
        for keys in zip(*logs.values(), strict=True):
            rows += _rows_of_log([_read(place, key, INSERT) for key in keys], segment, storage_version)
        _check_columns(rows, segment, described)
        segments[segment] = rows
    return segments


def _check_columns(rows, segment, described):
    wanted = {f.fieldID: f for f in schemas.all_fields(described)}
    held = set(rows[0].values) if rows else set(wanted)
    for number, one in wanted.items():
        if number not in held and not (one.nullable or one.is_dynamic):
            raise Refused(f"segment {segment}: it has no log of field {one.name} ({number})")
    for number in held - set(wanted) - set(schemas.SYSTEM_FIELDS):
        raise Refused(f"segment {segment}: it has a log of field {number}, which the collection has not")


def read_deletes(place, directory):
    """Segment -> its deletes, each a key and a timestamp, of a directory of delta logs of segments."""
    segments = _segments_below(place, directory, 2)
    return {segment: _deletes_of(place, logs[""]) for segment, logs in segments.items()}


def _deletes_of(place, keys):
    return [tuple(one) for key in keys for one in _read(place, key, DELTA)["deletes"]]


def read_all_deletes(place, directory):
    """The deletes of everything under a directory, at whatever depth: what an L0 import takes."""
    return _deletes_of(place, sorted(_below(place, directory).values()))
