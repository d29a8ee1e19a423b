"""What the fake answers over HTTP: Milvus' REST calls of the proxy, and the management calls."""

from urllib.parse import parse_qs

from testbed.remembering_milvus.errors import Refused, Wrong

REST = "/v2/vectordb"
GC = "/management/datacoord/garbage_collection"
EZ_BACKUP = "/management/rootcoord/ez/backup"
STATES = {"Failed": "Failed"}


def _wanted(body, key, kind):
    value = body.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Wrong(f"{key} of a REST call is {value!r}, not a {kind.__name__}")
    return value


class Pages:
    """POST and GET by path; an answer is the JSON that goes back."""

    def __init__(self, memory):
        self.memory = memory
        self.version = memory.version
        self._lock_of = {}

    def post(self, path, headers, body):
        if headers.get("Content-Type") != "application/json" or not isinstance(body, dict):
            raise Wrong(f"{path} is not sent a JSON object")
        if path == f"{REST}/segments/describe" and self.version.can("describe_segments"):
            return self._describe_segments(body)
        if path == f"{REST}/jobs/import/create":
            return self._create_job(headers, body)
        if path == f"{REST}/jobs/import/describe":
            return self._describe_job(body)
        return None

    def get(self, path, query):
        asked = {key: values[0] for key, values in parse_qs(query, strict_parsing=bool(query)).items()}
        if path == f"{GC}/pause":
            return self._pause(asked)
        if path == f"{GC}/resume":
            self.memory.resume_collection_of_garbage(asked.get("ticket", ""))
            return {"msg": "OK"}
        if path == EZ_BACKUP and self.version.can("encryption"):
            return self._backup_key(asked)
        return None

    # --- encryption

    def _backup_key(self, asked):
        if set(asked) != {"db_name"}:
            raise Wrong(f"the key of a database is asked for with {sorted(asked)}")
        ezk = self.memory.database(asked["db_name"]).ezk
        if not ezk:
            raise Wrong(f"the key of database {asked['db_name']} is asked for, which has none")
        return {"msg": "OK", "ezk": ezk}

    # --- segments

    def _describe_segments(self, body):
        database, number = _wanted(body, "dbName", str), _wanted(body, "collectionId", int)
        found = [c for c in self.memory.database(database).collections.values() if c.id == number]
        if not found:
            raise Wrong(f"segments of collection {number} are asked for, which is not in database {database}")
        infos = [self._describe_segment(found[0], segment) for segment in _wanted(body, "segmentIds", list)]
        return {"code": 0, "data": {"segmentInfos": infos}}

    def _describe_segment(self, collection, number):
        if number not in collection.segments:
            raise Refused(f"segment not found[segment={number}]", 600)
        segment = collection.segments[number]
        logs = {
            kind: [{"fieldID": group, "logIDs": ids} for (of, group), ids in segment.logs.items() if of == kind]
            for kind in ("insert", "delta", "stats")
        }
        return {
            "segmentID": segment.id,
            "collectionID": segment.collection_id,
            "partitionID": segment.partition_id,
            "vChannel": segment.channel,
            "state": segment.state,
            "insertLogs": logs["insert"],
            "deltaLogs": logs["delta"],
            "statsLogs": logs["stats"],
        }

    # --- imports

    def _create_job(self, headers, body):
        if headers.get("Request-Timeout") != "600":
            raise Wrong("an import job is made without the header Request-Timeout: 600")
        options = body.get("options", {})
        if not all(isinstance(value, str) for value in options.values()):
            raise Wrong(f"options of an import job are not all texts: {options}")
        job = self.memory.begin_import(
            body.get("dbName") or "default",
            _wanted(body, "collectionName", str),
            body.get("partitionName", ""),
            _wanted(body, "files", list),
            options,
        )
        return {"code": 0, "data": {"jobId": str(job.id)}}

    def _describe_job(self, body):
        number = _wanted(body, "jobId", str)
        job = self.memory.look_at(int(number) if number.isdecimal() else 0)
        told = {"jobId": number, "state": job.state, "progress": job.percent, "importedRows": job.told_rows}
        return {"code": 0, "data": {**told, **({"reason": job.reason} if job.reason else {})}}

    # --- garbage collection

    def _pause(self, asked):
        if set(asked) != {"pause_seconds", "collection_id"}:
            raise Wrong(f"garbage collection is paused with {sorted(asked)}")
        ticket = self.memory.pause_collection_of_garbage(int(asked["pause_seconds"]), int(asked["collection_id"]))
        return {"msg": "OK", **({"ticket": ticket} if ticket else {})}
