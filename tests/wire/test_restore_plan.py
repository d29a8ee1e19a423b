"""A restore by a plan, which only programs can give: what Milvus is told to make; restore_plan.c is the program."""

from pymilvus.grpc_gen import schema_pb2
from testbed.program import restore_by_plan

from wire.fake_milvus import status
from wire.restoring import Server, backup, data, program_for


def keys(pairs):
    return {pair.key for pair in pairs}


def test_collections_are_made_as_the_plan_says(backup, data, tmp_path):
    backup.partition(10, "_default").segment(20)
    collection = backup.collection
    collection["shards_num"] = 3
    collection["schema"]["description"] = "as it was"
    collection["properties"] = [{"key": "collection.ttl.seconds", "value": "60"}, {"key": "kept", "value": "1"}]
    vector = collection["schema"]["fields"][1]
    vector["type_params"].append({"key": "mmap.enabled", "value": "true"})
    vector["index_params"] = [{"key": "hint", "value": "x"}, {"key": "other", "value": "y"}]
    collection["has_index"] = True
    params = {"index_type": "HNSW", "metric_type": "L2", "M": "8", "warm": "true"}
    collection["index_infos"] = [{"field_name": "vec", "index_name": "v", "index_type": "HNSW", "params": params}]
    backup.full["database_backups"] = [{"db_name": "default", "db_id": 1}]
    backup.write()

    with Server("2.3.5") as server:
        server.answers["CreateDatabase"] = lambda request: status()
        told = restore_by_plan(program_for(server, data, tmp_path / "program"), "b", "c")
    assert told == ["default.c default.two 5", "default.c shop.one 5"]
    assert sorted(server.collections) == ["one", "two"]
    assert {request.db_name for request in server.all_of("CreateDatabase")} == {"shop", "hollow"}

    made = {request.collection_name: request for request in server.all_of("CreateCollection")}
    assert (made["one"].shards_num, made["two"].shards_num) == (5, 2)
    schemas = {name: schema_pb2.CollectionSchema.FromString(request.schema) for name, request in made.items()}
    assert schemas["one"].description == "as one" and schemas["two"].description == "as it was"
    for name, request in made.items():
        assert keys(request.properties) == {"kept"}
        field = schemas[name].fields[1]
        assert keys(field.type_params) == {"dim"} and keys(field.index_params) == {"other"}
    for request in server.all_of("CreateIndex"):
        assert "warm" not in keys(request.extra_params) and "index_type" in keys(request.extra_params)
