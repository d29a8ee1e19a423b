"""Flushes as a client sees them: asked for, then looked at until they are done."""

from dataclasses import dataclass

from testbed.remembering_milvus.errors import Wrong
from testbed.remembering_milvus.garbage import Garbage

LOOKS = 2  # at the second look it is done


@dataclass
class Flush:
    timestamp: int
    segments: list  # (collection, segment)
    looks: int = 0
    done: bool = False


class Flushes(Garbage):
    """What is sealed has objects only when the flush is done: who does not wait for it finds none."""

    def __init__(self, *args):
        super().__init__(*args)
        self._of_collection = {}  # id -> Flush
        self._of_all = None

    def begin_flush(self, database, name):
        found = self.collection(database, name)
        sealed = [(found, segment) for segment in self.seal(found)]
        flush = self._of_collection[found.id] = Flush(self.clock.tick(), sealed)
        return found, flush

    def look_at_flush(self, database, name, timestamp, segment_ids):
        found = self.collection(database, name)
        flush = self._of_collection.get(found.id)
        if flush is None or flush.timestamp != timestamp:
            raise Wrong(f"the state of a flush of {name} is asked for that was not begun")
        if set(segment_ids) != {segment.id for _, segment in flush.segments}:
            raise Wrong(f"the state of a flush of {name} is asked for with other segments than it has")
        return self._look(flush)

    def begin_flush_of_all(self):
        sealed = [(c, segment) for c in self.all_collections() for segment in self.seal(c)]
        self._of_all = Flush(self.clock.tick(), sealed)
        return {channel: self._of_all.timestamp for channel in self.physical_channels()}

    def look_at_flush_of_all(self, timestamps):
        if self._of_all is None:
            raise Wrong("the state of a flush of everything is asked for that was not begun")
        if timestamps != {channel: self._of_all.timestamp for channel in self.physical_channels()}:
            raise Wrong(f"the state of a flush of everything is asked for with other timestamps: {timestamps}")
        return self._look(self._of_all)

    def physical_channels(self):
        return ["by-dev-rootcoord-dml_0", "by-dev-rootcoord-dml_1"]

    def control_channel(self):
        return f"{self.physical_channels()[0]}_vcchan"

    def _look(self, flush):
        flush.looks += 1
        if flush.looks == LOOKS:
            flush.done = True
            for collection, segment in flush.segments:
                self.write_out(collection, segment)
        return flush.done
