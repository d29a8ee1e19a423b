"""Users, roles and what they may do: a copy of all of it is told, and what is missing is taken in."""

from pymilvus.grpc_gen import milvus_pb2

from testbed.remembering_milvus.errors import Refused
from testbed.remembering_milvus.flushes import Flushes

PARTS = ("users", "roles", "grants", "privilege_groups")


def _name(part, entry):
    if part == "grants":
        return entry.SerializeToString(deterministic=True)
    return {"users": "user", "roles": "name", "privilege_groups": "group_name"}[part]


class Access(Flushes):
    def __init__(self, *args):
        super().__init__(*args)
        self.rbac = milvus_pb2.BackupRBACMetaResponse().RBAC_meta

    def add_rbac(self, sent):
        """All of it, or nothing when something of it is there."""
        for part in PARTS:
            there = {self._key(part, entry) for entry in getattr(self.rbac, part)}
            taken = [entry for entry in getattr(sent, part) if self._key(part, entry) in there]
            if taken:
                raise Refused(f"one of the {part} is there already: {taken[0]}")
        for part in PARTS:
            getattr(self.rbac, part).extend(getattr(sent, part))

    def _key(self, part, entry):
        named = _name(part, entry)
        return named if isinstance(named, bytes) else getattr(entry, named)
