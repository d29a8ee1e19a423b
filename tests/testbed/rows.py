"""Reads every row and everything that describes a collection, and compares them."""

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pymilvus import DataType

BATCH = 5000
INDEX_KEYS = ("field_name", "index_name", "index_type", "metric_type", "nlist", "M", "efConstruction", "params")
# An index that serves only to load a collection which has none.
FLAT = {
    DataType.FLOAT_VECTOR: {"index_type": "FLAT", "metric_type": "L2"},
    DataType.BINARY_VECTOR: {"index_type": "BIN_FLAT", "metric_type": "HAMMING"},
}


def read_rows(milvus, collection, database="default"):
    """All rows with all fields, sorted by primary key, bytes as hex: the form of rows.json.gz.

    A collection without an index or not loaded gets both for the time of the reading only.
    """
    with milvus.client(database) as client, _loaded(client, collection):
        key = _primary_key(client, collection)
        iterator = client.query_iterator(
            collection, batch_size=BATCH, filter=_every_row(key), output_fields=["*"], consistency_level="Strong"
        )
        rows = []
        while batch := iterator.next():
            rows.extend({name: _plain(value) for name, value in row.items()} for row in batch)
        iterator.close()
        counted = len(rows) if milvus.version.startswith("2.2.") else _count(client, collection)  # 2.2 cannot count
    if counted != len(rows):
        raise AssertionError(f"{database}.{collection}: {len(rows)} rows were read, the server counts {counted}")
    return sorted(rows, key=lambda row: row[key["name"]])


def read_collections(milvus, collections):
    """(database, collection) -> its rows, read side by side: most of the time goes into loading."""
    with ThreadPoolExecutor(len(collections)) as pool:
        pending = {(database, name): pool.submit(read_rows, milvus, name, database) for database, name in collections}
        return {where: rows.result() for where, rows in pending.items()}


def count_rows(milvus, collection, database="default"):
    """The true number of rows, deleted ones not counted."""
    with milvus.client(database) as client, _loaded(client, collection):
        return _count(client, collection)


def assert_same_rows(expected, actual, what="rows"):
    """Says which rows are missing, new or different, not just that they are."""
    if expected == actual:
        return
    before, after = ({row["id"]: row for row in rows} for rows in (expected, actual))
    report = [f"{what}: {len(expected)} rows expected, {len(actual)} found"]
    if len(after) != len(actual):
        report.append(f"{len(actual) - len(after)} rows have a key that another row has too")
    for label, keys in (("missing", before.keys() - after.keys()), ("new", after.keys() - before.keys())):
        if keys:
            report.append(f"{len(keys)} {label}, for example {sorted(keys)[:5]}")
    different = [k for k in before.keys() & after.keys() if before[k] != after[k]]
    for k in sorted(different)[:3]:
        report.append(f"row {k!r}: expected {before[k]}, found {after[k]}")
    raise AssertionError("\n".join(report))


def describe(milvus, collection, database="default"):
    """What a restored collection must have in common with its source, indexes and load state kept apart."""
    with milvus.client(database) as client:
        description = client.describe_collection(collection)
        partitions = sorted(client.list_partitions(collection))
    fields = [{key: value for key, value in field.items() if key != "field_id"} for field in description["fields"]]
    return {
        "description": description["description"],
        "fields": fields,
        "dynamic": description["enable_dynamic_field"],
        "auto_id": description["auto_id"],
        "shards": description["num_shards"],
        "consistency": description["consistency_level"],
        "properties": _own_properties(description.get("properties", {})),
        "partitions": partitions,
    }


def describe_indexes(milvus, collection, database="default"):
    """Index name -> its parameters, without what changes while it is built."""
    with milvus.client(database) as client:
        return {
            name: {
                key: str(value) for key, value in client.describe_index(collection, name).items() if key in INDEX_KEYS
            }
            for name in sorted(client.list_indexes(collection))
        }


def is_loaded(milvus, collection, database="default"):
    with milvus.client(database) as client:
        return client.get_load_state(collection)["state"].name == "Loaded"


def _own_properties(properties):
    """Some clients list properties that they derive themselves; only those of the server count."""
    return {key: str(value) for key, value in dict(properties).items() if "." in key}


def _plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _primary_key(client, collection):
    fields = client.describe_collection(collection)["fields"]
    return next(field for field in fields if field.get("is_primary"))


def _every_row(key):
    """A condition that holds for all keys: 2.2 takes no empty one."""
    return f'{key["name"]} >= ""' if key["type"] == DataType.VARCHAR else f"{key['name']} > {-(2**63) + 1}"


def _count(client, collection):
    """2.2 has no count(*): the keys are counted here."""
    key = _primary_key(client, collection)
    wanted = key["name"] if client.get_server_version().startswith("v2.2.") else "count(*)"
    answer = client.query(collection, filter=_every_row(key), output_fields=[wanted], consistency_level="Strong")
    return answer[0][wanted] if wanted == "count(*)" else len(answer)


@contextlib.contextmanager
def _loaded(client, collection):
    """Leaves the load state, and whether there is an index, as they were."""
    was_loaded = client.get_load_state(collection)["state"].name == "Loaded"
    had_index = bool(client.list_indexes(collection))
    if not had_index:
        field = next(field for field in client.describe_collection(collection)["fields"] if field["type"] in FLAT)
        index = client.prepare_index_params()
        index.add_index(field["name"], index_name="reading", **FLAT[field["type"]])
        client.create_index(collection, index)
    if was_loaded:
        client.release_collection(collection)  # rows that an import brought are seen only some time later
    client.load_collection(collection)
    try:
        yield
    finally:
        if not was_loaded:
            client.release_collection(collection)
        if not had_index:
            client.drop_index(collection, "reading")
