"""The calls of Milvus' gRPC service that this fake knows: from a request to the memory, and what it answers."""

from pymilvus.grpc_gen import common_pb2, milvus_pb2, msg_pb2, schema_pb2

from testbed.remembering_milvus import schemas, wal
from testbed.remembering_milvus.errors import Refused, Wrong
from testbed.remembering_milvus.snapshot_calls import SnapshotCalls
from testbed.remembering_milvus.schemas import as_dict, pairs
from testbed.remembering_milvus.state import IMPORTING

# States of imports as gRPC tells them.
STARTED = {"Pending": 0, "Importing": 2, "Completed": 6, "Failed": 1}
NOT_LOADED, LOADED = 1, 3


class Calls(SnapshotCalls):
    """A method for each call, called with the request and the database of its header; members of the answer come back."""

    def __init__(self, memory):
        self.memory = memory
        self.version = memory.version

    # --- the server

    def connect(self, request, _):
        info = request.client_info
        if not (info.sdk_type and info.sdk_version and info.host and info.local_time):
            raise Wrong(f"the client does not say who it is: {info}")
        server = common_pb2.ServerInfo(build_tags=self.version.build_tags)
        return {"identifier": self.memory.identifier, "server_info": server}

    def get_version(self, _request, _):
        return {"version": self.version.text}

    # --- databases

    def list_databases(self, _request, _):
        return {"db_names": list(self.memory.databases)}

    def create_database(self, request, _):
        properties = as_dict(request.properties)
        if any(key.startswith("cipher.") for key in properties):
            raise Wrong(f"database {request.db_name} is made with {properties}: keys are the business of its owner")
        self.memory.make_database(request.db_name, properties)

    def describe_database(self, request, _):
        found = self.memory.database(request.db_name)
        return {
            "db_name": found.name,
            "dbID": found.id,
            "created_timestamp": found.created,
            "properties": pairs(found.properties),
        }

    # --- collections

    def show_collections(self, _request, database):
        return {"collection_names": list(self.memory.database(database).collections)}

    def has_collection(self, request, database):
        return {"value": self.memory.find(database, request.collection_name) is not None}

    def describe_collection(self, request, database):
        found = self.memory.collection(database, request.collection_name)
        return {
            "schema": schemas.visible(found.schema),
            "collectionID": found.id,
            "virtual_channel_names": found.channels,
            "physical_channel_names": [name.rsplit("_", 1)[0] for name in found.channels],
            "created_timestamp": found.created,
            "shards_num": found.shards,
            "aliases": self.memory.aliases_of(found),
            "consistency_level": found.consistency,
            "collection_name": found.name,
            "properties": pairs(found.properties),
            "db_name": database,
            "db_id": self.memory.database(database).id,
            "num_partitions": len(found.partitions),
        }

    def create_collection(self, request, database):
        sent = schema_pb2.CollectionSchema.FromString(request.schema)
        if sent.name != request.collection_name:
            raise Wrong(f"collection {request.collection_name} is sent with the schema of {sent.name!r}")
        self.memory.create_collection(
            database,
            sent,
            request.shards_num,
            request.consistency_level,
            as_dict(request.properties),
            request.num_partitions,
        )

    def drop_collection(self, request, database):
        self.memory.drop_collection(database, request.collection_name)

    def rename_collection(self, request, database):
        self.memory.rename_collection(database, request.oldName, request.newName)

    def add_collection_field(self, request, database):
        self.memory.add_field(request.collection_name, schema_pb2.FieldSchema.FromString(request.schema), database)

    def alter_collection(self, request, database):
        self.memory.alter_collection(
            database, request.collection_name, as_dict(request.properties), request.delete_keys
        )

    # --- aliases

    def create_alias(self, request, database):
        self.memory.create_alias(database, request.alias, request.collection_name)

    def alter_alias(self, request, database):
        self.memory.alter_alias(database, request.alias, request.collection_name)

    def drop_alias(self, request, database):
        self.memory.drop_alias(database, request.alias)

    def describe_alias(self, request, database):
        name = self.memory.database(database).aliases.get(request.alias)
        if name is None:
            raise Refused(f"alias not found[alias={request.alias}]", 1600)
        return {"db_name": database, "alias": request.alias, "collection": name}

    def list_aliases(self, request, database):
        aliases = self.memory.database(database).aliases
        wanted = request.collection_name
        return {"aliases": [alias for alias, name in aliases.items() if wanted in ("", name)]}

    # --- partitions

    def show_partitions(self, request, database):
        found = self.memory.collection(database, request.collection_name)
        return {"partition_names": list(found.partitions), "partitionIDs": list(found.partitions.values())}

    def has_partition(self, request, database):
        found = self.memory.collection(database, request.collection_name)
        return {"value": request.partition_name in found.partitions}

    def create_partition(self, request, database):
        self.memory.create_partition(database, request.collection_name, request.partition_name)

    # --- indexes and load

    def describe_index(self, request, database):
        found = self.memory.collection(database, request.collection_name)
        if not found.indexes:
            raise Refused(f"index not found[collection={found.name}]", 700, 25)
        told = [
            milvus_pb2.IndexDescription(
                index_name=index.name, indexID=index.id, field_name=index.field_name, params=pairs(index.params)
            )
            for index in found.indexes.values()
        ]
        return {"index_descriptions": told}

    def create_index(self, request, database):
        params = as_dict(request.extra_params)
        self.memory.create_index(database, request.collection_name, request.field_name, request.index_name, params)

    def drop_index(self, request, database):
        self.memory.drop_index(database, request.collection_name, request.index_name)

    def load_collection(self, request, database):
        self.memory.load(database, request.collection_name, replicas=request.replica_number)

    def load_partitions(self, request, database):
        self.memory.load(
            database, request.collection_name, list(request.partition_names), replicas=request.replica_number
        )

    def release_collection(self, request, database):
        self.memory.release(database, request.collection_name)

    def get_replicas(self, request, database):
        found = self.memory.collection(database, request.collection_name)
        if not found.loaded:
            raise Refused(f"collection not loaded[collection={found.name}]", 101)
        told = [milvus_pb2.ReplicaInfo(replicaID=n + 1, collectionID=found.id) for n in range(found.replicas)]
        return {"replicas": told}

    def get_load_state(self, request, database):
        found = self.memory.collection(database, request.collection_name)
        asked = set(request.partition_names) or set(found.partitions)
        return {"state": LOADED if asked & found.loaded else NOT_LOADED}

    def get_loading_progress(self, request, database):
        """Of a collection as a whole it tells how far what is to be loaded is, not how much of all that is."""
        found = self.memory.collection(database, request.collection_name)
        asked = set(request.partition_names) or found.loaded
        if not asked & found.loaded:
            raise Refused(f"collection not loaded[collection={found.name}]", 101)
        return {"progress": 100 * len(asked & found.loaded) // len(asked)}

    # --- segments and flush

    def get_persistent_segment_info(self, request, database):
        found = self.memory.collection(database, request.collectionName)
        told = [
            milvus_pb2.PersistentSegmentInfo(
                segmentID=segment.id,
                collectionID=segment.collection_id,
                partitionID=segment.partition_id,
                num_rows=segment.row_count,
                state=segment.state,
                level=1 if segment.is_l0 else 2,
                storage_version=segment.storage_version,
            )
            for segment in found.segments.values()
            if segment.state != IMPORTING
        ]
        return {"infos": told}

    def flush(self, request, database):
        answer = milvus_pb2.FlushResponse(db_name=database)
        for name in request.collection_names:
            found, flush = self.memory.begin_flush(database, name)
            answer.coll_segIDs[name].data.extend(segment.id for _, segment in flush.segments)
            answer.flush_coll_segIDs[name].data.extend(s.id for s in found.live())
            answer.coll_seal_times[name] = flush.timestamp >> 18
            answer.coll_flush_ts[name] = flush.timestamp
            for channel in found.channels:
                position = msg_pb2.MsgPosition(channel_name=channel, msgID=b"1", timestamp=flush.timestamp)
                answer.channel_cps[channel].CopyFrom(position)
        return answer

    def get_flush_state(self, request, database):
        done = self.memory.look_at_flush(database, request.collection_name, request.flush_ts, request.segmentIDs)
        return {"flushed": done}

    def flush_all(self, _request, _):
        answer = milvus_pb2.FlushAllResponse()
        flushed, number = self.memory.begin_flush_of_all(), next(self.memory.ids)
        for channel, timestamp in flushed.items():
            answer.flush_all_msgs[channel].CopyFrom(wal.flush_all(channel, list(flushed), timestamp, number))
        answer.cluster_info.cluster_id = "by-dev"
        answer.cluster_info.cchannel = self.memory.control_channel()
        answer.cluster_info.pchannels.extend(self.memory.physical_channels())
        return answer

    def get_flush_all_state(self, request, _):
        return {"flushed": self.memory.look_at_flush_of_all(dict(request.flush_all_tss))}

    def replicate_message(self, request, _):
        if not request.channel_name:
            raise Wrong("the position of a channel without a name is asked for")
        return {"position": "CAEQAQ=="}

    # --- replication

    def get_replicate_info(self, request, _):
        if self.memory.secondary is None:
            raise Refused("this cluster is no secondary")
        tick = self.memory.secondary.info(request)
        checkpoint = common_pb2.ReplicateCheckpoint(cluster_id=request.source_cluster_id, time_tick=tick)
        return {"checkpoint": checkpoint}

    # --- import

    def import_(self, request, database):
        unit, options = list(request.files), as_dict(request.options)
        job = self.memory.begin_import(database, request.collection_name, request.partition_name, [unit], options)
        return {"tasks": [job.id]}

    def get_import_state(self, request, _):
        job = self.memory.look_at(request.task)
        infos = {"progress_percent": job.percent, **({"failed_reason": job.reason} if job.reason else {})}
        return {"state": STARTED[job.state], "row_count": job.told_rows, "infos": pairs(infos), "id": job.id}

    # --- users and roles

    def backup_rbac(self, _request, _):
        return {"RBAC_meta": self.memory.rbac}

    def restore_rbac(self, request, _):
        self.memory.add_rbac(request.RBAC_meta)
