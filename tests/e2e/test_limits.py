"""A real Milvus that allows few flushes a second."""

import time

from testbed.milvus import Milvus
from testbed.program import Program

RATE = 0.5  # flushes a second
NAMES = {f"limited{i}" for i in range(4)}
SETTINGS = {
    "quotaAndLimits.enabled": "true",
    "quotaAndLimits.flushRate.enabled": "true",
    "quotaAndLimits.flushRate.max": RATE,
}


def test_a_backup_takes_as_long_as_the_flush_limit_makes_it(tmp_path):
    """Four collections side by side: the first flush is free, each other one has to wait for its turn."""
    with Milvus(settings=SETTINGS) as milvus:
        with milvus.client() as client:
            for name in NAMES:
                client.create_collection(name, 4)
                client.insert(name, [{"id": i, "vector": [i, 0, 0, 0]} for i in range(100)])
        program = Program(tmp_path, milvus.config())
        start = time.monotonic()
        created = program.ok("create", "-n", "b", "--json").json()
        seconds = time.monotonic() - start
    assert {(c["collection"], c["rows"]) for c in created["collections"]} == {(name, 100) for name in NAMES}
    assert seconds > (len(NAMES) - 1) / RATE - 1
    assert "quotaAndLimits.flushRate" in program.log()
