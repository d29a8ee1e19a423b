"""What the API answers, over local disk and a fake Milvus: the contract that clients of the Go program rely on."""

import json
import re
import threading

import pytest
from testbed.server import wait_until
from wire.creating import Collections
from wire.rest import DATABASES, server, serving  # noqa: F401

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def create(server, name, **more):
    answer = server.post("create", {"backup_name": name, "meta_only": True, **more})
    assert answer.json()["msg"] == "success", answer
    return answer.data


def test_a_create_answers_with_its_backup(server):
    answer = server.post("create", {"backup_name": "made", "collection_names": ["empty"]}, headers={"Request_Id": "r1"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert list(answer.json()) == ["requestId", "msg", "data"]
    assert answer.json()["requestId"] == "r1"
    data = answer.data
    assert (data["id"], data["state_code"], data["progress"], data["name"]) == ("r1", 2, 100, "made")
    assert 0 <= data["end_time"] - data["start_time"] < 60
    assert [it["collection_name"] for it in data["collection_backups"]] == ["empty"]
    described = sum(file.stat().st_size for file in (server.backups / "made" / "meta").iterdir())
    assert data["meta_size"] == described > 0
    assert server.get("get_backup", backup_name="made").data == data
    assert server.get("get_backup", backup_id="r1").data == data
    made_up = server.get("get_backup", backup_name="made").json()["requestId"]
    assert UUID.fullmatch(made_up)


def test_a_name_is_made_up_where_none_is_given(server):
    data = create(server, "")
    assert re.fullmatch(r"backup_\d{4}(_\d\d){5}_\d+", data["name"])
    assert server.delete("delete", backup_name=data["name"]).json()["msg"] == "success"


def test_what_is_there_is_not_made_again_whether_somebody_waits_or_not(server):
    create(server, "twice")
    for is_async in (False, True):
        answer = server.post("create", {"backup_name": "twice", "async": is_async}).json()
        assert (answer["code"], answer["data"]) == (400, None)
        assert answer["msg"] == "backup already exist with the name: twice"
    assert create(server, "twic")["state_code"] == 2, "a name that begins another one is free"
    assert server.delete("delete", backup_name="twice").json()["msg"] == "success"
    create(server, "twice")


@pytest.mark.parametrize("name", ["1a", "a-1", "a.b", "../x", "..", " a", "a ", "a\n", "é", "a\0b", "x" * 129])
def test_a_name_that_cannot_be_is_refused(server, name):
    answer = server.post("create", {"backup_name": name})
    assert (answer.status, answer.code) == (200, 400)


def test_a_failed_create_says_why_and_frees_its_name(server):
    answer = server.post("create", {"backup_name": "lacks", "collection_names": ["nope"]}).json()
    assert answer["code"] == 3 and "collection default.nope not found in milvus" in answer["msg"]
    assert answer["data"]["state_code"] == 3 and answer["data"]["errorMessage"] == answer["msg"]
    assert server.get("get_backup", backup_name="lacks").data["state_code"] == 3
    create(server, "lacks")
    assert server.get("get_backup", backup_name="lacks").data["state_code"] == 2


def test_selections(server):
    def of(name, **body):
        found = create(server, name, **body).get("collection_backups", [])
        return sorted(f"{it['db_name']}.{it['collection_name']}" for it in found)

    everything = ["default.empty", "default.partitions", "sales.partitions"]
    assert of("s1", db_collections={"default": ["empty"], "sales": []}) == ["default.empty", "sales.partitions"]
    assert of("s2", db_collections='{"default":["empty"]}', collection_names=["partitions"]) == ["default.empty"]
    assert of("s3", filter={"sales": {"colls": ["*"]}}, db_collections={"default": []}) == ["sales.partitions"]
    assert of("s4", db_collections={}) == [] and of("s5", filter={}) == [] and of("s6", db_collections="{}") == []
    assert of("s7", db_collections=["empty"]) == everything and of("s8", db_collections="") == everything
    assert of("s9", collection_names=[".empty", "sales.partitions"]) == ["default.empty", "sales.partitions"]
    assert of("s10", db_collections={"": ["empty"]}) == ["default.empty"]
    for body in ({"collection_names": [""]}, {"collection_names": [None]}, {"collection_names": ["a.b.c"]},
                 {"db_collections": "not json"}, {"db_collections": {"a": "b"}}, {"strategy": "auto"},
                 {"filter": {"default": {"colls": ["*", "empty"]}}},
                 {"format": "bundle"}, {"format": "snapshot", "strategy": "meta_only"}):
        answer = server.post("create", {"backup_name": "s11", **body})
        assert (answer.status, answer.code) == (200, 3), (body, answer)


def test_what_is_not_there_is_not_found(server):
    assert server.get("get_backup", backup_name="nope").json().items() >= {"code": 404, "msg": "not found", "data": None}.items()
    for name in ("nope", "a-b c", "x/../made", "made/", "../made"):
        answer = server.delete("delete", backup_name=name).json()
        assert (answer["code"], answer["msg"]) == (404, "not found") and "data" not in answer
    assert server.get("get_backup", backup_id="nope").json()["msg"].endswith("task not found")
    assert server.get("get_backup").code == 400 and server.delete("delete").code == 400
    assert server.get("task", id="nope").code == 404 and server.post("cancel", id="nope").code == 404
    assert server.get("get_restore").json()["msg"] == "empty restore id"
    assert server.get("get_restore", id="nope").json()["msg"] == "task not found"


def test_the_list_holds_complete_backups(server):
    create(server, "listed", collection_names=["empty"])
    (server.backups / "halfdone" / "binlogs").mkdir(parents=True)
    (server.backups / "halfdone" / "binlogs" / "one").write_text("x")
    listed = {it["name"]: it for it in server.get("list").data}
    assert listed["listed"].keys() >= {"id", "name", "size", "milvus_version", "state_code"}
    assert "halfdone" not in listed
    assert "halfdone" in {it["name"] for it in server.get("list", all="true").data}
    holders = [it["name"] for it in server.get("list", collection_name="empty").data]
    assert "listed" in holders and len(holders) == len(set(holders))
    assert server.get("list", collection_name="nope").data == []
    answer = server.post("create", {"backup_name": "halfdone"}).json()
    assert answer["code"] == 400 and "already exist" in answer["msg"]
    assert server.delete("delete", backup_name="halfdone").json()["msg"] == "success"
    create(server, "halfdone")


@pytest.mark.parametrize("body", ["", "{", "not json", "[]", '"x"', "5", "\ufeff{}", '{"backup_name":"b"/*x*/}',
                                  '{"backup_name":"b",}', '{"async":"true"}', '{"gc_pause_seconds":60.0}',
                                  '{"collection_names":"a"}', '{"backup_name":5}', '{"x":' + "[" * 10001 + "]" * 10001 + "}"])
def test_a_body_that_is_none_is_refused(server, body):
    answer = server.request("POST", "create", body)
    assert (answer.status, answer.json()) == (400, {"error": "Invalid request body"})
    if "restore" not in body and "backup_name" not in body:
        answer = server.request("POST", "restore", body or "{")
        assert answer.status in (200, 400)


def test_bodies_are_read_as_those_of_the_go_program(server):
    for n, body in enumerate([b'{"backup_name":"%s","meta_only":true} xyz', b'{"Backup_Name":"%s","META_ONLY":true}',
                              b'{"backup_name":"other","backup_name":"%s","meta_only":true}',
                              b'{"backup_name":"%s","x":"\xff\xfe","y":"\\ud800"}',
                              b'{"backup_name":"%s","async":null,"collection_names":null,"unknown":{"a":[1]}}']):
        name = f"read{n}"
        answer = server.request("POST", "create", body % name.encode())
        assert answer.data["name"] == name


def test_a_restore_says_what_is_wrong_before_there_is_a_task(server):
    create(server, "source", collection_names=["empty"])
    for body, code, words in [
        ({}, 400, "backup name is required"),
        ({"backup_name": "nope"}, 400, "backup nope not found"),
        ({"backup_name": "source/"}, 400, "backup source/ not found"),
        ({"backup_name": "source", "collection_suffix": "é"}, 400, "alphanumeric"),
        ({"backup_name": "source", "restorePlan": {}, "collection_suffix": "_p"}, 400, "restore plan and collection suffix"),
        ({"backup_name": "source", "restorePlan": {}, "collection_renames": {"a": "b"}}, 400, "restore plan and collection renames"),
        ({"backup_name": "source", "collection_renames": {"a": "b.c"}}, 3, "invalid mapper rule: a -> b.c"),
        ({"backup_name": "source", "collection_names": [""]}, 3, "collection_names"),
        ({"backup_name": "source", "db_collections": "x"}, 3, "db_collections"),
        ({"backup_name": "source", "ezkMapping": {"a": ""}}, 3, "ezkMapping: "),
        ({"backup_name": "source", "bucket_name": "elsewhere"}, 3, "bucket"),
    ]:
        answer = server.post("restore", body).json()
        assert answer["code"] == code and words in answer["msg"] and answer["data"] is None, (body, answer)
    answer = server.request("POST", "restore", '{"metaOnly":"true"}')
    assert answer.status == 400 and answer.json()["error"].startswith("invalid request body: metaOnly")


@pytest.mark.parametrize("body", [{"collection_names": ["nope"]}, {"db_collections": {}}, {"db_collections": {"nodb": []}},
                                  {"restorePlan": {}}, {"db_collections_after_rename": {"default": ["nope"]}}])
def test_a_restore_of_nothing_succeeds(server, body):
    if server.get("get_backup", backup_name="hollow").code:
        create(server, "hollow", collection_names=["empty"])
    answer = server.post("restore", {"backup_name": "hollow", "id": "mine", "requestId": "r2", **body})
    assert answer.json()["requestId"] == "r2"
    assert answer.data.items() >= {"id": "mine", "state_code": 2, "progress": 100}.items()
    assert server.get("get_restore", id="mine").data == answer.data


def test_tasks_are_listed_asked_for_and_cancelled(server):
    create(server, "tasked")
    newest = server.get("tasks", limit=1, kind="create", state="succeeded")
    assert [it["backup_name"] for it in newest.data] == ["tasked"] and newest.json()["total"] > 0
    task = server.get("task", id=newest.data[0]["id"]).data
    assert task.items() >= {"kind": "create", "state": "succeeded", "progress": 100, "error": "", "resumable": False}.items()
    assert {it["collection_name"] for it in task["collections"]} == {"empty", "partitions"}
    assert server.post("cancel", id=task["id"]).data["state"] == "succeeded"
    assert server.get("tasks", kind="nonsense").code == 400


def test_redirects_and_unknown_routes(server):
    moved = server.get("hello/")
    assert (moved.status, moved.headers["Location"]) == (301, "/api/v1/hello")
    assert server.get("docs").headers["Location"] == "/api/v1/docs/"
    kept = server.request("POST", "create/?a=b", {})
    assert (kept.status, kept.headers["Location"], kept.body) == (307, "/api/v1/create?a=b", b"")
    for method, path in (("GET", "unknown"), ("GET", "create"), ("POST", "list"), ("OPTIONS", "create")):
        answer = server.request(method, path)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/plain")


def test_health_tells_what_answers(tmp_path):
    with serving(tmp_path) as server:
        health = server.get("health").data
        assert all(health[place]["reachable"] for place in ("milvus", "milvus_storage", "backup_storage"))
        assert health["milvus"]["version"] == "v2.3.5" and health["checked_at"] > 0


class Slow(Collections):
    """Tells of its collections only when it may."""

    def __init__(self):
        super().__init__(DATABASES)
        self.may = threading.Event()
        answer = self.answers["ShowCollections"]
        self.answers["ShowCollections"] = lambda request: (self.may.wait(30), answer(request))[1]


def test_a_running_backup_is_told_of_by_name_and_id_and_can_be_cancelled(tmp_path):
    with serving(tmp_path, Slow()) as server:
        begun = server.post("create", {"backup_name": "slow", "async": True}, headers={"request_id": "s1"})
        assert begun.json()["msg"] == "create backup is executing asynchronously"
        assert begun.data["id"] == "s1" and begun.data["state_code"] in (0, 1)
        for query in ({"backup_name": "slow"}, {"backup_id": "s1"}):
            data = server.get("get_backup", **query).data
            assert data["state_code"] in (0, 1) and 0 <= data["progress"] < 100 and "end_time" not in data
        again = server.post("create", {"backup_name": "slow", "async": True}).json()
        assert again["code"] == 3 and again["msg"].endswith("existing task s1")
        assert server.delete("delete", backup_name="slow").code == 3
        assert server.post("cancel", id="s1").data["kind"] == "create"
        server.milvus.may.set()
        assert server.wait_for_task("s1")["state"] == "cancelled"
        assert server.get("get_backup", backup_id="s1").data["state_code"] == 3


def test_a_client_that_leaves_takes_along_what_is_bound_to_it(tmp_path):
    with serving(tmp_path, Slow()) as server:
        clients = {}
        for name, bound in (("bound", {"cancel_on_disconnect": True}), ("free", {})):
            clients[name] = server.connect()
            body = json.dumps({"backup_name": name, **bound})
            clients[name].request("POST", "/api/v1/create", body, {"request_id": name})
            wait_until(lambda name=name: server.get("task", id=name).json()["data"], 20, "the task")
        for client in clients.values():
            client.close()
        assert server.wait_for_task("bound")["state"] == "cancelled"
        assert server.task("free")["state"] == "running"
        server.milvus.may.set()
        assert server.wait_for_task("free")["state"] == "succeeded"
        answer = server.post("create", {"backup_name": "bound", "cancel_on_disconnect": True})
        assert answer.data["state_code"] == 2, "who stays gets its backup"


def test_a_change_leaves_a_line_in_the_log(server):
    server.post("create", {"backup_name": "a\nb outcome=success"}, headers={"request_id": "audited"})
    lines = [line for line in server.log().splitlines() if "audit" in line and "request=audited" in line]
    assert len(lines) == 1 and "does=createBackup" in lines[0] and "refused or failed" in lines[0]


# --- what is wrong with a body is named --------------------------------------------------------------------------


def bodies(server):
    """Of each route that takes one, the members with the JSON type of each; None for one that takes several."""
    document = server.get("/api/v1/docs/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rsplit("/", 1)[1]
                members = document["components"]["schemas"][name]["properties"]
                yield method.upper(), path, {key: member.get("type") for key, member in members.items()}


def test_a_member_of_another_type_is_named_by_every_route_but_the_one_that_clients_know(server):
    wrong = {"string": 7, "boolean": "yes", "integer": "many", "array": {"a": 1}, "object": [1]}
    inner = {"array": [["x"]], "object": {"k": ["x"]}}
    tried = 0
    for method, path, members in bodies(server):
        for member, value in [(member, table[kind]) for member, kind in members.items() for table in (wrong, inner) if kind in table]:
            answer = server.request(method, path, {member: value})
            assert answer.status == 400, (path, member, value, answer)
            text = answer.json()["error"]
            if path.endswith("/create"):
                assert text == "Invalid request body"
            else:
                assert text.startswith(f"invalid request body: {member} "), (path, value, text)
            tried += 1
    assert tried > 60


@pytest.mark.parametrize("route, body, said", [
    ("create", {"strategy": "quick"}, "strategy: invalid strategy 'quick'; it is meta_only, skip_flush"),
    ("create", {"backup_root_path": "elsewhere"}, "backup_root_path: "),
    ("create", {"gc_pause_address": "http://example.invalid"}, "gc_pause_address: "),
    ("create", {"db_collections": {"sales": "empty"}}, 'db_collections: "sales" needs a list'),
    ("restore", {"backup_name": "b", "path": "elsewhere"}, "path: "),
    ("restore", {"backup_name": "b", "bucket_name": "other"}, "bucket_name: "),
    ("restore", {"backup_name": "b", "maxShardNum": -3}, "maxShardNum: -3 is below 0"),
    ("restore", {"backup_name": "b", "db_collections_after_rename": "sales"}, 'is no object of JSON (write {"db1":["c1"],"db2":[]})'),
    ("restore", {"backup_name": "b", "db_collections_after_rename": '"sales"'}, "db_collections_after_rename: is no object"),
    ("restore", {"backup_name": "b", "db_collections_after_rename": '{"sales":["a",{}]}'}, 'db_collections_after_rename: "sales" lists'),
    ("prune", {"keep_weekly": -7}, "keep_weekly: a number of backups is not negative"),
    ("prune", {"keep_last": 1, "dry_run": "no"}, "dry_run is neither true nor false"),
    ("transfer", {"backup_name": "b", "peer": "../up"}, "peer: "),
])
def test_a_value_that_cannot_be_is_told_with_its_member(server, route, body, said):
    answer = server.post(route, body)
    assert answer.code != 0 and said in answer.json()["msg"], answer


def test_what_is_wrong_with_the_body_of_a_create_stands_in_the_log(server):
    server.post("create", {"backup_name": ["odd"]}, headers={"request_id": "an odd body"})
    wait_until(lambda: "refused: invalid request body: backup_name is no string" in server.log(), 10, "the line of the log")
