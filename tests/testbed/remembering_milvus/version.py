"""Which Milvus the fake is: what it calls itself, and what that version can do."""

from dataclasses import dataclass

from testbed.remembering_milvus import snapshot_messages

# Capability -> since which version, and from which on no more.
RANGES = {
    "describe_database": ((2, 4, 3), None),
    "nullable": ((2, 5, 0), None),
    "functions": ((2, 5, 0), None),
    "delete_keys": ((2, 5, 0), None),
    "replicate_message": ((2, 5, 0), (2, 6, 0)),
    "describe_segments": ((2, 5, 8), None),
    "column_groups": ((2, 6, 0), None),
    "add_field": ((2, 6, 0), None),
    "encryption": ((2, 6, 0), None),
    "deletes_together": ((2, 6, 5), None),
    "gc_tickets": ((2, 6, 8), None),
    "function_check": ((2, 6, 8), None),
    "flush_all": ((2, 6, 11), None),
    "snapshots": ((3, 0, 0), None),
    "replication": ((2, 6, 11), None),
}
METHODS = {
    "DescribeDatabase": "describe_database",
    "ReplicateMessage": "replicate_message",
    "AddCollectionField": "add_field",
    "FlushAll": "flush_all",
    "GetFlushAllState": "flush_all",
    **dict.fromkeys(snapshot_messages.CALLS, "snapshots"),
    "GetReplicateInfo": "replication",
    "GetReplicateConfiguration": "replication",
    "CreateReplicateStream": "replication",
}
# Data type -> since which version; those that are not named are older than 2.4.
TYPES = {24: (2, 6, 4), 26: (2, 6, 6), 104: (2, 4, 0), 105: (2, 6, 0), 106: (2, 6, 4), 200: (2, 6, 4), 201: (2, 6, 4)}
UNVERSIONED = (99, 0, 0)  # a build of the newest source


def numbers(text):
    """"2.6.4" as a tuple."""
    return tuple(map(int, text.split(".")))


@dataclass(frozen=True)
class Version:
    """number is what it is; build_tags (of Connect) and text (of GetVersion) are what it says of itself."""

    number: tuple
    build_tags: str
    text: str

    @classmethod
    def of(cls, version, build_tags=None, text=None):
        number = numbers(version) if isinstance(version, str) else version
        name = "v" + ".".join(map(str, number))
        tags = name if build_tags is None else build_tags
        return cls(number, tags, tags or name if text is None else text)

    def can(self, capability):
        since, until = RANGES[capability]
        return self.number >= since and (until is None or self.number < until)

    def has_method(self, method):
        return method not in METHODS or self.can(METHODS[method])

    def has_type(self, data_type):
        return self.number >= TYPES.get(data_type, (2, 4, 0))

    @property
    def storage_version(self):
        return 2 if self.can("column_groups") else 0
