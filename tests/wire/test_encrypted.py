"""Databases that Milvus encrypts, over fakes with a memory: the key goes into the backup, and to Milvus with the data."""

import json

import pytest
from testbed.backup_server import BackupServer
from testbed.format import check_backup
from testbed.program import CORRUPT, FAILURE, UNREACHABLE, USAGE

from wire.scripted import Answer, Scripted
from wire.worlds import IVF, key, milvus_of, program_over, some_rows, text, vector  # noqa: F401

PAGE = "/management/rootcoord/ez/backup"


@pytest.fixture
def version():
    return "2.6.11"


@pytest.fixture
def milvus(milvus_of, version):  # noqa: F811
    """Two encrypted databases and one that is not; rows with deletes of all kinds."""
    milvus = milvus_of(version)
    for database in ("vault", "safe"):
        milvus.make_encrypted(database)
    fill(milvus, "vault", "gold")
    fill(milvus, "safe", "silver")
    fill(milvus, "default", "iron")
    milvus.forget_calls()
    return milvus


def fill(milvus, database, name):
    milvus.make(name, [key(), text(), vector()], database=database, partitions=["p"], indexes={"vec": IVF})
    milvus.insert(name, some_rows(0, 40), database=database)
    milvus.insert(name, some_rows(100, 5), "p", database=database)
    milvus.flush(name, database)
    milvus.delete(name, [1, 2], database=database)
    milvus.delete(name, [100], "p", database=database)
    milvus.flush(name, database)


@pytest.fixture
def program(milvus, tmp_path):
    return program_over(milvus, tmp_path)


@pytest.fixture
def kept(milvus, program):
    program.ok("create", "-n", "b")
    return program


def key_of(milvus, database):
    return milvus.database(database).ezk


def keys_of_imports(milvus):
    return {job.options.get("ezk", "") for job in milvus.jobs.values()}


def described(milvus):
    full = json.loads((milvus.place.root / "backup" / "b" / "meta" / "full_meta.json").read_text())
    return {database["db_name"]: database for database in full["database_backups"]}


def assert_unsaid(program, *results, secrets):
    """No output and no log holds a key."""
    logs = [path.read_text() for path in program.folder.rglob("*.log")]
    assert logs
    for said in [*logs, *(result.out + result.err for result in results)]:
        for secret in secrets:
            assert secret not in said and json.dumps(secret)[1:-1] not in said


@pytest.mark.parametrize("version", ["2.6.4", "2.6.11", "3.0.0"])
def test_the_keys_are_in_the_backup_and_nowhere_else(milvus, program):
    made = program.ok("create", "-n", "b", "--json")
    assert check_backup(milvus.place.root / "backup" / "b") == []
    assert {name: one.get("ezk") for name, one in described(milvus).items()} == {
        "default": None,
        "vault": key_of(milvus, "vault"),
        "safe": key_of(milvus, "safe"),
    }
    assert sorted(query for page, query, _, _ in milvus.pages_asked if page == PAGE) == ["db_name=safe", "db_name=vault"]
    shown = [program.ok("get", "-n", "b", *more) for more in ([], ["--detail"])]
    assert all("cipher.ezID" in result.out and '"ezk"' not in result.out for result in shown)
    assert_unsaid(program, made, *shown, secrets=[key_of(milvus, name) for name in ("vault", "safe")])


@pytest.mark.parametrize("version", ["2.6.4", "2.6.11", "3.0.0"])
@pytest.mark.parametrize("how", [[], ["--use_v2_restore"]], ids=["grpc", "rest"])
def test_milvus_is_given_the_key_with_the_data(milvus, kept, how):
    restored = kept.ok("restore", "-n", "b", "-s", "_back", *how)
    for database, name in (("vault", "gold"), ("safe", "silver"), ("default", "iron")):
        assert milvus.rows(f"{name}_back", database) == milvus.rows(name, database) != []
    for job in milvus.jobs.values():
        assert job.options.get("ezk", "") == key_of(milvus, job.collection.database)
    assert {job.is_deletes for job in milvus.jobs.values()} == {True, False}
    assert_unsaid(kept, restored, secrets=[key_of(milvus, "vault")])


def test_data_of_an_encrypted_database_may_go_into_one_that_is_not(milvus, kept):
    restored = kept.ok("restore", "-n", "b", "-d", "vault", "-r", "vault.*:open.*", "--json")
    assert milvus.rows("gold", "open") == milvus.rows("gold", "vault")
    [warning] = restored.json()["warnings"]
    assert "open was encrypted in the backup and is made without" in warning
    assert keys_of_imports(milvus) == {key_of(milvus, "vault")}


@pytest.fixture
def elsewhere(milvus_of, milvus, kept, tmp_path):  # noqa: F811
    """Another Milvus, whose key service knows the keys under other names."""
    other = milvus_of("2.6.8")
    other.key_service = {f"theirs/{name}==": key_of(milvus, name) for name in ("vault", "safe")}
    other.make_encrypted("vault")
    return other, program_over(other, tmp_path, backups_of=milvus)


def mapping_file(program, content):
    path = program.folder / "keys.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("by", ["database", "key"])
def test_another_milvus_is_given_the_keys_that_it_knows(milvus, elsewhere, by):
    other, program = elsewhere
    names = {name: name if by == "database" else key_of(milvus, name) for name in ("vault", "safe")}
    keys = mapping_file(program, {names[name]: f"theirs/{name}==" for name in names})
    restored = program.ok("restore", "-n", "b", "--ezk_mapping", keys)
    for database, name in (("vault", "gold"), ("safe", "silver"), ("default", "iron")):
        assert other.rows(name, database) == milvus.rows(name, database)
    assert keys_of_imports(other) == {"theirs/vault==", "theirs/safe==", ""}
    assert_unsaid(program, restored, secrets=[*keys_of_imports(other) - {""}, key_of(milvus, "vault")])


def test_a_key_that_milvus_does_not_know_fails_without_being_named(milvus, elsewhere):
    other, program = elsewhere
    failed = program.fails("restore", "-n", "b", "-d", "vault")
    assert "the key service does not know ***" in failed.err
    assert_unsaid(program, failed, secrets=[key_of(milvus, "vault")])


def test_a_mapping_that_is_about_nothing_is_told(milvus, kept):
    keys = mapping_file(kept, {"default": "first-key", "nowhere": "second-key", "vault": key_of(milvus, "vault")})
    restored = kept.ok("restore", "-n", "b", "-s", "_back", "--ezk_mapping", keys, "--json")
    warnings = sorted(restored.json()["warnings"])
    assert len(warnings) == 2
    assert "database default, which is not encrypted" in warnings[0]
    assert "neither an encrypted database of the backup nor the key of one" in warnings[1]
    assert_unsaid(kept, restored, secrets=["first-key", "second-key"])
    idle = kept.ok("restore", "-n", "b", "-s", "_bare", "--meta_only", "--ezk_mapping", keys, "--json")
    assert any("--ezk_mapping has no effect: data is not restored" in warning for warning in idle.json()["warnings"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"vault": "one-key", ', "is no JSON object"),
        ('["vault"]', "is no JSON object"),
        ('{"vault": "one-key", "vault": "another-key"}', "is no JSON object"),
        ('{"vault": 7}', "is no text"),
        ('{"vault": ""}', "lacks"),
        ('{"": "one-key"}', "lacks"),
    ],
)
def test_mappings_that_are_none(milvus, kept, content, said):
    milvus.forget_calls()
    failed = kept.fails("restore", "-n", "b", "-s", "_x", "--ezk_mapping", mapping_file(kept, content), code=USAGE)
    assert "--ezk_mapping: " in failed.err and said in failed.err
    assert "CreateCollection" not in milvus.asked
    assert_unsaid(kept, failed, secrets=["one-key", "another-key"])


def test_two_new_keys_for_one_database(milvus, kept):
    keys = mapping_file(kept, {"vault": "one-key", key_of(milvus, "vault"): "another-key"})
    failed = kept.fails("restore", "-n", "b", "-s", "_x", "--ezk_mapping", keys, code=USAGE)
    assert "two new keys are given for database vault" in failed.err
    assert_unsaid(kept, failed, secrets=["one-key", "another-key", key_of(milvus, "vault")])
    assert "no such file" in kept.fails("restore", "-n", "b", "--ezk_mapping", "nowhere.json").err.lower()


def test_over_rest(milvus, elsewhere):
    other, program = elsewhere
    with BackupServer(program) as server:
        described = json.dumps(server.get("get_backup", backup_name="b").data)
        assert "cipher.ezID" in described and '"ezk"' not in described
        body = {"backup_name": "b", "db_collections": {"vault": [], "safe": []}, "useV2Restore": True}
        answer = server.post("restore", {**body, "ezkMapping": {"vault": "", "safe": "x"}}).json()
        assert answer["code"] == 3 and answer["msg"].startswith("ezkMapping: ")
        keys = {"vault": "theirs/vault==", "safe": "theirs/safe=="}
        assert server.post("restore", {**body, "ezkMapping": keys}).data["state_code"] == 2
    assert other.rows("gold", "vault") == milvus.rows("gold", "vault")
    assert keys_of_imports(other) == set(keys.values())
    remembered = b"".join(path.read_bytes() for path in program.folder.rglob("*") if path.is_file())
    assert b"theirs/" not in remembered and key_of(milvus, "vault").encode() not in remembered


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Answer(200, b'{"msg": "no key service", "ezk": "sEcReT-key"}'), FAILURE, "no key service"),
        (Answer(200, b'{"msg": "OK", "ezk": ""}'), FAILURE, "the answer holds none"),
        (Answer(200, b'{"msg": "OK", "ezk": "sEcReT-key"'), FAILURE, "no JSON object"),
        (Answer(400, b'{"msg": "not an encryption zone", "ezk": "sEcReT-key"}'), USAGE, "not an encryption zone"),
        (Answer(500, b"sEcReT-key"), UNREACHABLE, "answered 500"),
        (Answer(404, b"sEcReT-key"), FAILURE, "milvus.management.endpoint"),
    ],
    ids=["msg", "empty", "cut", "400", "500", "404"],
)
def test_without_the_key_there_is_no_backup(milvus, program, answer, code, said):
    with Scripted(rule=lambda _: answer) as management:
        program.configure(backup={"gcPause": {"address": f"http://127.0.0.1:{management.port}", "enable": False}})
        failed = program.fails("create", "-n", "b", code=code)
    assert said in failed.err and "database safe, which is encrypted" in failed.err
    assert not {"Flush", "FlushAll"} & set(milvus.asked)
    assert not (milvus.place.root / "backup" / "b").exists()
    assert_unsaid(program, failed, secrets=["sEcReT-key"])


def test_without_a_management_endpoint_it_says_which_key_to_set(milvus, tmp_path):
    program = program_over(milvus, tmp_path, backup={"gcPause": {"address": ""}})
    failed = program.fails("create", "-n", "b", "-d", "vault", code=USAGE)
    assert "set milvus.management.endpoint (backup.gcPause.address in v1)" in failed.err
    program.ok("create", "-n", "b", "-d", "default")


def test_a_damaged_object_of_an_encrypted_database_is_still_found(milvus, kept):
    [log, *_] = sorted((milvus.place.root / "backup" / "b" / "binlogs" / "insert_log").rglob("*[0-9]"))
    while log.is_dir():
        log = next(iter(sorted(log.iterdir())))
    log.write_bytes(log.read_bytes()[:-1])
    kept.fails("verify", "-n", "b", code=CORRUPT)
