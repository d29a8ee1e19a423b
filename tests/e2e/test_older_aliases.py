"""Aliases and load states on an older Milvus, which words its refusals otherwise."""

from testbed import Milvus
from testbed.data import make_simple
from testbed.program import Program


def test_aliases_and_load_states_of_an_older_milvus(tmp_path):
    """An alias that is taken stays, one that is free comes back; what was loaded serves."""
    with Milvus("2.2.16") as milvus, milvus.client() as client:
        program = Program(tmp_path, milvus.config())

        def restore(*arguments):
            told = program.ok("restore", "-n", "served", "--load", "--json", *arguments).json()
            return [told[key] for key in ("aliases", "lost_aliases", "loaded")]

        make_simple(client, "coll", 50)
        client.create_alias("coll", "current")
        program.ok("create", "-n", "served", "-c", "coll")
        assert restore("-s", "_copy") == [0, 1, 1]
        assert list(client.describe_collection("coll")["aliases"]) == ["current"]
        client.drop_alias("current")
        client.drop_collection("coll")
        assert restore() == [1, 0, 1]
        assert list(client.describe_collection("coll")["aliases"]) == ["current"]
        assert client.get_load_state("coll")["state"].name == "Loaded"
        client.create_alias("coll", "later")
        assert restore("--drop_exist_collection", "--drop_first") == [1, 0, 1]
        assert list(client.describe_collection("coll")["aliases"]) == ["current"]
