"""What the suites of Milvus' versions share: fakes with a memory, what is in them, and the program over them."""

import contextlib
import itertools
import time

import pytest
from pymilvus.grpc_gen import schema_pb2
from testbed.places import BucketPlace, FolderPlace
from testbed.program import Program, merged
from testbed.remembering_milvus import FLOAT_VECTOR, INT64, SPARSE, VARCHAR, RememberingMilvus, field

DIM = 4
IVF = {"index_type": "IVF_FLAT", "metric_type": "L2", "params": '{"nlist": 4}'}
BM25_INDEX = {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "BM25"}
SORTED = {"index_type": "STL_SORT"}
BM25, TEXT_EMBEDDING = 1, 2
_numbers = itertools.count(1)


def key():
    return field("id", INT64, key=True)


def vector():
    return field("vec", FLOAT_VECTOR)


def text(name="s", **more):
    return field(name, VARCHAR, params={"max_length": 64}, **more)


def some_rows(first, count, **more):
    return [{"id": n, "s": f"row {n}", "vec": [n, n / 4, 0.5, 1], **more} for n in range(first, first + count)]


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it has not come so far"
        time.sleep(0.02)


# --- collections ---------------------------------------------------------------------------------------------------


def _make_plain(milvus):
    """Two shards, two segments in each, deletes in delta logs, orphans among the logs."""
    milvus.make(
        "plain",
        [key(), text(), vector()],
        shards=2,
        consistency=2,
        indexes={"vec": IVF, "id": SORTED},
        aliases=["plain_now"],
        properties={"mmap.enabled": "true"},
        replicas=2,
    )
    for first in (0, 250):
        milvus.insert("plain", some_rows(first, 250))
        milvus.flush("plain")
    milvus.delete("plain", range(10, 20))
    milvus.flush("plain")
    milvus.compact_deletes("plain")
    milvus.leave_orphans("plain")


def _make_partitions(milvus):
    """Deletes of one partition, and twice of all of them; one partition is empty, and rows came after a delete."""
    milvus.make("parts", [key(), text(), vector()], partitions=["north", "south", "empty"], indexes={"vec": IVF})
    milvus.load("default", "parts", ["north", "south"])
    for first, partition in ((0, "north"), (1000, "south"), (2000, "_default")):
        milvus.insert("parts", some_rows(first, 60), partition)
        milvus.insert("parts", some_rows(5000, 3), partition)  # keys that all partitions have
    milvus.flush("parts")
    milvus.delete("parts", [0, 1, 5000], "north")
    milvus.delete("parts", [1000, 5001])
    milvus.flush("parts")
    milvus.insert("parts", some_rows(1000, 1), "south")
    milvus.delete("parts", [2000])
    milvus.flush("parts")


def _make_dynamic(milvus):
    """Values beside the schema, and where the version can, a field that came later."""
    found = milvus.make("dynamic", [key(), text(), vector()], dynamic=True, indexes={"vec": IVF})
    milvus.insert("dynamic", some_rows(0, 20, extra="a"))
    milvus.flush("dynamic")
    if milvus.version.can("add_field"):
        milvus.add_field("dynamic", field("late", INT64, nullable=True))
        milvus.insert("dynamic", some_rows(20, 20, extra="b", late=7))
        milvus.flush("dynamic")
    return found


def _make_tenants(milvus):
    fields = [field("id", VARCHAR, key=True, params={"max_length": 32}), text("tenant", is_partition_key=True), vector()]
    milvus.make("tenants", fields, indexes={"vec": IVF}, consistency=3)
    names = list(milvus.collection("default", "tenants").partitions)
    for n in range(40):
        row = {"id": f"k{n:03}", "tenant": f"t{n % 5}", "vec": [n, 0, 0, 1]}
        milvus.insert("tenants", [row], names[n % 5])
    milvus.flush("tenants")


def _make_functions(milvus):
    """Functions, a nullable field, a default value."""
    fields = [
        key(),
        text("s", nullable=True, default_value=schema_pb2.ValueField(string_data="-")),
        text("body"),
        field("sparse", SPARSE, is_function_output=True),
        field("vec", FLOAT_VECTOR, is_function_output=True),
    ]
    functions = [
        schema_pb2.FunctionSchema(name="words", type=BM25, input_field_names=["body"], output_field_names=["sparse"]),
        schema_pb2.FunctionSchema(
            name="model", type=TEXT_EMBEDDING, input_field_names=["body"], output_field_names=["vec"]
        ),
    ]
    milvus.make("functions", fields, functions=functions, indexes={"sparse": BM25_INDEX, "vec": IVF})
    rows = some_rows(0, 30, body="many words", sparse={"3": 0.5})
    milvus.insert("functions", [row | {"s": None} if row["id"] % 3 else row for row in rows])
    milvus.flush("functions")


def fill(milvus):
    """Collections of every kind that the version knows.  What was not flushed is in the last one only."""
    _make_plain(milvus)
    _make_partitions(milvus)
    _make_dynamic(milvus)
    _make_tenants(milvus)
    if milvus.version.can("functions"):
        _make_functions(milvus)
    milvus.make("empty", [key(), vector()], indexes={"vec": IVF})
    milvus.make("plain", [key(), text(), vector()], database="sales", indexes={"vec": IVF})
    milvus.insert("plain", some_rows(0, 50), database="sales")
    return milvus


# --- what must be the same -----------------------------------------------------------------------------------------


def names(milvus):
    return sorted((c.database, c.name) for c in milvus.all_collections())


def _schema(collection):
    """With the ids of fields, which segments are about, and without the collection's name."""
    copy = schema_pb2.CollectionSchema()
    copy.CopyFrom(collection.schema)
    copy.name = ""
    return copy


def content(milvus, database, name):
    """All of a collection that a restore has to bring back whatever it is asked for."""
    found = milvus.collection(database, name)
    return {
        "schema": _schema(found),
        "properties": {key: value for key, value in found.properties.items() if key != "disable_func_runtime_check"},
        "shards": found.shards,
        "consistency": found.consistency,
        "rows": {partition: milvus.rows(name, database, partition) for partition in found.partitions},
    }


def service(milvus, database, name):
    """What serves of it: the partitions that are loaded, how often."""
    found = milvus.collection(database, name)
    return found.loaded, found.replicas


def indexes(milvus, database, name):
    found = milvus.collection(database, name).indexes.values()
    return sorted((index.field_name, sorted(index.params.items())) for index in found)


# --- the program ---------------------------------------------------------------------------------------------------


def program_over(milvus, folder, backups_of=None, **changes):
    """Over one fake; backups_of: another fake, in whose place the backups lie."""
    config = milvus.config()
    if backups_of:
        root = backups_of.config()["minio"]["backupRootPath"]
        config["minio"] |= {**backups_of.storage(backup=True), "backupRootPath": root}
    return Program(folder / f"program{next(_numbers)}", merged(config, changes))


@contextlib.contextmanager
def starting(folder, request):
    """Starts fakes, each over a folder or a bucket of its own, and at the end wants none to have been asked wrongly."""
    started = []

    def start(version, in_bucket=False, **options):
        name = f"fake-{next(_numbers)}"
        if in_bucket:
            store = request.getfixturevalue("store")
            store.make_bucket(name)
            started.append(RememberingMilvus(version, BucketPlace(store, name), **options))
        else:
            (folder / name).mkdir()
            started.append(RememberingMilvus(version, FolderPlace(folder / name), root="", **options))
        return started[-1]

    yield start
    for milvus in started:
        milvus.stop()
    violations = [violation for milvus in started for violation in milvus.violations]
    assert violations == [], "\n".join(violations)


@pytest.fixture
def milvus_of(tmp_path, request):
    with starting(tmp_path, request) as start:
        yield start
