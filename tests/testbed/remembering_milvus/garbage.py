"""Garbage collection: what removes the objects of dropped segments, unless somebody has paused it."""

from dataclasses import dataclass

from testbed.remembering_milvus.errors import Wrong
from testbed.remembering_milvus.imports import Imports
from testbed.remembering_milvus.state import DROPPED

WHOLE_SERVER = 0
LONGEST_PAUSE = 24 * 3600


@dataclass
class Pause:
    collection_id: int
    until: float  # by the fake's own clock


class Garbage(Imports):
    """Time passes only when a test says so."""

    def __init__(self, *args):
        super().__init__(*args)
        self.now = 0.0
        self.pauses = {}  # ticket -> Pause; servers without tickets have one, under ""

    def let_time_pass(self, seconds):
        self.now += seconds

    def pause_collection_of_garbage(self, seconds, collection_id):
        """The ticket."""
        if not 0 < seconds <= LONGEST_PAUSE:
            raise Wrong(f"garbage collection is paused for {seconds} s")
        tickets = self.version.can("gc_tickets")
        if tickets and collection_id != WHOLE_SERVER and not any(c.id == collection_id for c in self.all_collections()):
            raise Wrong(f"garbage collection of collection {collection_id} is paused, which there is not")
        ticket = f"ticket-{next(self.ids)}" if tickets else ""
        self.pauses[ticket] = Pause(collection_id if tickets else WHOLE_SERVER, self.now + seconds)
        return ticket

    def resume_collection_of_garbage(self, ticket):
        if ticket and not self.version.can("gc_tickets"):
            raise Wrong(f"garbage collection is resumed with ticket {ticket} at a version that gives none")
        if not ticket and self.version.can("gc_tickets"):
            raise Wrong("garbage collection is resumed without the ticket of its pause")
        if ticket not in self.pauses:
            raise Wrong(f"garbage collection is resumed with ticket {ticket!r}, which is of no pause")
        del self.pauses[ticket]

    def is_paused(self, collection_id):
        about = (WHOLE_SERVER, collection_id)
        return any(pause.collection_id in about and pause.until > self.now for pause in self.pauses.values())

    def collect_garbage(self):
        """Removes the objects of dropped segments where it is not paused; how many objects."""
        removed = 0
        for collection in self.all_collections():
            if self.is_paused(collection.id):
                continue
            for segment in [s for s in collection.segments.values() if s.state == DROPPED]:
                removed += self._remove(segment)
                del collection.segments[segment.id]
        return removed

    def _remove(self, segment):
        parts = [self.root] if self.root else []
        keys = [
            key
            for kind in ("insert_log", "delta_log", "stats_log")
            for key in self.place.keys("/".join([*parts, kind, segment.path, ""]))
        ]
        for key in keys:
            self.place.remove(key)
        return len(keys)
