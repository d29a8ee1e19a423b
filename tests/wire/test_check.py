"""What check tells of the storages."""

import json

import pytest
from testbed.program import Program
from testbed.strict_proxy import StrictProxy

from wire.creating import Collections
from wire.listing_rules import Backwards, Late
from wire.transferring import BUCKET


@pytest.mark.parametrize(
    "rule, in_order, at_once",
    [(None, True, True), (Backwards("b/"), False, True), (Late("b/", "_list/a", 99), True, False)],
    ids=["good", "backwards", "late"],
)
def test_how_a_storage_lists(store, tmp_path, rule, in_order, at_once):
    with Collections({"default": []}) as server, StrictProxy(store.port, [rule] if rule else []) as proxy:
        (tmp_path / "data").mkdir()
        config = {
            "milvus": {"address": "127.0.0.1", "port": server.port},
            "backup": {"gcPause": {"address": server.web}},
            "minio": {
                "storageType": "local",
                "rootPath": str(tmp_path / "data"),
                **store.storage(BUCKET, "b", backup=True),
                "backupPort": proxy.port,
            },
        }
        program = Program(tmp_path / "program", config)
        told = program.ok("check", "--json").json()
        words = program.ok("check").out
    assert told["milvus_storage"]["lists_in_order"] and told["milvus_storage"]["lists_at_once"]
    assert told["backup_storage"]["lists_in_order"] == in_order
    assert told["backup_storage"]["lists_at_once"] == at_once
    assert ("not in byte order" in words) == (not in_order)
    assert ("show a write late" in words) == (not at_once)
    assert store.keys(BUCKET) == {} and not any(path.is_file() for path in (tmp_path / "data").rglob("*"))
