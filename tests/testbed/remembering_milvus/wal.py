"""Messages of a cluster's log as another cluster reads them: bytes of a replication to plain values.

Public descriptions of Milvus' messages say the numbers; those that its clients know too are taken from pymilvus.
"""

import base64

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from pymilvus.grpc_gen import common_pb2, milvus_pb2, msg_pb2

from testbed.remembering_milvus.errors import Wrong

KAFKA = 3
CREATE_COLLECTION, IMPORT, LOAD, CREATE_DATABASE, ALIAS = 5, 11, 14, 16, 19
RBAC, CREATE_INDEX, FLUSH_ALL, COMMIT_IMPORT = 21, 34, 37, 45
COLLECTION, DATABASE, PRIVILEGES = 2, 3, 4  # what a broadcast holds
PACKAGE = "remembered"

# Message -> number of a member: its name, its type ("*" for many), as messages.proto and its neighbours have them.
MESSAGES = {
    "Key": {1: "domain int32", 2: "key string", 3: "shared bool"},
    "Broadcast": {1: "broadcast_id uint64", 2: "vchannels string*", 3: "keys Key*"},
    "Pair": {1: "key string", 2: "value string"},
    "CreateDatabaseHeader": {1: "db_name string", 2: "db_id int64"},
    "CreateDatabaseBody": {1: "properties Pair*"},
    "CreateCollectionHeader": {1: "collection_id int64", 2: "partition_ids int64*", 3: "db_id int64"},
    "CreateIndexHeader": {
        1: "db_id int64",
        2: "collection_id int64",
        3: "field_id int64",
        4: "index_id int64",
        5: "index_name string",
    },
    "IndexInfo": {
        1: "collection_id int64",
        2: "field_id int64",
        3: "index_name string",
        4: "index_id int64",
        5: "type_params Pair*",
        6: "index_params Pair*",
        11: "is_auto_index bool",
        12: "user_index_params Pair*",
    },
    "FieldIndex": {1: "index_info IndexInfo", 2: "deleted bool", 3: "create_time uint64"},
    "CreateIndexBody": {1: "field_index FieldIndex"},
    "CommitImportHeader": {1: "collection_id int64", 2: "job_id int64"},
    "LoadField": {1: "field_id int64", 2: "index_id int64"},
    "LoadReplica": {1: "replica_id int64", 2: "resource_group string"},
    "LoadHeader": {
        1: "db_id int64",
        2: "collection_id int64",
        3: "partition_ids int64*",
        4: "load_fields LoadField*",
        5: "replicas LoadReplica*",
    },
    "AliasHeader": {
        1: "db_id int64",
        2: "db_name string",
        3: "collection_id int64",
        4: "collection_name string",
        5: "alias string",
    },
    "RbacBody": {1: "rbac_meta bytes"},
    "ConfigurationResponse": {1: "status bytes", 2: "configuration bytes"},
    "Empty": {},
}


def _make():
    field = descriptor_pb2.FieldDescriptorProto
    described = descriptor_pb2.FileDescriptorProto(name="remembered.proto", package=PACKAGE, syntax="proto3")
    for name, members in MESSAGES.items():
        message = described.message_type.add(name=name)
        for number, text in members.items():
            member, kind = text.removesuffix("*").split()
            label = field.LABEL_REPEATED if text.endswith("*") else field.LABEL_OPTIONAL
            added = message.field.add(name=member, number=number, label=label)
            if kind in MESSAGES:
                added.type, added.type_name = field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                added.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(described)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}


CLASSES = _make()
# Type -> its version, the class of its header, that of its body.
KINDS = {
    CREATE_DATABASE: (2, CLASSES["CreateDatabaseHeader"], CLASSES["CreateDatabaseBody"]),
    CREATE_COLLECTION: (1, CLASSES["CreateCollectionHeader"], msg_pb2.CreateCollectionRequest),
    CREATE_INDEX: (2, CLASSES["CreateIndexHeader"], CLASSES["CreateIndexBody"]),
    IMPORT: (1, CLASSES["Empty"], msg_pb2.ImportMsg),
    COMMIT_IMPORT: (2, CLASSES["CommitImportHeader"], CLASSES["Empty"]),
    LOAD: (2, CLASSES["LoadHeader"], CLASSES["Empty"]),
    ALIAS: (2, CLASSES["AliasHeader"], CLASSES["Empty"]),
    RBAC: (2, CLASSES["Empty"], CLASSES["RbacBody"]),
    FLUSH_ALL: (2, CLASSES["Empty"], CLASSES["Empty"]),
}
PROPERTIES = {"_t", "_v", "_h", "_bh", "_vc", "_tt", "_lc"}


def read(kind, data, what):
    """A message that holds nothing that its description does not name."""
    message = kind.FromString(data)
    if message.SerializeToString(deterministic=True) != kind.FromString(message.SerializeToString()).SerializeToString(deterministic=True):
        raise Wrong(f"{what} cannot be read again")
    unknown = kind()
    unknown.CopyFrom(message)
    unknown.DiscardUnknownFields()
    if unknown.ByteSize() != message.ByteSize():
        raise Wrong(f"{what} has members that no description names: {message}")
    return message


def pchannel(channel):
    return channel.rpartition("_")[0] or channel


class Message:
    """An ImmutableMessage, taken apart and judged by itself."""

    def __init__(self, sent):
        self.properties = dict(sent.properties)
        self.bytes = sent.SerializeToString(deterministic=True)
        self.tick = int(self._property("_tt"), 36)
        self.type = int(self._property("_t"))
        self.channel = self._property("_vc")
        if self.type not in KINDS:
            raise Wrong(f"a message of type {self.type}, which no restore sends")
        version, header, body = KINDS[self.type]
        if self._property("_v") != str(version):
            raise Wrong(f"a message of type {self.type} says version {self._property('_v')}, not {version}")
        self.header = read(header, base64.b64decode(self._property("_h"), validate=True), f"header of type {self.type}")
        self.body = read(body, sent.payload, f"body of type {self.type}")
        broadcast = base64.b64decode(self._property("_bh"), validate=True)
        self.broadcast = read(CLASSES["Broadcast"], broadcast, f"broadcast header of type {self.type}")
        if self.channel not in self.broadcast.vchannels:
            raise Wrong(f"a message on {self.channel}, which its broadcast to {self.broadcast.vchannels} does not name")
        if len(set(self.broadcast.vchannels)) < len(self.broadcast.vchannels):
            raise Wrong(f"a broadcast names a channel twice: {self.broadcast.vchannels}")
        self._check_names(sent)

    def _property(self, key):
        if key not in self.properties:
            raise Wrong(f"a message without the property {key}: {self.properties}")
        return self.properties[key]

    def _check_names(self, sent):
        if sent.id.WAL_name != KAFKA:
            raise Wrong(f"message {self.tick} is said to be of WAL {sent.id.WAL_name}")
        if self.type == FLUSH_ALL:
            return
        if set(self.properties) != PROPERTIES:
            raise Wrong(f"message {self.tick} has the properties {sorted(self.properties)}")
        if sent.id.id != self.properties["_tt"] or self.properties["_tt"] != base36(self.tick):
            raise Wrong(f"message {self.tick} is called {sent.id.id!r}")
        if self.properties["_lc"] != str(self.tick):
            raise Wrong(f"message {self.tick} says {self.properties['_lc']} is confirmed")

    @property
    def pchannel(self):
        return self.channel if self.type == FLUSH_ALL else pchannel(self.channel)

    def holds(self):
        return {(key.domain, key.key, key.shared) for key in self.broadcast.keys}


def base36(number):
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + text
    return text or "0"


def flush_all(channel, channels, timestamp, broadcast_id):
    """What a cluster writes on a physical channel when it flushes everything."""
    broadcast = CLASSES["Broadcast"](broadcast_id=broadcast_id, vchannels=channels, keys=[{"domain": 127}])
    encode = lambda message: base64.b64encode(message.SerializeToString()).decode()
    tick = base36(timestamp)
    properties = {"_t": str(FLUSH_ALL), "_v": "2", "_h": "", "_bh": encode(broadcast), "_vc": channel, "_tt": tick}
    return common_pb2.ImmutableMessage(
        id=common_pb2.MessageID(id=base36(timestamp - 1), WAL_name=KAFKA),
        properties={**properties, "_lc": base36(timestamp - 1), "_pcl": ""},
    )


def rbac_of(body):
    return milvus_pb2.RestoreRBACMetaRequest().RBAC_meta.FromString(body.rbac_meta)


def configuration(secondary):
    """Which clusters replicate to each other, as bytes of an answer; secondary: None for none."""
    told = common_pb2.ReplicateConfiguration()
    for cluster, channels in (secondary.clusters if secondary else {}).items():
        told.clusters.add(cluster_id=cluster, pchannels=channels)
    for source, target in secondary.edges if secondary else []:
        told.cross_cluster_topology.add(source_cluster_id=source, target_cluster_id=target)
    return CLASSES["ConfigurationResponse"](configuration=told.SerializeToString()).SerializeToString()
