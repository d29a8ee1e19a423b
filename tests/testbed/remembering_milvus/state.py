"""What the fake remembers, as plain data."""

import itertools
import time
from dataclasses import dataclass, field

from testbed.remembering_milvus import schemas

GROWING, SEALED, FLUSHED, FLUSHING, DROPPED, IMPORTING = 2, 3, 4, 5, 6, 7  # SegmentState
DEFAULT, DEFAULT_PARTITION, ALL_PARTITIONS = "default", "_default", -1


class Clock:
    """Milvus' hybrid timestamps, each later than the one before."""

    def __init__(self):
        self._last = int(time.time() * 1000) << 18

    def tick(self):
        self._last += 1
        return self._last

    def go_on(self, seconds):
        self._last += int(seconds * 1000) << 18


@dataclass
class Segment:
    id: int
    collection_id: int
    partition_id: int
    channel: str
    storage_version: int = 0
    is_l0: bool = False
    state: int = FLUSHED
    rows: list = field(default_factory=list)
    deletes: list = field(default_factory=list)  # (key, timestamp): of its own rows, or those of an L0 segment
    covers: set = None  # the segments that an imported L0 segment is about; None: all that are older
    logs: dict = field(default_factory=dict)  # (kind, group) -> log ids

    @property
    def path(self):
        return f"{self.collection_id}/{self.partition_id}/{self.id}"

    @property
    def is_live(self):
        return self.state != DROPPED

    @property
    def row_count(self):
        return len(self.deletes) if self.is_l0 else len(self.rows)


@dataclass
class Index:
    id: int
    name: str
    field_name: str
    params: dict


@dataclass
class Collection:
    id: int
    database: str
    name: str
    schema: object
    shards: int
    consistency: int
    properties: dict
    created: int
    channels: list
    partitions: dict = field(default_factory=dict)  # name -> id
    indexes: dict = field(default_factory=dict)  # name -> Index
    segments: dict = field(default_factory=dict)  # id -> Segment
    growing: list = field(default_factory=list)  # (partition id, Row)
    growing_deletes: list = field(default_factory=list)  # (partition id, key, timestamp)
    loaded: set = field(default_factory=set)  # names of partitions
    replicas: int = 0

    def live(self, l0=None):
        return [s for s in self.segments.values() if s.is_live and (l0 is None or s.is_l0 == l0)]

    def partition_name(self, number):
        return next(name for name, found in self.partitions.items() if found == number)

    def key_field(self):
        return schemas.primary_key(self.schema)


@dataclass
class Database:
    id: int
    name: str
    properties: dict
    created: int
    ezk: str = ""  # the key of one that is encrypted
    collections: dict = field(default_factory=dict)  # name -> Collection
    aliases: dict = field(default_factory=dict)  # alias -> name


def ids(first):
    """Numbers as Milvus gives them: large, and others in every fake, so that none fits by accident."""
    return itertools.count(first)
