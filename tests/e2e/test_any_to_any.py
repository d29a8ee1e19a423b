"""Backups between storages of different kinds, accounts and services, and from one Milvus to another."""

import itertools
import json
import signal
import threading

import pytest
import yaml
from testbed import Azurite, FakeGcs, Milvus, RcloneS3, SeaweedS3, Toxiproxy, VersityGw
from testbed.data import make_simple
from testbed.places import BucketPlace, FolderPlace
from testbed.program import Program, merged
from testbed.rows import assert_same_rows, read_rows
from testbed.server import wait_until
from testbed.strict_proxy import Rule, StrictProxy, json_error
from wire.clouds import RsaKey, Tokens

EXISTS, CORRUPT = 4, 7
COLLECTIONS = [("default", "all_types"), ("default", "partitions"), ("default", "auto_id")]
NAMES = ",".join(name for _, name in COLLECTIONS)
HEAVY = "ponderous"  # about 10 MB

pytestmark = pytest.mark.parametrize("site", ["s3"], indirect=True)


class Elsewhere:
    """Where backups may lie: the keys that say so, none of which Milvus' own storage has."""

    def __init__(self, keys):
        self.keys = keys

    def config(self, site):
        return merged(site.config, {"minio": self.keys})


def bucket_of(store):
    return Elsewhere(store.storage("elsewhere", "deep/backups", backup=True))


def folder(path):
    return Elsewhere({"backupStorageType": "local", "backupBucketName": "none", "backupRootPath": str(path)})


def google_bucket(store):
    keys = {**store.storage("elsewhere", "deep/backups", backup=True), "backupUseIAM": True}
    return Elsewhere({**keys, "backupOptions": {"auth.type": "none"}})


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """kind -> Elsewhere, each server started on its first use."""
    running = {}
    makers = {
        "local": lambda: folder(tmp_path_factory.mktemp("backups")),
        "seaweedfs": lambda: bucket_of(started("seaweedfs", SeaweedS3)),
        "rclone": lambda: bucket_of(started("rclone", RcloneS3)),
        "gcpnative": lambda: google_bucket(started("gcpnative", FakeGcs)),
        "azure": lambda: bucket_of(started("azure", Azurite)),
    }
    made = {}

    def started(kind, server):
        running[kind] = server()
        running[kind].start()
        return running[kind]

    def give(kind):
        if kind not in made:
            made[kind] = makers[kind]()
        return made[kind]

    yield give
    for server in running.values():
        server.stop()


def assert_restored(site, suffix, collections=COLLECTIONS):
    for database, name in collections:
        assert_same_rows(site.rows[database, name], read_rows(site.milvus, name + suffix, database), name)


def other(program, config, file="other.yaml"):
    """The configuration of the other side, as --to and --from take it."""
    path = program.folder / file
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.mark.parametrize("kind", ["local", "seaweedfs", "rclone", "gcpnative", "azure"])
def test_a_backup_elsewhere_is_restored_from_there(site, program, elsewhere, name, kind):
    program.configure(**elsewhere(kind).config(site))
    program.ok("create", "-n", name, "-c", NAMES)
    assert site.backup(name) == {}, "the backup lies beside Milvus' own data"
    assert program.listed()[name]
    program.ok("restore", "-n", name, "-s", "_back")
    assert_restored(site, "_back")
    assert [key for key in site.place.keys() if "restore-temp" in key] == []
    program.ok("delete", "-n", name)
    assert name not in program.listed()


def test_a_backup_travels_through_every_kind(site, program, elsewhere, name, tmp_path):
    program.configure(transfer={"mode": "streaming"})  # what passes through the program has its checksum recorded
    program.ok("create", "-n", name, "-c", NAMES)
    made = site.backup(name)
    route = ["beside", "seaweedfs", "gcpnative", "azure", "rclone", "local"]
    configs = [elsewhere(kind).config(site) if kind != "beside" else site.config for kind in route]
    for step, (here, there) in enumerate(itertools.pairwise(configs)):
        program.configure(**here)
        report = program.ok("transfer", "-n", name, "--to", other(program, there), "--json").json()
        assert report["objects"] == len(made), route[step + 1]
        assert report["bytes"] == sum(made.values()), route[step + 1]
        assert report["checksums_verified"] > 0, route[step + 1]
        program.ok("delete", "-n", name)
    program.configure(**configs[-1])
    arrived = FolderPlace(configs[-1]["minio"]["backupRootPath"]).keys(f"{name}/")
    assert {key.removeprefix(f"{name}/"): size for key, size in arrived.items()} == made
    program.ok("restore", "-n", name, "-s", "_far")
    assert_restored(site, "_far")


class ShortLived(Rule):
    """Any token is good for so many requests and refused from then on."""

    def __init__(self, uses):
        self.left = {}
        self.uses = uses
        self.refused = 0
        self.lock = threading.Lock()

    def request(self, request):
        token = request.headers.get("Authorization")
        with self.lock:
            left = self.left.setdefault(token, self.uses if token else 0)
            self.left[token] = left - 1
            self.refused += left <= 0
        return json_error(401, "authError", "Invalid Credentials") if left <= 0 else None


def test_credentials_that_expire_in_the_middle_are_renewed(site, program, name, tmp_path):
    """A service account as the documentation has it; its tokens do not last for a whole backup or restore."""
    expiry = ShortLived(40)
    key = RsaKey(tmp_path)
    with FakeGcs() as store, StrictProxy(store.port, [expiry]) as proxy, Tokens() as tokens:
        account = {
            **{"type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": key.pem},
            **{"client_email": "backup@p.example.com", "token_uri": f"{tokens.url}/token"},
        }
        (tmp_path / "account.json").write_text(json.dumps(account))
        keys = store.storage("elsewhere", "backups", backup=True)
        keys |= {"backupPort": proxy.port, "backupGcpCredentialJSON": str(tmp_path / "account.json")}
        program.configure(minio=keys)
        program.ok("create", "-n", name, "-c", NAMES)
        assert expiry.refused > 0 and tokens.given > 1
        before = expiry.refused
        program.ok("restore", "-n", name, "-s", "_renewed")
        assert expiry.refused > before
        assert_restored(site, "_renewed")
        assert key.pem.split("\n")[1] not in program.log() and "token-1" not in program.log()


# ------------------------------------------------------------- from milvus_A to milvus_B


@pytest.fixture(scope="module")
def other_milvus():
    with VersityGw(access_key="otheraccess", secret_key="othersecretkey") as store:
        with Milvus(storage=store, bucket="b-bucket", root_path="b/files") as milvus:
            yield milvus


def config_of(milvus):
    return merged(milvus.config(), {"minio": {"backupRootPath": "b/backups"}})


@pytest.fixture
def migration(site, other_milvus, tmp_path):
    """Programs of both sides; milvus_A has `coll`, milvus_B is empty again at the end."""
    with site.milvus.client() as client:
        make_simple(client, "coll", 3000)
    rows = read_rows(site.milvus, "coll")
    here = Program(tmp_path / "a", site.config)
    there = Program(tmp_path / "b", config_of(other_milvus))
    yield here, there, rows
    site.drop({("default", "coll")})
    with other_milvus.client() as client:
        for collection in client.list_collections():
            client.drop_collection(collection)


@pytest.mark.parametrize("how", ["to", "from", "by-hand", "directly"])
def test_coll_from_milvus_a_to_milvus_b(site, other_milvus, migration, name, how):
    here, there, rows = migration
    if how == "directly":
        keys = merged(other_milvus.storage(backup=True), {"backupRootPath": "b/backups"})
        here.configure(minio=keys)
        here.ok("create", "-n", name, "-c", "coll")
        assert site.backup(name) == {}
    else:
        here.ok("create", "-n", name, "-c", "coll")
    if how == "to":
        here.ok("transfer", "-n", name, "--to", other(here, there.config))
    elif how == "from":
        there.ok("transfer", "-n", name, "--from", other(there, here.config))
    elif how == "by-hand":
        target = BucketPlace(other_milvus.store, "b-bucket")
        for key in site.backup(name):
            target.put(f"b/backups/{name}/{key}", site.place.get(f"backup/{name}/{key}"))
    assert there.listed()[name]
    there.ok("restore", "-n", name)
    assert_same_rows(rows, read_rows(other_milvus, "coll"))
    assert_same_rows(rows, read_rows(site.milvus, "coll"))
    there.ok("delete", "-n", name)


# ------------------------------------------------------------- transfer, when things go wrong


@pytest.fixture(scope="module")
def heavy(site):
    with site.milvus.client() as client:
        make_simple(client, HEAVY, 20000, dim=128)
    yield read_rows(site.milvus, HEAVY)
    site.drop({("default", HEAVY)})


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_transfer_goes_on(site, program, heavy, name, how):
    program.ok("create", "-n", name, "-c", HEAVY)
    with VersityGw() as store, Toxiproxy() as toxiproxy:
        store.make_bucket("elsewhere")
        line = toxiproxy.proxy(store.port)
        keys = {**bucket_of(store).keys, "backupPort": line.port}
        to = other(program, merged(site.config, {"minio": keys}))
        there = program.with_changes(program.folder / "there", minio=keys)
        place = BucketPlace(store, "elsewhere")
        line.add("bandwidth", "upstream", rate=400)
        process = program.start("transfer", "-n", name, "--to", to)
        prefix = f"deep/backups/{name}/binlogs/"
        wait_until(lambda: place.keys(prefix) or process.poll() is not None, 60, "a first object")
        process.send_signal(how)
        result = program.finish(process)
        line.clear()
        assert result.code == (-how if how == signal.SIGKILL else 128 + how)
        assert not there.listed().get(name, False), "half a backup is listed as a whole one"
        assert there.fails("restore", "-n", name, "-s", "_half").code != 0

        report = program.ok("transfer", "-n", name, "--to", to, "--json").json()
        assert report["already_there"] > 0
        made = {f"deep/backups/{name}/{key}": size for key, size in site.backup(name).items()}
        assert place.keys() == made
        assert place.rubbish("") == []
        there.ok("restore", "-n", name, "-s", "_whole")
        assert_same_rows(heavy, read_rows(site.milvus, f"{HEAVY}_whole"))


def test_a_damaged_object_is_refused_until_it_is_mended(site, program, name, tmp_path):
    program.configure(transfer={"mode": "streaming"})  # what passes through the program has its checksum recorded
    program.ok("create", "-n", name, "-c", "auto_id")
    key = next(key for key in site.backup(name) if key.startswith("binlogs/insert_log/"))
    whole = site.place.get(f"backup/{name}/{key}")
    damaged = whole[:-1] + bytes([whole[-1] ^ 1])
    site.place.put(f"backup/{name}/{key}", damaged)
    to = other(program, folder(tmp_path / "copy").config(site))
    assert f"checksum: {key}: " in program.fails("verify", "-n", name, "--read-data", code=CORRUPT).out
    for _ in range(2):
        result = program.fails("transfer", "-n", name, "--to", to)
        assert result.code == CORRUPT and key in result.err
    assert not (tmp_path / "copy" / name / "meta" / "backup_meta.json").exists()
    site.place.put(f"backup/{name}/{key}", whole)
    program.ok("transfer", "-n", name, "--to", to)
    assert (tmp_path / "copy" / name / key).read_bytes() == whole


def test_a_name_that_is_taken_there(site, program, name, tmp_path):
    program.ok("create", "-n", name, "-c", "auto_id")
    to = other(program, folder(tmp_path / "copy").config(site))
    program.ok("transfer", "-n", name, "--to", to)
    result = program.fails("transfer", "-n", name, "--to", to)
    assert result.code == EXISTS and name in result.err


def test_both_sides_are_the_same_place(site, program, name):
    program.ok("create", "-n", name, "-c", "auto_id")
    result = program.fails("transfer", "-n", name, "--to", other(program, site.config))
    assert "same place" in result.err
    assert program.listed()[name]


def test_one_other_side_is_needed(site, program, name):
    assert "--to" in program.fails("transfer", "-n", name).err
    to = other(program, site.config)
    assert "--to" in program.fails("transfer", "-n", name, "--to", to, "--from", to).err
