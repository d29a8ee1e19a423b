"""What Milvus is told to make by a restore is what it said of itself when the backup was made, field by field."""

import json

import pytest
from pymilvus.grpc_gen import milvus_pb2, schema_pb2

from wire.creating import Collections, create
from wire.fake_milvus import status
from wire.restoring import Server, program_for

VERSION = "2.6.9"
# Milvus' numbers of types (schema.proto), those of the bindings' future included.
BOOL, INT8, INT16, INT32, INT64, FLOAT, DOUBLE, VARCHAR, ARRAY, JSON = 1, 2, 3, 4, 5, 10, 11, 21, 22, 23
GEOMETRY, TEXT, TIMESTAMPTZ, STRUCT_ARRAY, VECTOR_ARRAY, FLOAT_VECTOR, SPARSE = 24, 25, 26, 200, 106, 101, 104
SCALARS = [BOOL, INT8, INT16, INT32, FLOAT, DOUBLE, VARCHAR, JSON, GEOMETRY, TEXT, TIMESTAMPTZ, 27, 28, 29, 30]
VECTORS = [100, 101, 102, 103, 104, 105]
# The numbers of ValueField's members, as they go over the wire: bool, int, long, float, double, string, bytes,
# timestamptz, date, time.
DEFAULTS = {
    "a_bool": (BOOL, b"\x08\x00"),
    "an_int": (INT32, b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    "a_long": (INT64, b"\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
    "a_float": (FLOAT, b"\x25\x00\x00\xc0\x7f"),
    "a_double": (DOUBLE, b"\x29\x00\x00\x00\x00\x00\x00\x00\x80"),
    "a_string": (VARCHAR, b"\x32\x07<\xc3\xa9&\x00>\n"),
    "some_bytes": (JSON, b"\x3a\x04\xff\x00\xfe{"),
    "a_time": (TIMESTAMPTZ, b"\x40\x01"),
    "a_date": (INT32, b"\x48\x05"),
    "an_hour": (INT64, b"\x50\x06"),
}


def pairs(target, **values):
    for key, value in values.items():
        target.add(key=key.replace("__", "."), value=value)


def field(schema, name, data_type, **more):
    added = schema.fields.add(fieldID=100 + len(schema.fields), name=name, data_type=data_type, **more)
    pairs(added.type_params, mmap__enabled="true")
    return added


def every_type():
    schema = schema_pb2.CollectionSchema(name="c", description='a <b> & "c" \u2028', autoID=True)
    key = field(schema, "id", INT64, is_primary_key=True, autoID=True, description="the key")
    pairs(key.index_params, x="y")
    for number in SCALARS:
        pairs(field(schema, f"s{number}", number, nullable=number % 2 == 0).type_params, max_length="77")
    for number in VECTORS:
        pairs(field(schema, f"v{number}", number).type_params, dim="8")
    pairs(field(schema, "list", ARRAY, element_type=INT16, nullable=True).type_params, max_capacity="9")
    field(schema, "tenant", VARCHAR, is_partition_key=True)
    field(schema, "when", INT64, is_clustering_key=True)
    for name, (number, value) in DEFAULTS.items():
        field(schema, name, number).default_value.MergeFromString(value)
    pairs(schema.properties, timezone="Europe/Berlin")
    return schema


def functions():
    schema = schema_pb2.CollectionSchema(name="c")
    field(schema, "id", INT64, is_primary_key=True)
    pairs(field(schema, "text", VARCHAR).type_params, enable_analyzer="true", analyzer_params='{"type":"english"}')
    field(schema, "words", SPARSE, is_function_output=True)
    pairs(field(schema, "meaning", FLOAT_VECTOR, is_function_output=True).type_params, dim="4")
    for number, (name, kind, output) in enumerate([("bm25", 1, "words"), ("embed", 2, "meaning")]):
        function = schema.functions.add(name=name, id=100 + number, type=kind, description=f"{name} of text")
        function.input_field_names.append("text")
        function.input_field_ids.append(101)
        function.output_field_names.append(output)
        function.output_field_ids.append(102 + number)
        pairs(function.params, provider="openai", model_name="m")
    return schema


def structs():
    schema = schema_pb2.CollectionSchema(name="c")
    field(schema, "id", INT64, is_primary_key=True)
    pairs(field(schema, "vec", FLOAT_VECTOR).type_params, dim="4")
    clips = schema.struct_array_fields.add(fieldID=102, name="clips", description="of a film")
    pairs(clips.type_params, mmap__enabled="true")
    clips.MergeFromString(b"\x30\x01")  # nullable, which the bindings do not know yet
    pairs(clips.fields.add(fieldID=103, name="emb", data_type=VECTOR_ARRAY, element_type=FLOAT_VECTOR).type_params, dim="4")
    pairs(clips.fields.add(fieldID=104, name="said", data_type=ARRAY, element_type=VARCHAR).type_params, max_length="5")
    return schema


def grown():
    """With dynamic values, whose hidden field has the id 102, and fields that were added later."""
    schema = schema_pb2.CollectionSchema(name="c", enable_dynamic_field=True)
    field(schema, "id", INT64, is_primary_key=True)
    field(schema, "vec", FLOAT_VECTOR)
    for number, (name, (data_type, value)) in enumerate(DEFAULTS.items()):
        later = schema.fields.add(fieldID=103 + number, name=name, data_type=data_type, nullable=True)
        later.default_value.MergeFromString(value)
    return schema


INDEXES = [
    ("s21", "on words", {"index_type": "Trie"}),
    ("v101", "hnsw", {"index_type": "HNSW", "metric_type": "COSINE", "M": "18", "efConstruction": "240", "mmap.enabled": "true"}),
    ("v104", "sparse", {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP", "params": '{"drop_ratio_build":0.2}'}),
    ("s23", "in_json", {"index_type": "INVERTED", "json_path": "$['a']", "json_cast_type": "double"}),
]


class Source(Collections):
    """A Milvus with one collection, db.c, and all that can be told of it."""

    def __init__(self, schema, indexes=(), partitions=("_default",), **told):
        super().__init__({"default": [], "db": ["c"]}, version=VERSION)
        self.told = milvus_pb2.DescribeCollectionResponse(
            schema=schema, collectionID=7, collection_name="c", db_name="db", shards_num=3, consistency_level=2, **told
        )
        pairs(self.told.properties, collection__ttl__seconds="86400", mmap__enabled="false", partitionkey__isolation="true")
        described = milvus_pb2.DescribeIndexResponse()
        for number, (name, index, params) in enumerate(indexes):
            added = described.index_descriptions.add(index_name=index, indexID=number + 1, field_name=name)
            pairs(added.params, **{key.replace(".", "__"): value for key, value in params.items()})
        database = milvus_pb2.DescribeDatabaseResponse(db_name="db", dbID=5)
        pairs(database.properties, database__replica__number="2", database__resource_groups="a,b", replicate__id="x")
        self.answers |= {
            "DescribeCollection": self.told,
            "DescribeIndex": described if indexes else self.answers["DescribeIndex"],
            "DescribeDatabase": lambda r: database if r.db_name == "db" else milvus_pb2.DescribeDatabaseResponse(db_name=r.db_name),
            "ShowPartitions": milvus_pb2.ShowPartitionsResponse(
                partition_names=partitions, partitionIDs=range(10, 10 + len(partitions))
            ),
        }


@pytest.fixture
def restored(create, tmp_path):
    """Through a backup: the target, after its requests."""

    def run(source, *arguments, version=VERSION, answers=()):
        with source:
            create(source)
        (tmp_path / "data").mkdir(exist_ok=True)
        with Server(version) as server:
            server.answers |= {"CreateDatabase": status(), **dict(answers)}
            program = program_for(server, tmp_path / "data", tmp_path / "again", backup_root=tmp_path / "backup")
            server.result = program.ok("restore", "-n", "b", "--meta_only", "--restore_index", *arguments)
        return server

    return run


def as_dict(properties):
    return {p.key: p.value for p in properties}


def made(server):
    request, headers = server.of("CreateCollection")
    assert headers["dbname"] == "db"
    return request, schema_pb2.CollectionSchema.FromString(request.schema)


@pytest.mark.parametrize("version", [VERSION, "3.0.0"])
@pytest.mark.parametrize("schema", [every_type(), functions(), structs()], ids=["types", "functions", "structs"])
def test_a_schema_is_made_as_it_was(restored, schema, version):
    request, now = made(restored(Source(schema), version=version))
    assert now == schema
    assert now.SerializeToString(deterministic=True) == schema.SerializeToString(deterministic=True)
    assert (request.shards_num, request.consistency_level, request.collection_name) == (3, 2, "c")


def test_properties_are_those_of_the_collection_over_those_of_its_schema(restored):
    schema = every_type()
    pairs(schema.properties, mmap__enabled="true")
    request, _ = made(restored(Source(schema)))
    assert as_dict(request.properties) == {
        "timezone": "Europe/Berlin",
        "mmap.enabled": "false",
        "collection.ttl.seconds": "86400",
        "partitionkey.isolation": "true",
    }


@pytest.mark.parametrize("level", range(5))
def test_every_consistency_level(restored, level):
    source = Source(structs())
    source.told.consistency_level = level
    assert made(restored(source))[0].consistency_level == level


def test_a_partition_key_has_as_many_partitions(restored):
    partitions = [f"_default_{i}" for i in range(17)]
    assert made(restored(Source(every_type(), partitions=partitions)))[0].num_partitions == 17


def test_fields_that_were_added_later_are_added_again(restored):
    schema = grown()
    server = restored(Source(schema))
    _, now = made(server)
    assert now.enable_dynamic_field and list(now.fields) == list(schema.fields[:2])
    later = [schema_pb2.FieldSchema.FromString(request.schema) for request in server.all_of("AddCollectionField")]
    assert later == list(schema.fields[2:])


def test_indexes_are_made_with_every_parameter(restored):
    server = restored(Source(every_type(), INDEXES))
    told = [(r.field_name, r.index_name, as_dict(r.extra_params)) for r in server.all_of("CreateIndex")]
    expected = {name: (name, index if index != "on words" else "", params) for name, index, params in INDEXES}
    assert told == [expected[name] for name in ("v101", "v104", "s21", "s23")]  # vectors first


@pytest.mark.parametrize("called", ["emb", "clips[emb]"])
def test_the_index_of_a_vector_in_a_struct_is_one_of_a_vector(restored, called):
    params = {"index_type": "HNSW", "metric_type": "MAX_SIM_COSINE", "M": "16"}
    indexes = [("id", "keys", {"index_type": "STL_SORT"}), (called, "of_clips", params)]
    server = restored(Source(structs(), indexes))
    assert [request.field_name for request in server.all_of("CreateIndex")] == [called, "id"]
    assert as_dict(server.all_of("CreateIndex")[0].extra_params) == params


@pytest.mark.parametrize("count", [0, 1, 2])
def test_replicas_are_told_where_they_are_more_than_one(create, tmp_path, count):
    source = Source(structs())
    source.answers["GetLoadingProgress"] = milvus_pb2.GetLoadingProgressResponse(progress=100)
    replicas = [milvus_pb2.ReplicaInfo(replicaID=number) for number in range(count)]
    if count:
        source.answers["GetReplicas"] = milvus_pb2.GetReplicasResponse(replicas=replicas)
    with source:
        create(source)
        assert source.all_of("GetReplicas")[0].collectionID == 7
    told = json.loads((tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text())["collection_backups"][0]
    assert told["load_state"] == "Loaded" and told.get("replica_number") == (2 if count == 2 else None)


# --- databases -------------------------------------------------------------------------------------------------------


PROPERTIES = {"database.replica.number": "2", "database.resource_groups": "a,b"}


@pytest.mark.parametrize(
    ("arguments", "name", "properties"),
    [
        ([], "db", PROPERTIES),
        (["-r", "db.*:other.*"], "other", PROPERTIES),
        (["-r", "db.c:other.c", "--filter", "other.*"], "other", {}),  # one collection that goes elsewhere
    ],
)
def test_a_database_comes_back_with_its_properties(restored, arguments, name, properties):
    [request] = restored(Source(structs()), *arguments).all_of("CreateDatabase")
    assert (request.db_name, as_dict(request.properties)) == (name, properties)


def test_a_database_that_is_there_is_left_alone(restored):
    databases = milvus_pb2.ListDatabasesResponse(db_names=["default", "db"])
    server = restored(Source(structs()), answers={"ListDatabases": databases})
    assert server.count("CreateDatabase") == 0 and server.count("CreateCollection") == 1


def test_what_cannot_come_back_of_a_database_is_said(restored):
    source = Source(structs())
    database = milvus_pb2.DescribeDatabaseResponse(db_name="db")
    pairs(database.properties, cipher__enabled="true", cipher__ezID="9", database__replica__number="2")
    source.answers["DescribeDatabase"] = database
    server = restored(source, "--json", version="2.4.2")
    assert as_dict(server.of("CreateDatabase")[0].properties) == {"database.replica.number": "2"}
    warnings = json.loads(server.result.out)["warnings"]
    assert len(warnings) == 2 and "encrypted" in warnings[0] and "2.4.3" in warnings[1]
