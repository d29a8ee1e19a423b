"""A Milvus of 2.4 and later that cannot be had here as a server: a fake with a memory.

It is no Milvus: no row is searched, and what it writes only it can read (binlogs.py).  But it remembers what it is told:
databases, collections, partitions, rows, segments, indexes, imports, pauses of garbage collection.  It has the calls
of its version and no others (version.py), writes segments as objects of that version's shape into a real store, and
imports what lies there.  What a correct client would not ask for is refused and kept as a violation, which fails the
test that uses it:

    with RememberingMilvus("2.6.4", BucketPlace(store, "a-bucket")) as milvus:
        milvus.make("c", [field("id", INT64, key=True), field("vec", FLOAT_VECTOR)], aliases=["now"])
        milvus.insert("c", [{"id": 1, "vec": [0, 0, 0, 1]}])
        ... run the program over milvus.config() ...
        assert milvus.count("c") == 1
"""

from testbed.remembering_milvus.errors import Refused
from testbed.remembering_milvus.schemas import FLOAT_VECTOR, INT64, JSON, SPARSE, VARCHAR, field, schema
from testbed.remembering_milvus.server import RememberingMilvus
from testbed.remembering_milvus.version import UNVERSIONED

__all__ = ["FLOAT_VECTOR", "INT64", "JSON", "SPARSE", "UNVERSIONED", "VARCHAR", "Refused", "RememberingMilvus", "field", "schema"]
