"""A fake as the secondary of a replication: it takes messages of its source, confirms them, and does what they say.

It is read from the public descriptions of Milvus' log and replication, and no pair of clusters was there to compare it
with.  Messages are judged one by one (wal.py), by their order, and by what they are about; what is wrong is a violation.
"""

import itertools

from pymilvus.grpc_gen import milvus_pb2, schema_pb2

from testbed.remembering_milvus import schemas, wal
from testbed.remembering_milvus.errors import Refused, Wrong
from testbed.remembering_milvus.schemas import as_dict
from testbed.remembering_milvus.state import ALL_PARTITIONS, Collection, Index

CONSISTENCY = "consistency_level"
SYSTEM = [(0, "RowID"), (1, "Timestamp")]


class Broken(Exception):
    """The stream is to end with this status; None for a good end."""

    def __init__(self, code, details):
        super().__init__(details)
        self.code = code
        self.details = details


class Secondary:
    """source, target: ids of clusters; channels: the source's physical ones.

    at: number of a message (1 is the first that comes on whatever stream) -> what is done when it comes: a status of
    gRPC (or None) and a text, with which the stream ends before the message is taken, or ("taken", status, text): after that, and unconfirmed.
    every: confirmations are sent for every so many messages only, and for the last.  late: so many seconds later.
    """

    def __init__(self, milvus, source, target, channels, edges=None):
        self.milvus = milvus
        self.source, self.target = source, target
        self.channels = list(channels)
        self.targets = [f"{target}-dml_{n}" for n in range(len(self.channels))]
        self.clusters = {source: self.channels, target: self.targets}
        self.edges = [(source, target)] if edges is None else edges
        self.checkpoints = dict.fromkeys(self.targets, 0)
        self.at = {}
        self.every = 1
        self.late = 0
        self.refuses = lambda message: None  # a reason for which what it says is not done
        self.taken = []  # messages, in their order, each once
        self.received = 0  # also what came again
        self.opened = []  # the physical channels of streams
        self.flushed = {}  # physical channel of the source -> bytes of the message
        self._open, self._known = {}, set()
        self._copies = {}  # broadcast id -> its messages so far
        self._streams = itertools.count(1)

    # --- streams

    def open(self):
        return next(self._streams)

    def close(self, stream):
        self._open = {channel: owner for channel, owner in self._open.items() if owner != stream}

    def _check_stream(self, stream, message):
        channel = message.pchannel
        if channel not in self.channels:
            raise Wrong(f"a message for {message.channel}, which is on no channel of {self.source}")
        if stream in self._open.values() and self._open.get(channel) != stream:
            raise Wrong(f"a stream carries messages of {channel} and of another channel")
        if self._open.setdefault(channel, stream) != stream:
            raise Wrong(f"two streams carry messages of {channel}")
        if stream not in self._known:
            self._known.add(stream)
            self.opened.append(channel)

    def take(self, stream, request):
        """The bytes of a request; the tick that is confirmed now, or None."""
        sent = milvus_pb2.ReplicateRequest.FromString(request).replicate_message
        if sent.source_cluster_id != self.source:
            raise Wrong(f"a message of cluster {sent.source_cluster_id!r}")
        message = wal.Message(sent.message)
        message.raw = request
        self.received += 1
        self._check_stream(stream, message)
        fault = self.at.pop(self.received, None)
        if fault and fault[0] != "taken":
            raise Broken(*fault)
        self._append(message)
        if fault:
            raise Broken(*fault[1:])
        last = message.type == wal.FLUSH_ALL
        return self.checkpoint(message.pchannel) if last or self.received % self.every == 0 else None

    def checkpoint(self, channel):
        return self.checkpoints[self.targets[self.channels.index(channel)]]

    def _append(self, message):
        where = self.targets[self.channels.index(message.pchannel)]
        if message.tick <= self.checkpoints[where]:
            if message.bytes not in [old.bytes for old in self.taken]:
                raise Wrong(f"message {message.tick} comes again, but is another one")
            return
        if message.type != wal.FLUSH_ALL and message.tick != len(self._own()) + 1 and not self._fills(message):
            raise Wrong(f"message {message.tick} comes behind {len(self._own())} others")
        self.checkpoints[where] = message.tick
        self.taken.append(message)
        if message.type == wal.FLUSH_ALL:
            self.flushed[message.pchannel] = message
        else:
            self._join(message)

    def _own(self):
        return [message for message in self.taken if message.type != wal.FLUSH_ALL]

    def _fills(self, message):
        """Streams are not in step: a later number of one may come before an earlier one of another."""
        return message.tick not in [old.tick for old in self._own()]

    # --- broadcasts

    def _join(self, message):
        number = message.broadcast.broadcast_id
        copies = self._copies.setdefault(number, [])
        copies.append(message)
        same = {(m.type, m.properties["_h"], m.properties["_bh"], m.body.SerializeToString(deterministic=True)) for m in copies}
        if len(same) > 1:
            raise Wrong(f"copies of broadcast {number} differ")
        if len(copies) < len(message.broadcast.vchannels):
            return
        if self.flushed:
            raise Wrong(f"broadcast {number} comes behind the flush")
        reason = self.refuses(message)
        if reason is None:
            self._do[message.type](self, message)

    def is_whole(self):
        """Every number was taken once, every broadcast is complete, and every channel was flushed at last."""
        ticks = sorted(message.tick for message in self._own())
        whole = all(len(copies) == len(copies[0].broadcast.vchannels) for copies in self._copies.values())
        return ticks == list(range(1, len(ticks) + 1)) and whole and list(self.flushed) and set(self.flushed) == set(self.channels)

    def types(self):
        """Of the broadcasts, in the order of their first copies."""
        return [copies[0].type for copies in self._copies.values()]

    # --- what messages say

    def _check_control(self, message):
        if len(message.broadcast.vchannels) != 1 or not message.channel.endswith("_vcchan"):
            raise Wrong(f"message of type {message.type} goes to {list(message.broadcast.vchannels)}, not to the control channel")

    def _check_holds(self, message, *wanted):
        if message.holds() != set(wanted):
            raise Wrong(f"message of type {message.type} holds {message.holds()}, not {set(wanted)}")

    def _check_holds_collection(self, message, database, name):
        self._check_holds(message, (wal.DATABASE, database, True), (wal.COLLECTION, f"{database}:{name}", False))

    def _collection(self, number):
        for found in self.milvus.all_collections():
            if found.id == number:
                return found
        raise Wrong(f"a message about collection {number}, which is not there")

    def _check_shards(self, message, collection):
        if [self._here(channel) for channel in message.broadcast.vchannels] != collection.channels:
            raise Wrong(f"message of type {message.type} goes to {list(message.broadcast.vchannels)}, not to the shards")

    def _here(self, channel):
        """A channel of the source by its name here."""
        own = wal.pchannel(channel)
        if own not in self.channels:
            raise Wrong(f"{channel} is on no channel of {self.source}")
        return self.targets[self.channels.index(own)] + channel.removeprefix(own)

    def _create_database(self, message):
        self._check_control(message)
        self._check_holds(message, (wal.DATABASE, message.header.db_name, False))
        made = self.milvus.make_database(message.header.db_name, as_dict(message.body.properties))
        made.id = message.header.db_id

    def _create_collection(self, message):
        header, body = message.header, message.body
        database = self.milvus.database(body.db_name)
        self._check_holds_collection(message, body.db_name, body.collectionName)
        shards = list(body.virtualChannelNames)
        if len(message.broadcast.vchannels) != len(shards) + 1 or set(message.broadcast.vchannels) < set(shards):
            raise Wrong(f"collection {body.collectionName} is told to {list(message.broadcast.vchannels)}")
        if [wal.pchannel(channel) for channel in shards] != list(body.physicalChannelNames) or not shards:
            raise Wrong(f"collection {body.collectionName} has channels {shards} on {list(body.physicalChannelNames)}")
        if (header.collection_id, header.db_id, list(header.partition_ids)) != (body.collectionID, body.dbID, list(body.partitionIDs)):
            raise Wrong(f"header and body of collection {body.collectionName} differ")
        if body.base.msg_type != 100 or not header.collection_id or body.collectionName in database.collections:
            raise Wrong(f"collection {body.collectionName} is made wrongly: {header}, {body.base}")
        if len(body.partitionNames) != len(body.partitionIDs) or not all(body.partitionIDs) or not body.partitionIDs:
            raise Wrong(f"collection {body.collectionName} has partitions {body.partitionNames}, {body.partitionIDs}")
        described, consistency, properties = self._schema(body)
        database.collections[body.collectionName] = Collection(
            id=header.collection_id,
            database=body.db_name,
            name=body.collectionName,
            schema=described,
            shards=len(shards),
            consistency=consistency,
            properties=properties,
            created=self.milvus.clock.tick(),
            channels=[self._here(channel) for channel in shards],
            partitions=dict(zip(body.partitionNames, body.partitionIDs, strict=True)),
        )

    def _schema(self, body):
        """As the fake keeps it, and what travels in its properties."""
        sent = body.collection_schema
        if schema_pb2.CollectionSchema.FromString(body.schema) != sent or sent.name != body.collectionName:
            raise Wrong(f"the two schemas of {body.collectionName} differ, or are of another collection")
        if [(f.fieldID, f.name) for f in sent.fields[-2:]] != SYSTEM:
            raise Wrong(f"the schema of {body.collectionName} lacks the server's own fields")
        if sent.enable_dynamic_field != any(f.is_dynamic and f.name == schemas.DYNAMIC for f in sent.fields):
            raise Wrong(f"the schema of {body.collectionName} lacks its hidden field")
        kept = schema_pb2.CollectionSchema()
        kept.CopyFrom(sent)
        del kept.fields[-2:], kept.properties[:]
        for one in kept.fields:
            if one.is_dynamic:
                one.description = ""
        properties = as_dict(sent.properties)
        return kept, int(properties.pop(CONSISTENCY)), properties

    def _create_index(self, message):
        header, info = message.header, message.body.field_index.index_info
        found = self._collection(header.collection_id)
        self._check_control(message)
        self._check_holds_collection(message, found.database, found.name)
        names = {f.fieldID: f.name for f in schemas.all_fields(found.schema)}
        own = (info.collection_id, info.field_id, info.index_name, info.index_id)
        if own != (header.collection_id, header.field_id, header.index_name, header.index_id):
            raise Wrong(f"header and body of index {header.index_name} differ")
        kept, given = as_dict(info.index_params), as_dict(info.user_index_params)
        if "params" in kept or kept.get("index_type") != given.get("index_type") or not given:
            raise Wrong(f"index {header.index_name} is kept as {kept}, given as {given}")
        if not header.index_id or message.body.field_index.deleted or not message.body.field_index.create_time:
            raise Wrong(f"index {header.index_name} is made wrongly: {message.body}")
        made = Index(header.index_id, header.index_name, names[header.field_id], given)
        found.indexes[header.index_name] = made

    def _import(self, message):
        body = message.body
        found = self._collection(body.collectionID)
        self._check_shards(message, found)
        self._check_holds_collection(message, found.database, found.name)
        if (body.db_name, body.collection_name, body.base.msg_type) != (found.database, found.name, 408):
            raise Wrong(f"an import into {body.db_name}.{body.collection_name} is one into {found.name}")
        if [f.fieldID for f in body.schema.fields] != [f.fieldID for f in found.schema.fields]:
            raise Wrong(f"an import into {found.name} is told another schema")
        [partition] = body.partitionIDs
        name = "" if partition == ALL_PARTITIONS else found.partition_name(partition)
        units = [list(file.paths) for file in body.files]
        if len({file.id for file in body.files}) < len(units) or body.jobID < 1 << 31:
            raise Wrong(f"import {body.jobID} has files {[file.id for file in body.files]}")
        options = dict(body.options)
        if options.get("auto_commit") != "false" or not {"end_ts", "storage_version"} <= set(options):
            raise Wrong(f"an import of a replication with the options {options}")
        self.milvus.begin_import(found.database, found.name, name, units, options, body.jobID)

    def _commit(self, message):
        found = self._collection(message.header.collection_id)
        self._check_shards(message, found)
        self._check_holds_collection(message, found.database, found.name)
        job = self.milvus.jobs.get(message.header.job_id)
        if job is None or job.collection is not found:
            raise Wrong(f"import {message.header.job_id} of {found.name} is committed, which there is not")
        self.milvus.commit_import(job)

    def _load(self, message):
        header = message.header
        found = self._collection(header.collection_id)
        self._check_control(message)
        self._check_holds_collection(message, found.database, found.name)
        fields = {f.fieldID for f in schemas.all_fields(found.schema)}
        indexes = {index.field_name: index.id for index in found.indexes.values()}
        names = {f.fieldID: f.name for f in schemas.all_fields(found.schema)}
        if {one.field_id for one in header.load_fields} != fields:
            raise Wrong(f"{found.name} is loaded with fields {[one.field_id for one in header.load_fields]}")
        if any(one.index_id != indexes.get(names[one.field_id], 0) for one in header.load_fields):
            raise Wrong(f"{found.name} is loaded with other indexes than it has")
        replicas = {one.replica_id for one in header.replicas if one.resource_group}
        if len(replicas) != len(header.replicas) or not replicas:
            raise Wrong(f"{found.name} is loaded with replicas {header.replicas}")
        partitions = [found.partition_name(number) for number in header.partition_ids]
        self.milvus.load(found.database, found.name, partitions, len(replicas))

    def _alias(self, message):
        header = message.header
        found = self._collection(header.collection_id)
        self._check_control(message)
        self._check_holds(message, (wal.DATABASE, found.database, False))
        if (header.db_name, header.collection_name) != (found.database, found.name):
            raise Wrong(f"alias {header.alias} is one of {header.collection_name}")
        self.milvus.create_alias(found.database, header.alias, found.name)

    def _rbac(self, message):
        self._check_control(message)
        self._check_holds(message, (wal.PRIVILEGES, "", False))
        self.milvus.add_rbac(wal.rbac_of(message.body))

    _do = {
        wal.CREATE_DATABASE: _create_database,
        wal.CREATE_COLLECTION: _create_collection,
        wal.CREATE_INDEX: _create_index,
        wal.IMPORT: _import,
        wal.COMMIT_IMPORT: _commit,
        wal.LOAD: _load,
        wal.ALIAS: _alias,
        wal.RBAC: _rbac,
    }

    # --- what is asked about it

    def info(self, request):
        if request.source_cluster_id != self.source or request.target_pchannel not in self.checkpoints:
            raise Refused(f"no replication of {request.source_cluster_id} on {request.target_pchannel}")
        return self.checkpoints[request.target_pchannel]
