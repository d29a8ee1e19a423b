"""What comes back beside rows and indexes, against a fake Milvus: aliases and load states."""

import json

import grpc
import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.program import FAILURE

from wire.fake_milvus import Abort, status
from wire.restoring import Backup, Server, backup, data, restore

INDEX = {"field_name": "vec", "index_name": "vec", "params": {"index_type": "FLAT", "metric_type": "L2"}}


@pytest.fixture
def rows(backup):
    return backup.partition(10, "_default").segment(20)


def aliased(backup, *names):
    backup.collection["aliases"] = list(names)
    return backup.write()


def loaded(backup, **partitions):
    """Of the partitions of these names the states as told."""
    backup.collection |= {"load_state": "Loaded", "has_index": True, "index_infos": [INDEX]}
    for partition in backup.collection["partition_backups"]:
        if partitions:
            partition["load_state"] = partitions[partition["partition_name"]]
    return backup.write()


def steps(server, *kinds):
    return [event for event in server.events if event[0] in kinds]


def told(result):
    return json.loads(result.out)


# --- aliases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["--meta_only"]])
def test_aliases_come_back_when_all_rows_are_in(rows, restore, arguments):
    aliased(rows, "current", "newest")
    with Server("2.4.9") as server:
        result = told(restore(server, "--json", *arguments))
    assert server.aliases == {"current": "c", "newest": "c"}
    assert [event[0] for event in server.events][-2:] == ["new alias", "new alias"]
    assert (result["aliases"], result["lost_aliases"], result["warnings"]) == (2, 0, [])
    assert result["collections"][0]["aliases"] == ["current", "newest"]


def test_an_alias_leads_to_what_the_collection_becomes(rows, restore):
    aliased(rows, "current")
    with Server("2.4.9") as server:
        restore(server, "-s", "_copy")
    assert server.aliases == {"current": "c_copy"}


@pytest.mark.parametrize("version", ["2.2.16", "2.3.5", "2.6.4"])
@pytest.mark.parametrize("kind", ["alias", "collection"])
def test_a_taken_alias_is_said_and_stays(rows, restore, version, kind):
    aliased(rows, "current", "newest")
    with Server(version) as server:
        server.make("live" if kind == "alias" else "current", aliases=["current"] if kind == "alias" else [])
        before = set(server.collections)
        result = told(restore(server, "--json"))
    assert server.aliases == {"newest": "c"} | ({"current": "live"} if kind == "alias" else {})
    assert set(server.collections) == before | {"c"}
    assert (result["aliases"], result["lost_aliases"]) == (1, 1)
    [warning] = result["warnings"]
    assert "default.c" in warning and "current" in warning
    assert ("a collection has that name" in warning) == (kind == "collection")


def test_an_alias_that_somebody_takes_meanwhile_is_said(rows, restore):
    aliased(rows, "current")
    with Server("2.4.9") as server:

        def create(request):
            server.make("live", aliases=["current"])
            return status(code=1601, error_code=1, reason="alias already exists")

        server.answers["CreateAlias"] = create
        result = told(restore(server, "--json"))
    assert server.aliases == {"current": "live"} and result["lost_aliases"] == 1


def test_an_alias_whose_answer_was_lost_is_there(rows, restore):
    aliased(rows, "current")
    with Server("2.4.9") as server:

        def create(request):
            server._create_alias(request)
            return server._create_alias(request)

        server.answers["CreateAlias"] = create
        result = told(restore(server, "--json"))
    assert (result["aliases"], result["warnings"]) == (1, [])


def test_an_alias_is_not_in_the_way_of_another_target(rows, restore):
    """The second collection gets the name of the first one's alias: a collection counts before an alias."""
    other = {"collection_id": 2, "collection_name": "d", "aliases": [], "partition_backups": []}
    second = json.loads(json.dumps(rows.collection)) | other
    rows.full["collection_backups"].append(second)
    aliased(rows, "d_new")
    with Server("2.6.4") as server:
        result = told(restore(server, "--json", "-r", "d:d_new", "--meta_only"))
    assert set(server.collections) == {"c", "d_new"} and server.aliases == {}
    assert result["lost_aliases"] == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Abort(grpc.StatusCode.PERMISSION_DENIED, "no privilege"), None),
        (status(code=65535, error_code=1, reason="out of order"), FAILURE),
    ],
)
def test_an_alias_that_cannot_be_made(rows, restore, answer, code):
    aliased(rows, "current")
    with Server("2.4.9") as server:
        server.answers["CreateAlias"] = answer
        result = restore(server, ok=code is None, code=code)
    assert "current" in result.err and "incomplete" not in result.err
    assert code is None or "is restored, but not its alias" in result.err


def test_a_collection_that_rows_are_added_to_keeps_its_aliases(rows, restore):
    aliased(rows, "current")
    with Server("2.4.9") as server:
        server.make("c", aliases=["own"])
        restore(server, "--skip_create_collection")
    assert server.aliases == {"own": "c"}


def test_a_replaced_collection_has_the_aliases_of_both(rows, restore):
    aliased(rows, "current", "own")
    with Server("2.4.9") as server:
        server.make("c", aliases=["own"])
        result = told(restore(server, "--json", "--drop_exist_collection"))
    assert server.aliases == {"own": "c", "current": "c"} and result["lost_aliases"] == 0


# --- load states -----------------------------------------------------------------------------------------------------


def test_what_was_loaded_is_loaded_behind_its_indexes(rows, restore):
    loaded(rows)
    with Server("2.4.9") as server:
        result = told(restore(server, "--json", "--load"))
    assert [e[0] for e in steps(server, "index", "completed", "load")] == ["index", "completed", "load"]
    assert server.collections["c"].loaded == {"_default"}
    assert (result["loaded"], result["unloaded"]) == (1, 0)
    assert result["collections"][0]["loaded"] and result["collections"][0]["was_loaded"]


def test_without_the_flag_it_is_said(rows, restore):
    loaded(rows)
    with Server("2.4.9") as server:
        result = restore(server)
        assert "--load" in result.err and server.collections["c"].loaded == set()
        server.collections.clear()
        counts = told(restore(server, "--json"))
    assert (counts["loaded"], counts["unloaded"]) == (0, 1) and steps(server, "load", "index") == []


def test_what_was_not_loaded_is_not(rows, restore):
    rows.collection |= {"load_state": "NotLoad", "has_index": True, "index_infos": [INDEX]}
    rows.write()
    with Server("2.4.9") as server:
        result = restore(server, "--load")
    assert steps(server, "load", "index") == [] and "--load" not in result.err


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"_default": "NotLoad", "p": "Loaded", "q": "Loading"}, ("load", "c", "p", "q")),
        ({"_default": "Loaded", "p": "Loaded", "q": "Loaded"}, ("load", "c")),
        ({"_default": "NotLoad", "p": "NotLoad", "q": "NotLoad"}, ("load", "c")),  # an older tool that did not ask
        ({}, ("load", "c")),
    ],
)
def test_partitions_are_loaded_as_they_were(rows, restore, states, expected):
    loaded(rows.partition(11, "p").segment(21).partition(12, "q"), **states)
    with Server("2.4.9") as server:
        restore(server, "--load")
    assert steps(server, "load") == [expected]


@pytest.mark.parametrize("room", [True, False])
def test_replicas_are_as_many_as_there_is_room_for(rows, restore, room):
    rows.collection["replica_number"] = 3
    loaded(rows)
    with Server("2.4.9") as server:

        def load(request):
            if request.replica_number > 1 and not room:
                return status(code=3, error_code=1, reason="node not enough")
            return server._load(request)

        server.answers["LoadCollection"] = load
        warnings = told(restore(server, "--json", "--load"))["warnings"]
    assert [request.replica_number for request in server.all_of("LoadCollection")] == ([3] if room else [3, 0])
    assert server.collections["c"].loaded == {"_default"}
    assert [("fewer replicas" in warning) for warning in warnings] == ([] if room else [True])


def test_partitions_get_their_replicas(rows, restore):
    rows.collection["replica_number"] = 2
    loaded(rows.partition(11, "p"), _default="NotLoad", p="Loaded")
    with Server("2.4.9") as server:
        restore(server, "--load")
    assert server.of("LoadPartitions")[0].replica_number == 2


@pytest.mark.parametrize("count", [1, 2])
def test_a_replacement_has_the_replicas_of_the_old_one(rows, restore, count):
    rows.collection |= {"has_index": True, "index_infos": [INDEX]}
    rows.write()
    with Server("2.4.9") as server:
        old = server.make("c", rows=7, loaded=["_default"])
        server.answers["GetReplicas"] = milvus_pb2.GetReplicasResponse(
            replicas=[milvus_pb2.ReplicaInfo(replicaID=number) for number in range(count)]
        )
        restore(server, "--drop_exist_collection", "--restore_index")
        asked, _ = server.of("GetReplicas")
    assert asked.collectionID == old.id and server.of("LoadCollection")[0].replica_number == (count if count > 1 else 0)


def test_a_load_that_fails_leaves_the_rows(rows, restore):
    loaded(rows)
    with Server("2.4.9") as server:
        server.answers["LoadCollection"] = status(code=3, error_code=1, reason="no memory for that")
        result = restore(server, "--load", ok=False)
    assert "is restored, but" in result.err and "incomplete" not in result.err
    assert server.collections["c"].rows == 5


def test_a_replacement_that_cannot_be_loaded_does_not_replace(rows, restore):
    loaded(rows)
    with Server("2.4.9") as server:
        old = server.make("c", rows=7)
        server.answers["LoadCollection"] = status(code=3, error_code=1, reason="no memory for that")
        result = restore(server, "--load", "--drop_exist_collection", ok=False)
    assert server.collections == {"c": old} and "as before" in result.err


def test_a_replacement_is_loaded_once(rows, restore):
    loaded(rows)
    with Server("2.4.9") as server:
        server.make("c", rows=7, loaded=["_default"])
        restore(server, "--load", "--drop_exist_collection")
    assert len(steps(server, "load")) == 1 and server.collections["c"].loaded == {"_default"}


def test_rows_that_are_added_leave_indexes_alone(rows, restore):
    loaded(rows)
    with Server("2.4.9") as server:
        server.make("c")
        restore(server, "--load", "--skip_create_collection")
    assert steps(server, "index", "load") == [("load", "c")]
