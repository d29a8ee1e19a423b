"""A fake Milvus with a collection of every shape that a description can have, and the binlogs that belong to them.

It answers what describes and flushes, and nothing else: no rows, and the binlogs hold any bytes.
"""

from pymilvus.grpc_gen import common_pb2, milvus_pb2, msg_pb2, schema_pb2

from wire.creating import Collections

ODD = "a<b>&c \u2028\u2029 \"quoted\" \\ \t\n\b\f\x01\x1f\x7f é 漢 😀 \ufffd"
BIG = 470610807223746585  # ids of real servers need more than 53 bits
BAD = b"B\xffD"  # what no client sends and no server should: no UTF-8
SCALARS = [1, 2, 3, 4, 5, 10, 11, 20, 21, 23, 24, 25, 26]
VECTORS = [100, 101, 102, 103, 104, 105]


def pairs(**values):
    return [common_pb2.KeyValuePair(key=key.replace("_dot_", "."), value=value) for key, value in values.items()]


def field(number, name, kind, **options):
    return schema_pb2.FieldSchema(fieldID=number, name=name, data_type=kind, **options)


def key(**options):
    return field(100, "id", 5, is_primary_key=True, **options)


def vector(number=101, **options):
    return field(number, "vec", 101, type_params=pairs(dim="4"), **options)


class Shape:
    """One collection: the schema, what DescribeCollection says besides, partitions, indexes and segments.

    segments: (partition, number, fields of insert logs, delta logs, options of its message)
    """

    def __init__(self, fields, partitions=("_default",), indexes=(), segments=(), described=None, loaded=0, **schema):
        self.fields, self.schema, self.described = fields, schema, described or {}
        self.partitions, self.indexes, self.segments, self.loaded = partitions, indexes, segments, loaded


def index(name, on, **params):
    return milvus_pb2.IndexDescription(
        index_name=name, field_name=on, indexID=BIG + len(name), params=pairs(**params), state=3, total_rows=3
    )


# The servers' answer is a list, the format's is a map: the last one counts.
TWICE = milvus_pb2.IndexDescription(
    index_name="twice",
    field_name="vec",
    params=[*pairs(index_type="HNSW", metric_type="L2"), *pairs(index_type="FLAT", metric_type="IP")],
)


def every_type():
    scalars = [field(200 + kind, f"f{kind}", kind, type_params=pairs(max_length="9")) for kind in SCALARS]
    vectors = [field(200 + kind, f"v{kind}", kind, type_params=pairs(dim="8")) for kind in VECTORS]
    arrays = [field(400 + kind, f"a{kind}", 22, element_type=kind) for kind in (1, 5, 10, 21)]
    return [key(), *scalars, *vectors, *arrays]


def values():
    value = schema_pb2.ValueField
    given = [value(bool_data=True), value(long_data=-(2**63)), value(double_data=0.5), value(string_data=ODD)]
    return [
        key(autoID=True, description=ODD),
        vector(),
        *(field(110 + i, f"d{i}", kind, nullable=i % 2 == 0, default_value=given[i]) for i, kind in enumerate((1, 5, 11, 21))),
        field(120, "nothing", 23, nullable=True),
        field(121, "state", 5, state=2),
        field(122, "with_params", 101, index_params=pairs(metric_type="L2"), type_params=pairs(empty="")),
    ]


def bm25():
    return [
        key(),
        field(101, "text", 21, type_params=pairs(max_length="99", enable_analyzer="true")),
        field(102, "sparse", 104, is_function_output=True),
        field(103, "dense", 101, is_function_output=True, type_params=pairs(dim="4")),
    ]


FUNCTIONS = [
    schema_pb2.FunctionSchema(
        name="bm25", id=100, type=1, input_field_names=["text"], input_field_ids=[101], output_field_names=["sparse"],
        output_field_ids=[102],
    ),
    schema_pb2.FunctionSchema(
        name="embed", id=BIG, type=2, description=ODD, input_field_names=["text"], input_field_ids=[101],
        output_field_names=["dense"], output_field_ids=[103], params=pairs(provider="openai", model_name="<m>"),
    ),
    schema_pb2.FunctionSchema(name="unknown"),
]  # fmt: skip


def structs():
    inner = [field(103, "inner[a]", 22, element_type=5), field(104, "inner[v]", 106, element_type=101)]
    return [
        schema_pb2.StructArrayFieldSchema(fieldID=102, name="inner", description=ODD, fields=inner),
        schema_pb2.StructArrayFieldSchema(fieldID=105, name="bare"),
    ]


def shapes():
    """database -> name -> Shape."""
    some = [("_default", 1, (0, 1, 100, 101), 0, {"num_rows": 3})]
    deletes = [
        *some,
        ("_default", 2, (0, 1, 100, 101), 2, {"num_rows": 2, "level": 2, "storage_version": 0}),
        ("_default", 3, (), 1, {"level": 1}),
        (None, 4, (), 2, {"level": 1, "num_rows": 7}),
        ("p<&>", 5, (0, 101), 1, {"num_rows": 2**40, "storage_version": 2}),
    ]
    return {
        "default": {
            "every_type": Shape(every_type(), segments=[("_default", 9, (0, 1, *range(100, 103)), 0, {"num_rows": 1})]),
            "values": Shape(values(), autoID=True, description=ODD, segments=some),
            "functions": Shape(bm25(), functions=FUNCTIONS),
            "structs": Shape([key(), vector()], struct_array_fields=structs()),
            "dynamic": Shape([key(), vector()], enable_dynamic_field=True, segments=some),
            "tenants": Shape(
                [key(), field(101, "tenant", 21, is_partition_key=True)],
                partitions=[f"_default_{i}" for i in range(3)],
                described={"num_partitions": 3},
            ),
            "deletes": Shape([key(), vector()], partitions=("_default", "p<&>", "empty"), segments=deletes, loaded=40),
            "described": Shape(
                [key(), vector()],
                properties=pairs(mmap_dot_enabled="true", odd=ODD, empty=""),
                loaded=100,
                described={
                    "shards_num": 16,
                    "consistency_level": 3,
                    "aliases": ["one", "zwei<&>"],
                    "db_id": 1,
                    "created_timestamp": 2**64 - 1,
                    "properties": pairs(collection_dot_ttl_dot_seconds="60", z="", a="<>&"),
                    "virtual_channel_names": [f"by-dev-dml_{i}_{BIG}v{i}" for i in range(2)],
                    "physical_channel_names": ["by-dev-dml_0", "by-dev-dml_1"],
                },
            ),
            "indexes": Shape(
                [key(), vector(), field(102, "s", 21), field(103, "j", 23)],
                indexes=[
                    index("vec", "vec", index_type="HNSW", metric_type="COSINE", params='{"M":4}', é="ü", A="<"),
                    index("s_idx", "s"),
                    index("j<&>", "j", index_type="INVERTED", json_path='j["a"]', json_cast_type="double"),
                    index("auto", "vec", index_type="AUTOINDEX", metric_type="L2", zero=""),
                    TWICE,
                ],
            ),
            "empty": Shape([key(), vector()]),
            "bad_text": Shape([key(), vector()], description=BAD.replace(b"\xff", b"?").decode()),
        },
        "other": {"deletes": Shape([key(), vector()], segments=deletes[:1])},
        "hollow": {},
    }


class Shapes(Collections):
    """data: Milvus' folder, which the binlogs are written to."""

    def __init__(self, data, version):
        self.shapes = shapes()
        super().__init__({name: list(found) for name, found in self.shapes.items()}, version)
        numbered = [(db, name) for db, found in self.shapes.items() for name in found]
        self.ids = {pair: BIG + 1000 * (i + 1) for i, pair in enumerate(numbered)}
        self.data = data
        self.logs = {}  # segment -> ({field: logs}, delta logs)
        for db, name in numbered:
            self._write(db, name)
        self.answers |= {
            "DescribeCollection": self._describe,
            "ShowPartitions": self._partitions,
            "DescribeIndex": self._indexes,
            "DescribeDatabase": lambda request: milvus_pb2.DescribeDatabaseResponse(
                db_name=request.db_name, dbID=BIG if request.db_name == "other" else 1, properties=self._of_database(request)
            ),
            "GetLoadingProgress": lambda request: milvus_pb2.GetLoadingProgressResponse(
                progress=100 if "_default" in request.partition_names else self._shape(request).loaded
            ),
            "GetPersistentSegmentInfo": self._segments,
            "Flush": self._flush,
            "GetFlushState": milvus_pb2.GetFlushStateResponse(flushed=True),
        }
        self.http["/v2/vectordb/segments/describe"] = self._describe_segment

    def _shape(self, request):
        return self.shapes[self._database.name][request.collection_name]

    def _id(self, request):
        return self.ids[self._database.name, request.collection_name]

    @staticmethod
    def _of_database(request):
        if request.db_name != "other":
            return []
        return pairs(database_dot_replica_dot_number="1", cipher_dot_enabled="<&>")

    def _segment_id(self, collection, number):
        return collection + 100 + number

    def _partition_id(self, collection, shape, partition):
        return -1 if partition is None else collection + 1 + list(shape.partitions).index(partition)

    def _write(self, db, name):
        shape, collection = self.shapes[db][name], self.ids[db, name]
        for partition, number, fields, deltas, _ in shape.segments:
            segment = self._segment_id(collection, number)
            place = f"{collection}/{self._partition_id(collection, shape, partition)}/{segment}"
            inserts = {f: [segment + 10 * f + i for i in range(2)] for f in fields}
            removed = [segment + 5000 + i for i in range(deltas)]
            paths = [f"insert_log/{place}/{f}/{log}" for f, logs in inserts.items() for log in logs]
            for path in paths + [f"delta_log/{place}/{log}" for log in removed]:
                (self.data / path).parent.mkdir(parents=True, exist_ok=True)
                (self.data / path).write_bytes(path.encode())
            self.logs[segment] = inserts, removed

    def _describe(self, request):
        shape = self._shape(request)
        answer = milvus_pb2.DescribeCollectionResponse(
            schema=schema_pb2.CollectionSchema(name=request.collection_name, fields=shape.fields, **shape.schema),
            collectionID=self._id(request),
            collection_name=request.collection_name,
            db_name=self._database.name,
            **{"shards_num": 1, **shape.described},
        )
        return answer.SerializeToString().replace(BAD.replace(b"\xff", b"?"), BAD)

    def _partitions(self, request):
        shape = self._shape(request)
        ids = [self._partition_id(self._id(request), shape, name) for name in shape.partitions]
        return milvus_pb2.ShowPartitionsResponse(partition_names=shape.partitions, partitionIDs=ids)

    def _indexes(self, request):
        found = self._shape(request).indexes
        if found:
            return milvus_pb2.DescribeIndexResponse(index_descriptions=found)
        missing = common_pb2.Status(code=700, error_code=25, reason="index not found")
        return milvus_pb2.DescribeIndexResponse(status=missing)

    def _segments(self, request):
        collection = self.ids[self._database.name, request.collectionName]
        shape = self.shapes[self._database.name][request.collectionName]
        return milvus_pb2.GetPersistentSegmentInfoResponse(
            infos=[
                milvus_pb2.PersistentSegmentInfo(
                    segmentID=self._segment_id(collection, number),
                    collectionID=collection,
                    partitionID=self._partition_id(collection, shape, partition),
                    state=common_pb2.SegmentState.Flushed,
                    **options,
                )
                for partition, number, _, _, options in shape.segments
            ]
        )

    def _flush(self, request):
        [name] = request.collection_names
        position = msg_pb2.MsgPosition(channel_name="by-dev-dml_0", msgID=b"\x00\xff\x01", timestamp=BIG)
        channels = [f"{name}_v1", f"{name}_v0", "Z<&>"]
        stale = milvus_pb2.FlushResponse(channel_cps={channels[0]: msg_pb2.MsgPosition(timestamp=1)})
        flushed = milvus_pb2.FlushResponse(
            coll_segIDs={name: schema_pb2.LongArray()},
            coll_seal_times={name: 1795237845},
            channel_cps={channel: position for channel in channels},
        )
        # One message behind another is both merged: of an entry that comes twice the last one counts.
        return stale.SerializeToString() + flushed.SerializeToString()

    def _describe_segment(self):
        _, _, _, body = self.http_calls[-1]
        [segment] = body["segmentIds"]
        inserts, removed = self.logs[segment]
        info = {
            "segmentID": segment,
            "vChannel": f"by-dev-dml_0_{body['collectionId']}v0",
            "insertLogs": [{"fieldID": number, "logIDs": logs} for number, logs in inserts.items()],
            "deltaLogs": [{"fieldID": 0, "logIDs": removed}] if removed else [],
        }
        return 200, {"code": 0, "data": {"segmentInfos": [info]}}
