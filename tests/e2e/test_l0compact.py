"""Deletes that lie in L0 segments, on a real Milvus.

The servers here make no such segments: a backup's delta logs are moved into some, in files and in the description,
which is what a newer Milvus would have written for the same deletes.
"""

import json

import pytest
from testbed.data import make_deleted
from testbed.program import FAILURE
from testbed.rows import assert_same_rows, count_rows, read_rows

class Folder:
    """A backup whose objects can be moved about."""

    def __init__(self, site, name):
        self.site, self.dir = site, f"backup/{name}"
        self.full = site.meta(name)
        [self.collection] = self.full["collection_backups"]

    def move(self, before, after):
        key = f"{self.dir}/binlogs/delta_log/{self.collection['collection_id']}"
        self.site.place.put(f"{key}/{after}", self.site.place.get(f"{key}/{before}"))
        self.site.place.remove(f"{key}/{before}")

    def write(self):
        self.site.place.put(f"{self.dir}/meta/full_meta.json", json.dumps(self.full).encode())
        for other in ("objects.jsonl", "collection_meta.json", "partition_meta.json", "segment_meta.json"):
            self.site.place.remove(f"{self.dir}/meta/{other}")


def put_deletes_into_l0(site, name):
    """Those of the first partition into one of its own, all others into one over all partitions; how many logs."""
    folder = Folder(site, name)
    moved = 0
    everywhere = segment_of(folder, -1, 900000000000000001)
    for number, partition in enumerate(folder.collection["partition_backups"]):
        own = segment_of(folder, partition["partition_id"], 900000000000000002)
        for segment in partition["segment_backups"]:
            home = own if number == 0 else everywhere
            group = [home["group_id"]] if "group_id" in home else []
            place = "/".join(map(str, [home["partition_id"], *group, home["segment_id"]]))
            for log in [log for field in segment.get("deltalogs") or [] for log in field.get("binlogs") or []]:
                old = f"{partition['partition_id']}/{segment['group_id']}/{segment['segment_id']}/{log['log_id']}"
                folder.move(old, f"{place}/{log['log_id']}")
                home["deltalogs"][0]["binlogs"].append({"log_size": log["log_size"], "log_id": log["log_id"]})
                moved += 1
            segment["deltalogs"] = [{}]
        if number == 0:
            partition["segment_backups"].append(own)
    folder.collection["l0_segments"] = [everywhere]
    folder.write()
    assert everywhere["deltalogs"][0]["binlogs"] and len(everywhere["deltalogs"][0]["binlogs"]) < moved
    return moved


def segment_of(folder, partition, number):
    group = {} if partition == -1 else {"group_id": number}
    logs = {"num_of_rows": 20, "size": 0, "binlogs": [], "deltalogs": [{"binlogs": []}]}
    logs["collection_id"] = folder.collection["collection_id"]
    return {"segment_id": number, "partition_id": partition, "is_l0": True, **group, **logs}


@pytest.fixture
def deleted(site, name):
    with site.milvus.client() as client:
        left = make_deleted(client, name)
        assert count_rows(site.milvus, name) == left
        yield name
        client.drop_collection(name)


def test_what_l0_segments_delete_stays_deleted(site, program, deleted, name):
    program.ok("create", "-n", name, "-c", deleted)
    moved = put_deletes_into_l0(site, name)
    assert "holds only deletes" in program.fails("restore", "-n", name, "-s", "_again", code=FAILURE).err

    told = program.ok("l0compact", "-n", name, "-o", f"{name}_plain", "--json").json()
    assert told["l0_segments"] == 2 and told["delta_logs_added"] > moved
    program.ok("verify", "-n", f"{name}_plain", "--read-data")
    program.ok("restore", "-n", f"{name}_plain", "-s", "_again")
    assert_same_rows(read_rows(site.milvus, deleted), read_rows(site.milvus, f"{deleted}_again"))
