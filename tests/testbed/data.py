"""Collections to back up: one of every kind, as in the archives written by the Go program, and a big one."""

import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy
from pymilvus import DataType, MilvusClient

DIM = 4
COLLECTIONS = [
    ("default", "all_types"),
    ("default", "auto_id"),
    ("default", "binary_vectors"),
    ("default", "empty"),
    ("default", "partition_key"),
    ("default", "partitions"),
    ("sales", "partitions"),
]
DELETED = [[0, 1, 2], [1000], [2000]]  # keys of default.partitions
TTL = {"collection.ttl.seconds": 864000}


def make_collections(milvus):
    """Makes COLLECTIONS, flushed, with indexes and load states of several kinds. Side by side: flush and load wait."""
    with milvus.client() as client:
        client.create_database("sales")
    arrays = not milvus.version.startswith("2.2.")
    makers = [
        ("default", partial(_make_all_types, arrays=arrays)),
        ("default", _make_auto_id),
        ("default", _make_binary_vectors),
        ("default", _make_empty),
        ("default", _make_partition_key),
        ("default", _make_partitions),
        ("sales", _make_sales_partitions),
    ]

    def make(database, maker):
        with milvus.client(database) as client:
            maker(client)

    with ThreadPoolExecutor(len(makers)) as pool:
        for made in [pool.submit(make, *maker) for maker in makers]:
            made.result()
    return COLLECTIONS


def make_simple(client, name, rows=3000, dim=DIM, load=True, **options):
    """An int64 key, a string and a float vector with an IVF_FLAT index."""
    _create(client, name, [_key(), {"field_name": "s", "datatype": DataType.VARCHAR, "max_length": 64}, _vector(dim)])
    if rows:
        client.insert(name, some_rows(0, rows, dim))
    _finish(client, name, load=load, **options)


def some_rows(start, end, dim=DIM):
    """Rows for a collection of make_simple, by their keys."""
    return [{"id": i, "s": f"row {i}", "vec": _floats(i, dim)} for i in range(start, end)]


def make_big_collection(milvus, name="big", rows=250000, dim=512, batch=4000):
    """Much data: about half a gigabyte with the defaults. Flushed, no index, not loaded."""
    generator = numpy.random.default_rng(7)
    with milvus.client() as client:
        _create(client, name, [_key(), _vector(dim)])
        for start in range(0, rows, batch):
            vectors = generator.random((min(batch, rows - start), dim), dtype=numpy.float32)
            client.insert(name, [{"id": start + i, "vec": vector} for i, vector in enumerate(vectors)])
        client.flush(name)


def make_deleted(client, name, partitions=("_default", "p1", "p2")):
    """In each partition rows that stay, rows that went, and rows that came back later; how many are left."""
    _create(client, name, [_key(), _vector()])
    for partition in partitions[1:]:
        client.create_partition(name, partition)

    def insert(numbers):
        for base, partition in enumerate(partitions):
            rows = [{"id": 1000 * base + i, "vec": _floats(1000 * base + i)} for i in numbers]
            client.insert(name, rows, partition_name=partition)
        client.flush(name)

    insert(range(60))
    for base, partition in enumerate(partitions):
        client.delete(name, ids=[1000 * base + i for i in range(20)], partition_name=partition)
    client.flush(name)
    insert([*range(5), *range(60, 80)])
    _finish(client, name)
    return len(partitions) * (60 - 20 + 25)


def _floats(seed, dim=DIM):
    generator = random.Random(seed)
    return [generator.random() for _ in range(dim)]


def _key(**options):
    return {"field_name": "id", "datatype": DataType.INT64, "is_primary": True, **options}


def _vector(dim=DIM):
    return {"field_name": "vec", "datatype": DataType.FLOAT_VECTOR, "dim": dim}


def _create(client, name, fields, dynamic=False, **options):
    schema = MilvusClient.create_schema(enable_dynamic_field=dynamic, description=f"fixture {name}")
    for field in fields:
        schema.add_field(**field)
    client.create_collection(name, schema=schema, **{"consistency_level": "Bounded", **options})


def _finish(client, name, index_type="IVF_FLAT", metric="L2", params=None, scalar=None, load=True):
    """Flushes, builds the index of `vec` and one over the scalar field when one is named, loads."""
    client.flush(name)
    index = client.prepare_index_params()
    index.add_index("vec", index_type, "vec", metric_type=metric, params=params or {"nlist": 4})
    if scalar:
        index.add_index(scalar, index_name=f"{scalar}_idx")
    client.create_index(name, index)
    if load:
        client.load_collection(name)


def _make_all_types(client, rows=300, arrays=True):
    scalars = {
        "b": DataType.BOOL,
        "i8": DataType.INT8,
        "i16": DataType.INT16,
        "i32": DataType.INT32,
        "f": DataType.FLOAT,
        "d": DataType.DOUBLE,
        "j": DataType.JSON,
    }
    array = {"datatype": DataType.ARRAY, "max_capacity": 8}
    fields = [
        _key(),
        *({"field_name": name, "datatype": kind} for name, kind in scalars.items()),
        {"field_name": "s", "datatype": DataType.VARCHAR, "max_length": 64},
        _vector(),
    ]
    if arrays:
        fields[-1:-1] = [
            {"field_name": "arr", "element_type": DataType.INT64, **array},
            {"field_name": "sarr", "element_type": DataType.VARCHAR, "max_length": 32, **array},
        ]
    _create(client, "all_types", fields, dynamic=True)
    client.insert("all_types", [_row_of_all_types(i, arrays) for i in range(rows)])
    _finish(client, "all_types", scalar="s")


def _row_of_all_types(i, arrays):
    return {
        "id": i,
        "b": i % 2 == 0,
        "i8": i % 120 - 60,
        "i16": -i,
        "i32": i * 1000,
        "f": i * 0.25,
        "d": i / 3,
        "s": f"ключ-{i}-é",
        "j": {"n": i, "t": [1, "x", None]},
        **({"arr": list(range(i % 5)), "sarr": [str(i)] * (i % 4)} if arrays else {}),
        "vec": _floats(i),
        "extra": f"dyn{i}",
    }


def _make_binary_vectors(client, rows=100):
    _create(client, "binary_vectors", [_key(), {"field_name": "vec", "datatype": DataType.BINARY_VECTOR, "dim": 16}])
    client.insert("binary_vectors", [{"id": i, "vec": bytes([i, i * 7 % 256])} for i in range(rows)])
    _finish(client, "binary_vectors", "BIN_IVF_FLAT", "HAMMING", load=False)


def _make_partitions(client, rows=150):
    """Three partitions, one of them empty, beside the default one; deletes come after a flush: delta logs."""
    name = "partitions"
    _create(client, name, [_key(), {"field_name": "s", "datatype": DataType.VARCHAR, "max_length": 32}, _vector()])
    for partition in ("north", "south", "empty"):
        client.create_partition(name, partition)
    for first, partition in ((0, "north"), (1000, "south"), (2000, "_default")):
        batch = [{"id": first + i, "s": partition, "vec": _floats(first + i)} for i in range(rows)]
        client.insert(name, batch, partition_name=partition)
    client.flush(name)
    for doomed in DELETED:
        client.delete(name, filter=f"id in {doomed}")
    _finish(client, name)


def _make_sales_partitions(client):
    """The name of a collection of the other database."""
    make_simple(client, "partitions", 50)


def _make_empty(client):
    """No rows, no index."""
    _create(client, "empty", [_key(), _vector()])


def _make_partition_key(client, rows=200):
    fields = [
        {"field_name": "id", "datatype": DataType.VARCHAR, "max_length": 32, "is_primary": True},
        {"field_name": "tenant", "datatype": DataType.VARCHAR, "max_length": 16, "is_partition_key": True},
        _vector(),
    ]
    _create(client, "partition_key", fields, num_partitions=4)
    client.insert("partition_key", [{"id": f"k{i:04}", "tenant": f"t{i % 5}", "vec": _floats(i)} for i in range(rows)])
    _finish(client, "partition_key", "HNSW", params={"M": 4, "efConstruction": 16})


def _make_auto_id(client, rows=240):
    """Two shards, a time to live, several segments."""
    _create(client, "auto_id", [_key(auto_id=True), _vector()], num_shards=2, properties=TTL)
    for first in (0, rows // 2):
        client.insert("auto_id", [{"vec": _floats(first + i)} for i in range(rows // 2)])
        client.flush("auto_id")
    _finish(client, "auto_id", metric="IP")
