"""Users, roles, grants and privilege groups through a backup, against fake Milvus servers."""

import json

import grpc
import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.program import NOT_FOUND

from wire.creating import Collections, create
from wire.fake_milvus import Abort, status
from wire.rest import serving
from wire.restoring import Backup, Server, backup, data, program_for, restore

HASH = "$2a$10$hashOfAPassword"


def named(*names):
    return [{"name": name} for name in names]


def grant(role, privilege, collection="*", database="default", grantor="root"):
    return {
        "role": {"name": role},
        "object": {"name": "Collection"},
        "object_name": collection,
        "grantor": {"user": {"name": grantor}, "privilege": {"name": privilege}},
        "db_name": database,
    }


EVERYTHING = {
    "users": [
        {"user": "root", "password": HASH + "0"},
        {"user": "eve<&>", "password": HASH + "1", "roles": named("readers", "public")},
    ],
    "roles": named("admin", "public", "readers"),
    "grants": [grant("readers", "Search", "c"), grant("readers", "Query", "c", "sales"), grant("public", "Load")],
    "privilege_groups": [{"group_name": "looking", "privileges": named("Query", "Search")}],
}


def message(rbac):
    """As protobuf."""
    out = milvus_pb2.RBACMeta()
    for user in rbac.get("users", []):
        added = out.users.add(user=user["user"], password=user.get("password", ""))
        for role in user.get("roles", []):
            added.roles.add(name=role["name"])
    for role in rbac.get("roles", []):
        out.roles.add(name=role["name"])
    for one in rbac.get("grants", []):
        added = out.grants.add(object_name=one["object_name"], db_name=one.get("db_name", ""))
        added.role.name, added.object.name = one["role"]["name"], one["object"]["name"]
        added.grantor.user.name = one["grantor"]["user"]["name"]
        added.grantor.privilege.name = one["grantor"]["privilege"]["name"]
    for group in rbac.get("privilege_groups", []):
        added = out.privilege_groups.add(group_name=group["group_name"])
        for privilege in group["privileges"]:
            added.privileges.add(name=privilege["name"])
    return out


def answer(rbac):
    return milvus_pb2.BackupRBACMetaResponse(RBAC_meta=message(rbac))


@pytest.fixture
def kept(backup):
    """A backup that holds EVERYTHING."""
    backup.full["rbac_meta"] = EVERYTHING
    return backup.partition(10, "_default").segment(20).write()


def users_only(**rbac):
    return {"users": [{"user": "root", "password": "other"}], "roles": named("admin", "public")} | rbac


# --- create ----------------------------------------------------------------------------------------------------------


def test_create_writes_what_milvus_hands_out(create, tmp_path):
    with Collections({"default": ["c"]}, version="2.5.4") as server:
        server.answers["BackupRBAC"] = answer(EVERYTHING)
        result = create(server, "--rbac", "--json")
        [(_, _, headers)] = [call for call in server.calls if call[0] == "BackupRBAC"]
    text = (tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text()
    assert json.loads(text)["rbac_meta"] == EVERYTHING and "eve\\u003c\\u0026\\u003e" in text
    assert "rbac" not in (tmp_path / "backup" / "b" / "meta" / "backup_meta.json").read_text()
    told = json.loads(result.out)
    assert [told[key] for key in ("users", "roles", "grants", "privilege_groups")] == [2, 3, 3, 1]
    assert "dbname" not in headers


def test_empty_names_are_objects_without_a_name(create, tmp_path):
    with Collections({"default": ["c"]}, version="2.5.4") as server:
        rbac = milvus_pb2.RBACMeta()
        rbac.grants.add(object_name="c")
        server.answers["BackupRBAC"] = milvus_pb2.BackupRBACMetaResponse(RBAC_meta=rbac)
        create(server, "--rbac")
    text = (tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text()
    assert '"grants":[{"role":{},"object":{},"object_name":"c","grantor":{"user":{},"privilege":{}}}]' in text


def test_without_the_flag_nobody_asks(create, tmp_path):
    with Collections({"default": ["c"]}, version="2.5.4") as server:
        create(server)
        assert server.count("BackupRBAC") == 0
    assert "rbac_meta" not in (tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text()


def test_create_from_a_milvus_that_cannot(create, tmp_path):
    with Collections({"default": ["c"]}) as server:
        result = create(server, "--rbac", ok=False)
    assert "BackupRBAC" in result.err and "2.3.5" in result.err
    assert not (tmp_path / "backup" / "b").exists()


# --- restore ---------------------------------------------------------------------------------------------------------


def test_restore_makes_only_what_is_missing(kept, restore):
    there = users_only(grants=[grant("public", "Load", grantor="somebody", database="")])
    with Server("2.5.4") as server:
        server.answers |= {"BackupRBAC": answer(there), "RestoreRBAC": status()}
        result = restore(server, "--rbac", "--json")
        request, headers = server.of("RestoreRBAC")
        methods = [name for name, _, _ in server.calls]
    assert request.RBAC_meta == message(
        {
            "users": EVERYTHING["users"][1:],
            "roles": named("readers"),
            "grants": EVERYTHING["grants"][:2],
            "privilege_groups": EVERYTHING["privilege_groups"],
        }
    )
    assert "dbname" not in headers and methods.index("RestoreRBAC") < methods.index("CreateCollection")
    told = json.loads(result.out)
    assert (told["rbac_made"], told["rbac_left"]) == (5, 4)
    assert {"kind": "grant", "name": "Query on Collection c in sales for readers", "made": True} in told["rbac"]
    assert {"kind": "user", "name": "root", "made": False} in told["rbac"]
    assert "user eve<&>: made" in result.err and "role admin: there already" in result.err
    assert "privilege group looking: made" in result.err


def test_a_second_restore_makes_nothing(kept, restore):
    with Server("2.5.4") as server:
        server.answers["BackupRBAC"] = answer(EVERYTHING)
        result = restore(server, "--rbac", "--json")
        assert server.count("RestoreRBAC") == 0
    assert json.loads(result.out)["rbac_made"] == 0


def test_what_differs_under_the_same_name_is_said(kept, restore):
    there = users_only(
        privilege_groups=[{"group_name": "looking", "privileges": named("Query")}],
        users=[{"user": "root"}, {"user": "eve<&>", "roles": named("public")}],
    )
    with Server("2.5.4") as server:
        server.answers |= {"BackupRBAC": answer(there), "RestoreRBAC": status()}
        warnings = json.loads(restore(server, "--rbac", "--json").out)["warnings"]
        request, _ = server.of("RestoreRBAC")
    assert not request.RBAC_meta.users and not request.RBAC_meta.privilege_groups
    assert len(warnings) == 2 and "readers" in warnings[0] and "looking" in warnings[1]


def test_a_backup_without_users_is_refused(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.5.4") as server:
        server.answers["BackupRBAC"] = answer({})
        result = restore(server, "--rbac", ok=False, code=NOT_FOUND)
    assert "holds no users and roles" in result.err and server.events == []


@pytest.mark.parametrize("method", ["BackupRBAC", "RestoreRBAC"])
def test_a_milvus_that_cannot_is_left_alone(kept, restore, method):
    with Server("2.5.4") as server:
        server.answers |= {"BackupRBAC": answer(users_only()), "RestoreRBAC": status()}
        del server.answers[method]
        result = restore(server, "--rbac", ok=False)
    assert method in result.err and server.events == []


def test_hashes_stay_out_of_logs_and_messages(kept, data, tmp_path):
    with Server("2.5.4") as server:
        server.answers |= {
            "BackupRBAC": answer(users_only()),
            "RestoreRBAC": Abort(grpc.StatusCode.INVALID_ARGUMENT, "no such role"),
        }
        program = program_for(server, data, tmp_path / "program")
        result = program.fails("restore", "-n", "b", "--rbac", "--set", "log.level=debug")
    logs = "".join(path.read_text() for path in (tmp_path / "program").rglob("*.log"))
    assert "no such role" in logs and "hashOfAPassword" not in logs + result.err + result.out


def test_what_is_no_description_of_users_is_damage(kept, restore):
    kept.full["rbac_meta"] = {"users": "none"}
    kept.write()
    with Server("2.5.4") as server:
        server.answers["BackupRBAC"] = answer({})
        result = restore(server, "--rbac", ok=False)
    assert "users" in result.err and "b" in result.err and server.events == []


# --- REST ------------------------------------------------------------------------------------------------------------


def test_rest_takes_both_sides(tmp_path):
    with serving(tmp_path, Collections({"default": ["c"]}, version="2.5.4")) as server:
        server.milvus.answers["BackupRBAC"] = answer(EVERYTHING)
        assert server.post("create", {"backup_name": "made", "rbac": True}).json()["msg"] == "success"
    assert json.loads((tmp_path / "backup" / "made" / "meta" / "full_meta.json").read_text())["rbac_meta"] == EVERYTHING


def test_rest_restores_users_and_loads(tmp_path):
    index = {"field_name": "vec", "index_name": "vec", "params": {"index_type": "FLAT", "metric_type": "L2"}}
    made = Backup(tmp_path / "backup" / "b").partition(10, "_default")
    made.full["rbac_meta"] = EVERYTHING
    made.collection |= {"load_state": "Loaded", "aliases": ["al"], "has_index": True, "index_infos": [index]}
    made.write()
    with serving(tmp_path, Server("2.5.4")) as server:
        server.milvus.answers |= {"BackupRBAC": answer(users_only()), "RestoreRBAC": status()}
        body = {"backup_name": "b", "rbac": True, "load": True, "metaOnly": True, "id": "t1"}
        assert server.post("restore", body).json()["msg"] == "success"
        result = server.get("task", id="t1").data["result"]
        events = server.milvus.events
    assert [result[key] for key in ("aliases", "lost_aliases", "loaded", "unloaded", "rbac_made")] == [1, 0, 1, 0, 6]
    assert {"kind": "role", "name": "admin", "made": False} in result["rbac"]
    assert ("load", "c") in events and ("index", "vec") in events
