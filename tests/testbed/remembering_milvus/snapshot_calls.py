"""The calls about snapshots, and those that take something away from what was made of one."""

from testbed.remembering_milvus.errors import Wrong
from testbed.remembering_milvus.snapshot_messages import message


class SnapshotCalls:
    """For Calls, which has the memory."""

    def create_snapshot(self, request, database):
        if request.compaction_protection_seconds or request.description:
            raise Wrong(f"a snapshot is taken with more than its name: {request}")
        self.memory.create_snapshot(database, request.collection_name, request.name)

    def describe_snapshot(self, request, database):
        found = self.memory.snapshot(database, request.collection_name, request.name)
        return {"name": found.name, "create_ts": found.timestamp}

    def drop_snapshot(self, request, database):
        self.memory.drop_snapshot(database, request.collection_name, request.name)

    def export_snapshot(self, request, database):
        job = self.memory.begin_export(
            database, request.collection_name, request.name, request.target_s3_path, request.external_spec
        )
        return {"job_id": job}

    def get_export_snapshot_state(self, request, _):
        return {"info": message("ExportSnapshotInfo")(**self.memory.look_at_export(request.job_id))}

    def restore_external_snapshot(self, request, database):
        job = self.memory.begin_snapshot_restore(
            database, request.target_collection_name, request.snapshot_metadata_uri, request.external_spec
        )
        return {"job_id": job}

    def get_restore_snapshot_state(self, request, _):
        return {"info": message("RestoreSnapshotInfo")(**self.memory.look_at_snapshot_restore(request.job_id))}

    def alter_collection_field(self, request, database):
        if request.properties:
            raise Wrong(f"parameters of field {request.field_name} are set")
        self.memory.alter_field(database, request.collection_name, request.field_name, request.delete_keys)

    def alter_index(self, request, database):
        if request.extra_params:
            raise Wrong(f"parameters of index {request.index_name} are set")
        self.memory.alter_index(database, request.collection_name, request.index_name, request.delete_keys)
