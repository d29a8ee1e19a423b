"""Backups laid out as older versions of the Go program did, derived from one that a newer version or this program made.

A backup is a dict: key below its directory -> content. `Layout` takes it apart, its methods make it older, `files` puts
it together again.
"""

import copy
import json
import tarfile
from pathlib import Path

from testbed.components import ROOT

ARCHIVES = ["go_v0_4_15", "go_v0_5_16"]
FULL, BACKUP = "meta/full_meta.json", "meta/backup_meta.json"
COLLECTION, PARTITION, SEGMENT = (f"meta/{level}_meta.json" for level in ("collection", "partition", "segment"))
LEVELS = [BACKUP, COLLECTION, PARTITION, SEGMENT]
ONLY_FULL = ("collection_backups", "database_backups", "rbac_meta", "rpc_channel_info", "flush_all_msgs_base64")


def unpacked(archive):
    """The files of a backup that the Go program wrote."""
    with tarfile.open(ROOT / "tests" / "data" / "interop" / f"{archive}.tar.gz") as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        return {str(Path(*Path(member.name).parts[1:])): tar.extractfile(member).read() for member in files}


def level_files(full):
    """The four level files for a description, as newer versions write them: every thing once."""
    collections, partitions, segments = [], [], []
    for collection in full.get("collection_backups", []):
        bare = {key: value for key, value in collection.items() if key != "l0_segments"}
        bare["partition_backups"] = []
        for partition in collection.get("partition_backups", []):
            alone = {key: value for key, value in partition.items() if key != "segment_backups"}
            bare["partition_backups"].append(alone)
            partitions.append(alone)
            segments.extend(partition.get("segment_backups", []))
        collections.append(bare)
    summary = {key: value for key, value in full.items() if key not in ONLY_FULL}
    infos = {COLLECTION: collections, PARTITION: partitions, SEGMENT: segments}
    return {BACKUP: _text(summary)} | {name: _text({"infos": items} if items else {}) for name, items in infos.items()}


def _text(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Layout:
    """The changes can be chained; `full` is the description, `binlogs` key -> content."""

    def __init__(self, files):
        self.full = json.loads(files[FULL])
        self.binlogs = {key: data for key, data in files.items() if key.startswith("binlogs/")}
        self.others = {}
        self.nested = False
        self.has_full = True

    def files(self):
        described = level_files(self.full) | self.others
        if self.nested:
            described[COLLECTION] = _text({"infos": self.full["collection_backups"]})
        if self.has_full:
            described[FULL] = _text(self.full)
        return self.binlogs | described

    # --- what there is

    def collections(self):
        return self.full["collection_backups"]

    def partitions(self):
        return [partition for collection in self.collections() for partition in collection["partition_backups"]]

    def segments(self):
        """Those of partitions; deletes over all partitions are none."""
        return [segment for partition in self.partitions() for segment in partition.get("segment_backups", [])]

    def logs(self, kind):
        """The lists of files of all segments: kind is "binlogs" or "deltalogs"."""
        return [field for segment in self.segments() for field in segment.get(kind, [])]

    def only(self, *wanted):
        """Leaves (database, collection) pairs out that are not wanted, their binlogs too."""
        kept = [c for c in self.collections() if (c.get("db_name", "default"), c["collection_name"]) in wanted]
        self.full["collection_backups"] = kept
        if "database_backups" in self.full:
            wanted_databases = {database for database, _ in wanted}
            self.full["database_backups"] = [d for d in self.full["database_backups"] if d["db_name"] in wanted_databases]
        numbers = {str(collection["collection_id"]) for collection in kept}
        self.binlogs = {key: data for key, data in self.binlogs.items() if key.split("/")[2] in numbers}
        return self

    # --- where binlogs lie

    def _move(self, place_of):
        """place_of: what comes between partition and segment, by the key's segment id and the element there now."""
        moved = {}
        for key, data in self.binlogs.items():
            root, kind, collection, partition, *rest = key.split("/")
            if partition != "-1":
                rest[:1] = place_of(rest[1])
            moved["/".join((root, kind, collection, partition, *rest))] = data
        self.binlogs = moved
        return self

    def without_groups(self):
        """v0.2 to v0.4.3, small partitions: no group element, no group_id."""
        for segment in self.segments():
            segment.pop("group_id", None)
        return self._move(lambda segment: [])

    def shared_groups(self, size=2):
        """v0.2 to v0.4.3, large partitions: groups 1, 2, 3... of several segments each."""
        groups = {}
        for partition in self.partitions():
            for number, segment in enumerate(partition.get("segment_backups", [])):
                segment["group_id"] = groups[str(segment["segment_id"])] = 1 + number // size
        return self._move(lambda segment: [str(groups[segment])])

    def own_groups(self):
        """v0.4.4 and later: the segment's id, but none for a segment without insert logs (until v0.5.3)."""
        for segment in self.segments():
            segment["group_id"] = segment["segment_id"] if _has_logs(segment.get("binlogs")) else 0
        groups = {str(segment["segment_id"]): segment["group_id"] for segment in self.segments()}
        return self._move(lambda segment: [str(groups[segment])] if groups[segment] else [])

    # --- what is described, and how

    def level_files_only(self):
        """Until v0.3.0; collection_meta.json brings copies of everything below a collection."""
        self.has_full = False
        self.nested = True
        return self

    def without_log_ids(self):
        """Until v0.5.3."""
        for field in self.logs("binlogs") + self.logs("deltalogs"):
            for log in field.get("binlogs", []):
                log.pop("log_id", None)
        return self

    def with_log_ids(self):
        for field in self.logs("binlogs") + self.logs("deltalogs"):
            for log in field.get("binlogs", []):
                log["log_id"] = int(log["log_path"].rsplit("/", 1)[1])
        return self

    def delta_files_one_by_one(self):
        """v0.4.15 to v0.5.3: each delta log in an element of its own, with its id for a field."""
        for segment in self.segments():
            logs = [log for field in segment.get("deltalogs", []) for log in field.get("binlogs", [])]
            segment["deltalogs"] = [{"fieldID": _id_of(log), "binlogs": [log]} for log in logs] or [{}]
        return self

    def before_l0(self):
        """Until v0.4.14, and of every Milvus before 2.4: no segments that hold deletes only."""
        for collection in self.collections():
            collection.pop("l0_segments", None)
        deletes = {str(s["segment_id"]) for s in self.segments() if _has_logs(s.get("deltalogs")) and not _has_logs(s.get("binlogs"))}
        for partition in self.partitions():
            segments = partition.get("segment_backups", [])
            partition["segment_backups"] = [s for s in segments if str(s["segment_id"]) not in deletes]
        kept = self.binlogs.items()
        self.binlogs = {key: data for key, data in kept if "/-1/" not in key and key.split("/")[-2] not in deletes}
        return self

    def l0_not_marked(self):
        """v0.4.15 to v0.5.3: what holds deletes only is known by its missing insert logs."""
        for segment in self.segments():
            segment.pop("is_l0", None)
        return self

    def empty_segments(self):
        """Until v0.4.14: a segment without insert logs, whose group is 0."""
        free = 1 + max((segment["segment_id"] for segment in self.segments()), default=0)
        for number, partition in enumerate(self.partitions()):
            for segment in partition.get("segment_backups", [])[:1]:
                like = {key: segment[key] for key in ("collection_id", "partition_id")}
                empty = {"segment_id": free + number, **like, "deltalogs": [{}], "size": 0, "backuped": True}
                partition["segment_backups"].append(empty)
        return self

    def channel_checkpoints(self):
        """v0.4.14 to v0.5.9: a sixth file."""
        names = [collection["collection_name"] for collection in self.collections()]
        positions = {name: [{"name": "by-dev-rootcoord-dml_0", "position": "CgQBAgME"}] for name in names}
        self.others["meta/channel_cp_meta.json"] = _text(positions)
        return self

    def without_databases(self):
        """Until v0.2: a Milvus without databases, so no names of any."""
        self.only(*((c.get("db_name", "default"), c["collection_name"]) for c in self.collections() if _is_default(c)))
        for collection in self.collections():
            collection.pop("db_name", None)
            collection.pop("db_id", None)
        self.full.pop("database_backups", None)
        return self

    def states_and_times(self):
        """Until v0.5.9: how far the backup had come."""
        seconds = 1690000000
        self.full |= {"state_code": 2, "start_time": seconds * 1000, "end_time": seconds * 1000 + 1, "progress": 100}
        for collection in self.collections():
            collection |= {"state_code": 2, "start_time": seconds, "end_time": seconds + 1, "progress": 100}
            collection |= {"errorMessage": "", "to_restore_size": 0, "restored_size": 0}
        for segment in self.segments():
            segment |= {"backuped": True, "statslogs": [{"fieldID": 100, "binlogs": [{"log_path": "files/stats_log/1"}]}]}
        for field in self.logs("binlogs"):
            for log in field.get("binlogs", []):
                log |= {"entries_num": 1, "timestamp_from": 1, "timestamp_to": 2**64 - 1}
        return self

    def newer_keys_left_out(self):
        """Until v0.5.9: what only later versions write."""
        newer = ("aliases", "virtual_channel_names", "physical_channel_names", "properties", "created_timestamp")
        for collection in self.collections():
            for key in newer:
                collection.pop(key, None)
            for index in collection.get("index_infos", []):
                index.pop("index_id", None)
        return self

    def default_value(self, field, **spelled):
        """Gives every collection's field of that name a default value; by the name of the key, its content."""
        for collection in self.collections():
            for described in collection["schema"]["fields"]:
                if described["name"] == field:
                    described.update(spelled)
        return self


def _has_logs(fields):
    return any(field.get("binlogs") for field in fields or [])


def _id_of(log):
    return log.get("log_id") or int(log["log_path"].rsplit("/", 1)[1])


def _is_default(collection):
    return collection.get("db_name", "default") == "default"


# The layouts that versions had, by the last of these versions.
ERAS = {
    "v0.2": lambda layout: layout.without_databases().level_files_only().without_groups().before_l0(),
    "v0.3.0": lambda layout: layout.level_files_only().shared_groups().before_l0(),
    "v0.4.3": lambda layout: layout.shared_groups(3).before_l0().empty_segments(),
    "v0.4.3 in small": lambda layout: layout.without_groups().before_l0(),
    "v0.4.13": lambda layout: layout.empty_segments().own_groups().before_l0(),
    "v0.5.3": lambda layout: layout.own_groups().delta_files_one_by_one().l0_not_marked().channel_checkpoints(),
    "v0.5.9": lambda layout: layout.with_log_ids().channel_checkpoints(),
}


def of_era(files, era):
    """The backup as a version of that time would have written it."""
    layout = Layout(copy.deepcopy(files))
    if era != "v0.5.9":
        layout.without_log_ids().full.pop("database_backups", None)
    return ERAS[era](layout.states_and_times().newer_keys_left_out()).files()
