"""A stub that grpcio-tools makes from our .proto file drives the server on the real Milvus."""

import pytest
from testbed import grpc_stub
from testbed.backup_server import BackupServer
from testbed.data import COLLECTIONS
from testbed.ports import free_port
from testbed.program import Program, merged
from testbed.rows import read_collections
from testbed.server import wait_until

pytestmark = pytest.mark.parametrize("site", ["local"], indirect=True)
SUCCESS, NOT_FOUND, DONE = 0, 404, 2


@pytest.fixture
def server(site, program, tmp_path):
    config = merged(site.config, {"server": {"grpcPort": free_port()}})
    with BackupServer(Program(tmp_path / "server", config)) as server:
        yield server


@pytest.fixture
def stub(server):
    with grpc_stub.open_channel(server) as channel:
        yield grpc_stub.backups(channel)


@pytest.fixture
def m():
    return grpc_stub.messages()


def reached(get, timeout=120):
    """The reply's data when its task has ended."""
    reply = None

    def ended():
        nonlocal reply
        reply = get()
        assert reply.code == SUCCESS, reply.msg
        return reply.data.state_code >= DONE

    wait_until(ended, timeout, "the end of the task")
    return reply.data


def test_a_backup_is_made_looked_at_restored_and_deleted(site, stub, m, name):
    made = stub.CreateBackup(m.CreateBackupRequest(backup_name=name, requestId="one"))
    assert (made.code, made.msg, made.requestId) == (SUCCESS, "success", "one")
    assert made.data.name == name and made.data.state_code == DONE

    got = stub.GetBackup(m.GetBackupRequest(backup_name=name)).data
    assert {(c.db_name or "default", c.collection_name) for c in got.collection_backups} == set(COLLECTIONS)
    stored = {c["collection_id"]: c for c in site.meta(name)["collection_backups"]}
    for collection in got.collection_backups:
        described = stored[collection.collection_id]
        assert collection.schema.fields and len(collection.schema.fields) == len(described["schema"]["fields"])
        assert [p.partition_id for p in collection.partition_backups] == [
            p["partition_id"] for p in described["partition_backups"]
        ]
        segments = [s for p in collection.partition_backups for s in p.segment_backups]
        known = [s for p in described["partition_backups"] for s in p.get("segment_backups") or []]
        assert [(s.segment_id, s.num_of_rows) for s in segments] == [(s["segment_id"], s["num_of_rows"]) for s in known]
        assert all(s.binlogs and s.binlogs[0].binlogs[0].log_path for s in segments)
    assert name in [backup.name for backup in stub.ListBackups(m.ListBackupsRequest()).data]

    request = m.RestoreBackupRequest(backup_name=name, collection_suffix="_grpc")
    setattr(request, "async", True)
    started = stub.RestoreBackup(request)
    assert started.code == SUCCESS and started.data.id, started
    restored = reached(lambda: stub.GetRestore(m.GetRestoreStateRequest(id=started.data.id)))
    assert (restored.state_code, restored.progress) == (DONE, 100), restored
    renamed = {(db, collection): (db, f"{collection}_grpc") for db, collection in COLLECTIONS}
    rows = read_collections(site.milvus, renamed.values())
    assert {origin: rows[target] for origin, target in renamed.items()} == {key: site.rows[key] for key in renamed}

    assert stub.DeleteBackup(m.DeleteBackupRequest(backup_name=name)).msg == "success"
    assert stub.GetBackup(m.GetBackupRequest(backup_name=name)).code == NOT_FOUND
    assert site.backup(name) == {}


def test_what_is_selected_by_any_json_is_backed_up(site, stub, m, name):
    database, collection = sorted(COLLECTIONS)[0]
    request = m.CreateBackupRequest(backup_name=name)
    setattr(request, "async", True)
    request.db_collections.struct_value.update({database: [collection]})
    started = stub.CreateBackup(request, metadata=[("request_id", f"id-{name}")])
    assert (started.code, started.requestId) == (SUCCESS, f"id-{name}")
    data = reached(lambda: stub.GetBackup(m.GetBackupRequest(backup_id=f"id-{name}")))
    assert data.state_code == DONE, data
    [backed_up] = stub.GetBackup(m.GetBackupRequest(backup_name=name)).data.collection_backups
    assert backed_up.collection_name == collection


def test_failures_stand_in_the_reply(stub, m):
    missing = stub.RestoreBackup(m.RestoreBackupRequest(backup_name="not_there"))
    assert missing.code != SUCCESS and "not_there" in missing.msg
    bad_name = stub.CreateBackup(m.CreateBackupRequest(backup_name="../x"))
    assert bad_name.code == 400 and bad_name.msg
    assert stub.GetRestore(m.GetRestoreStateRequest(id="nobody")).code != SUCCESS


def test_check_says_that_all_is_well(stub, m):
    reply = stub.Check(m.CheckRequest())
    assert reply.code == SUCCESS and "Milvus version" in reply.msg


def test_a_client_that_leaves_does_not_stop_what_it_began(stub, m, name):
    call = stub.CreateBackup.future(m.CreateBackupRequest(backup_name=name), metadata=[("request_id", name)])
    wait_until(lambda: stub.GetBackup(m.GetBackupRequest(backup_id=name)).code == SUCCESS, 30, "the task")
    call.cancel()
    assert call.cancelled()
    assert reached(lambda: stub.GetBackup(m.GetBackupRequest(backup_id=name))).state_code == DONE
