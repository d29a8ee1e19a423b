"""migrate: a backup into a managed cluster. The cloud is a fake (tests/testbed/fake_cloud.py) over a real S3 store."""

import json
import os
import re
import signal

import pytest
from testbed.fake_cloud import APPLY, BUCKET, MIGRATE, FakeCloud
from testbed.program import CORRUPT, DENIED, EXISTS, FAILURE, NO_SPACE, NOT_FOUND, UNREACHABLE, USAGE, Program
from testbed.server import wait_until
from testbed.strict_proxy import Answer, s3_error

from wire.transferring import BUCKET as SOURCE
from wire.transferring import MIB, backup_in, bucket_config, folder_config, record

CLUSTER = "in03-5e7b1c09d2aa41f"
SAID = (
    "Successfully triggered migration with backup name: b target cluster: {cluster} \n"
    "migration job id: {job}. \n"
    "You can check the progress of the migration job in Zilliz Cloud console.\n"
)


@pytest.fixture(scope="module")
def volumes(store):
    store.make_bucket(BUCKET)
    return store


@pytest.fixture
def cloud(volumes):
    with FakeCloud(volumes) as fake:
        fake.clusters.add(CLUSTER)
        yield fake
        assert fake.violations == [] and fake.gate.refused == []
        assert volumes.uploads(BUCKET) == []


@pytest.fixture
def home(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def program(cloud, home, tmp_path):
    config = folder_config(home) | {"cloud": {"address": cloud.endpoint, "apikey": cloud.key}}
    program = Program(tmp_path / "program", config)
    yield program
    told = program.log()
    assert not [secret for secret in cloud.secrets if secret in told]


def migrate(*more):
    return ["migrate", "-n", "b", "-c", CLUSTER, *more]


def lies_there(cloud, home, volume=None):
    """The backup is in the volume, byte by byte; its prefix there."""
    [job] = cloud.jobs.values()
    volume = volume or job["source"]["stageName"]
    prefix = cloud.volumes[volume] + job["source"]["dataPath"]
    here = {path.relative_to(home / "b").as_posix(): path.read_bytes() for path in (home / "b").rglob("*") if path.is_file()}
    keys = {key.removeprefix(prefix) for key in cloud.objects() if key.startswith(cloud.volumes[volume])}
    assert keys == set(here)
    client = cloud.store.client()
    assert {name: client.get_object(Bucket=BUCKET, Key=prefix + name)["Body"].read() for name in here} == here
    return prefix


def no_secret(cloud, result):
    assert not [secret for secret in cloud.secrets if secret in result.out + result.err], result


# --- what it does ---------------------------------------------------------------------------------------------------


def test_the_backup_is_uploaded_and_its_migration_begun(cloud, home, program):
    backup_in(home / "b")
    result = program.ok(*migrate())
    assert result.out == SAID.format(cluster=CLUSTER, job="job-0001")
    [job] = cloud.jobs.values()
    assert job["destination"] == {"clusterId": CLUSTER}
    assert job["source"]["dataPath"].endswith("/b/")
    lies_there(cloud, home)
    no_secret(cloud, result)
    [asked] = cloud.asked(APPLY)
    assert asked == {"clusterId": CLUSTER, "path": job["source"]["dataPath"]}


def test_what_makes_it_a_backup_comes_last(cloud, home, program):
    backup_in(home / "b")
    program.ok(*migrate())
    [grant] = cloud.gate.grants.values()
    assert grant.put[-1].endswith("meta/backup_meta.json") and grant.put.count(grant.put[-1]) == 1


def test_a_volume_of_ones_own(cloud, home, program):
    backup_in(home / "b")
    cloud.volumes["mine"] = "somewhere/mine/"
    told = program.ok(*migrate("--volume", "mine", "--json")).json()
    assert (told["volume"], told["job_id"], told["already_there"], told["credentials_renewed"]) == ("mine", "job-0001", 0, 0)
    assert cloud.asked(APPLY) == [{"volumeName": "mine", "path": told["path"]}]
    lies_there(cloud, home, "mine")


def test_large_objects_go_in_parts_and_checksums_are_compared(cloud, home, program):
    made = backup_in(home / "b", segments=1, weight=24 * MIB)
    record(home / "b")
    told = program.ok(*migrate("--json")).json()
    assert told["objects"] == len(made) + 1 and told["bytes"] > 24 * MIB
    lies_there(cloud, home)


def test_progress_is_told(cloud, home, program):
    backup_in(home / "b")
    program.ok(*migrate())
    phases = re.findall(r"phase (\w+)", program.log())
    assert phases == ["prepare", "copy", "verify", "migrate"]


def test_a_key_of_schema_v2_and_of_the_environment(cloud, home, program, tmp_path):
    backup_in(home / "b")
    sides = {side: {"storage": {"provider": "local", "rootPath": str(at)}} for side, at in (("milvus", tmp_path), ("backup", home))}
    other = Program(tmp_path / "v2", {"configVersion": "v2", **sides, "zillizCloud": {"endpoint": cloud.endpoint}})
    missing = other.fails(*migrate(), code=USAGE).err
    assert "zillizCloud.apiKey" in missing and "ZILLIZ_CLOUD_API_KEY" in missing
    other.environment["ZILLIZ_CLOUD_API_KEY"] = cloud.key
    assert other.ok(*migrate()).out == SAID.format(cluster=CLUSTER, job="job-0001")
    assert cloud.key not in other.ok("config", "show").out


# --- interruptions --------------------------------------------------------------------------------------------------


def test_a_killed_run_goes_on_where_it_was(cloud, home, program):
    backup_in(home / "b", segments=40)
    program.configure(transfer={"concurrency": 1})
    process = program.start(*migrate())
    wait_until(lambda: any(len(grant.put) >= 5 for grant in list(cloud.gate.grants.values())), 60, "no object is put")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert cloud.jobs == {}
    [volume] = set(re.findall(r"uploading into volume (\S+),", program.log()))
    before = len([key for key in cloud.objects() if volume in key and "/meta/" not in key])
    told = program.ok(*migrate("--volume", volume, "--json")).json()
    assert told["already_there"] == before > 0
    again = list(cloud.gate.grants.values())[-1]
    assert len(again.put) == told["objects"] - before
    lies_there(cloud, home, volume)


def test_an_upload_that_fails_says_how_to_go_on(cloud, home, program):
    made = backup_in(home / "b")
    (home / "b" / sorted(key for key in made if "/insert_log/" in key)[0]).unlink()
    result = program.fails(*migrate(), code=CORRUPT)
    [volume] = cloud.volumes
    assert f"--volume {volume}" in result.err
    assert cloud.jobs == {}


@pytest.mark.parametrize("expires", [3600, -60], ids=["by its word alone", "by the clock, too"])
def test_expired_credentials_are_renewed(cloud, home, program, expires):
    backup_in(home / "b", segments=20)
    program.configure(transfer={"concurrency": 2})
    cloud.expires = expires
    cloud.lives = [5, 5]
    result = program.ok(*migrate("--json"))
    told = result.json()
    assert told["credentials_renewed"] == 2 and len(cloud.gate.grants) == 3
    assert told["already_there"] == 10
    lies_there(cloud, home)
    no_secret(cloud, result)
    asked = cloud.asked(APPLY)
    assert asked[0]["clusterId"] == CLUSTER
    assert asked[1] == asked[2] == {"volumeName": told["volume"], "path": told["path"]}


def test_what_expires_in_the_middle_of_an_object_leaves_no_parts(cloud, home, program):
    backup_in(home / "b", segments=1, weight=24 * MIB)
    parts = []
    cloud.gate.expires_before = lambda request: "partNumber" in request.query and (parts.append(request.target) or len(parts) == 3)
    told = program.ok(*migrate("--json")).json()
    assert told["credentials_renewed"] == 1 and len(parts) > 3
    lies_there(cloud, home)
    uploads = {target.split("uploadId=")[1] for target in parts}
    assert len(uploads) > 1  # the first one is gone, see the fixture


def test_credentials_that_are_never_good_for_anything(cloud, home, program):
    backup_in(home / "b")
    cloud.lives = [3, 0, 0, 0, 0, 0]
    result = program.fails(*migrate(), code=DENIED)
    assert "refuses the credentials" in result.err
    assert len(cloud.gate.grants) == 4  # the first lets objects through, three in vain follow it
    assert cloud.jobs == {}
    no_secret(cloud, result)


def test_a_refusal_of_the_source_renews_nothing(cloud, program, store, behind, root):
    made = backup_in(store.data / SOURCE / root / "b")
    program.config = bucket_config(store, behind.port, root) | {"cloud": program.config["cloud"]}
    program.configure()
    refused = s3_error(403, "InvalidAccessKeyId")
    behind.rules = [Answer(refused, 1000, lambda request: request.method == "GET" and "/insert_log/" in request.path)]
    result = program.fails(*migrate(), code=DENIED)
    assert any(key in result.err for key in made) and len(cloud.asked(APPLY)) == 1
    behind.rules = []
    assert program.ok(*migrate("--volume", *cloud.volumes)).out == SAID.format(cluster=CLUSTER, job="job-0001")


def test_ctrl_c_ends_it(cloud, home, program):
    backup_in(home / "b", segments=60)
    program.configure(transfer={"concurrency": 1})
    process = program.start(*migrate())
    wait_until(lambda: any(len(grant.put) >= 3 for grant in list(cloud.gate.grants.values())), 60, "no object is put")
    process.send_signal(signal.SIGINT)
    assert program.finish(process).code == 130
    assert cloud.jobs == {}


# --- what is refused ------------------------------------------------------------------------------------------------


def test_without_a_key_nobody_is_asked(cloud, home, program):
    backup_in(home / "b")
    program.configure(cloud={"apikey": ""})
    assert "cloud.apikey" in program.fails(*migrate(), code=USAGE).err
    assert cloud.calls == []


def test_a_wrong_key(cloud, home, program):
    backup_in(home / "b")
    program.configure(cloud={"apikey": "key-of-somebody-else-0123456789"})
    result = program.fails(*migrate(), code=DENIED)
    assert "cloud.apikey" in result.err
    assert "key-of-somebody-else" not in result.err + program.log()  # the fake repeats it
    assert len(cloud.calls) == 1


def test_a_refusal_that_is_a_success_of_http_repeats_no_key(cloud, home, program):
    backup_in(home / "b")
    cloud.failures[APPLY] = [(200, {"code": 401, "message": f"the key {cloud.key} is no more"})]
    result = program.fails(*migrate(), code=DENIED)
    assert "is no more" in result.err and "cloud.apikey" in result.err
    no_secret(cloud, result)


def test_a_key_is_not_sent_unencrypted(home, program):
    backup_in(home / "b")
    for host in ("cloud.test", "127.0.0.1.cloud.test:80", "169.254.1.1", "[2001:db8::1]:80"):
        program.configure(cloud={"address": f"http://{host}"})
        assert "https://" in program.fails(*migrate(), code=USAGE).err


@pytest.mark.parametrize("when", [APPLY, MIGRATE])
def test_an_unknown_cluster(cloud, home, program, when):
    backup_in(home / "b")
    cloud.volumes["mine"] = "unknown/"
    volume = ["--volume", "mine"] if when == MIGRATE else []
    result = program.fails("migrate", "-n", "b", "-c", "in09-nowhere", *volume, code=NOT_FOUND)
    assert "--cluster_id" in result.err and "in09-nowhere" in result.err
    assert cloud.jobs == {}


def test_a_backup_that_is_not_there(cloud, home, program):
    backup_in(home / "b")
    program.fails("migrate", "-n", "other", "-c", CLUSTER, code=NOT_FOUND)
    assert cloud.calls == []


def test_a_backup_that_is_not_complete(cloud, home, program):
    backup_in(home / "b")
    (home / "b" / "meta" / "backup_meta.json").unlink()
    assert "not complete" in program.fails(*migrate(), code=CORRUPT).err
    assert cloud.calls == []


@pytest.mark.parametrize("change", ["grown", "gone", "other bytes"])
def test_an_object_that_is_not_as_it_was(cloud, home, program, change):
    made = backup_in(home / "b")
    for segment in sorted((home / "b").glob("binlogs/**/101/7")):
        sums = segment.read_bytes()
    victim = sorted((home / "b").glob("binlogs/insert_log/**/7"))[3]
    relative = victim.relative_to(home / "b").as_posix()
    if change == "other bytes":
        lines = [{"key": key, "size": (home / "b" / key).stat().st_size} for key in sorted(made) if key.startswith("binlogs/")]
        for line in lines:
            line |= {"crc32c": "00000000"} if line["key"] == relative else {}
        (home / "b" / "meta" / "objects.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    elif change == "gone":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes() + sums)
    result = program.fails(*migrate(), code=CORRUPT)
    assert relative in result.err
    assert cloud.jobs == {}


def test_what_is_no_part_of_the_backup_is_left_alone(cloud, home, program):
    backup_in(home / "b")
    cloud.volumes["mine"] = "strange/"
    program.ok(*migrate("--volume", "mine"))
    path = cloud.jobs["job-0001"]["source"]["dataPath"]
    stranger = "strange/" + path + "binlogs/insert_log/1/10/20/999/1"
    cloud.store.client().put_object(Bucket=BUCKET, Key=stranger, Body=b"not ours")
    assert stranger in program.fails(*migrate("--volume", "mine"), code=EXISTS).err
    assert stranger in cloud.objects() and list(cloud.jobs) == ["job-0001"]


@pytest.mark.parametrize(
    ("condition", "named"),
    [({"maxFileNumber": 3}, "takes 3 at most"), ({"maxContentLength": 7}, "takes 7 B at most")],
    ids=["objects", "bytes"],
)
def test_a_limit_of_the_volume_is_told_before_the_upload(cloud, home, program, condition, named):
    backup_in(home / "b")
    cloud.condition = condition
    assert named in program.fails(*migrate(), code=NO_SPACE).err
    assert [grant.put for grant in cloud.gate.grants.values()] == [[]]


@pytest.mark.parametrize(
    ("status", "document", "code", "named"),
    [
        (403, {"code": 96016, "message": "check your Apikey scope"}, DENIED, "admin of the cluster's project"),
        (200, {"code": 96015, "message": "owner is needed"}, DENIED, "admin of the cluster's project"),
        (400, {"code": 96999, "message": "quota of volumes is used up"}, USAGE, "quota of volumes is used up"),
        (404, b"<html>not here</html>", USAGE, "check cloud.address"),
        (200, b"<html>a page</html>", USAGE, "check cloud.address"),
        (200, {"code": 0}, FAILURE, "without data"),
    ],
    ids=["scope", "role", "quota", "no such page", "a page", "nothing"],
)
def test_a_refusal_says_what_to_change(cloud, home, program, status, document, code, named):
    backup_in(home / "b")
    cloud.failures[APPLY] = [(status, document)]
    assert named in program.fails(*migrate(), code=code).err
    assert len(cloud.calls) == 1 and cloud.gate.grants == {}


def test_a_busy_cloud_is_asked_again(cloud, home, program):
    backup_in(home / "b")
    busy = [(429, {"code": 429, "message": "slow down"}), (503, {"code": 503, "message": "not now"})]
    cloud.failures = {APPLY: list(busy), MIGRATE: busy[:1]}
    assert program.ok(*migrate()).out == SAID.format(cluster=CLUSTER, job="job-0001")
    assert len(cloud.calls) == 5


def test_a_migration_that_may_have_begun_is_not_begun_again(cloud, home, program):
    backup_in(home / "b")
    cloud.failures[MIGRATE] = [(502, {"code": 502, "message": "bad gateway"})]
    result = program.fails(*migrate(), code=UNREACHABLE)
    assert "look at the jobs in its console" in result.err and "--volume" in result.err
    assert len(cloud.asked(MIGRATE)) == 1


@pytest.mark.parametrize("provider", ["azure", "elsewhere"])
def test_a_provider_without_such_credentials(cloud, home, program, provider):
    backup_in(home / "b")
    cloud.provider = provider
    assert f"'{provider}'" in program.fails(*migrate(), code=FAILURE).err


@pytest.mark.parametrize("provider", ["ali", "aliyun", "tencent", "tc"])
def test_a_provider_that_wants_its_buckets_before_a_name(cloud, home, program, provider):
    """Amazon's driver, which all other tests use, takes a number for an address."""
    backup_in(home / "b")
    cloud.provider = provider
    assert "the bucket has to stand in front of a name" in program.fails(*migrate(), code=USAGE).err


def test_where_a_token_alone_is_the_credential(cloud, home, program):
    """Our S3 store knows no such thing: it is refused, renewed and given up."""
    backup_in(home / "b")
    cloud.provider = "gcp"
    sent = []
    refuses = s3_error(401, "AuthenticationRequired")
    cloud.gate.request = lambda request: sent.append(request.headers["Authorization"]) or refuses
    result = program.fails(*migrate(), code=DENIED)
    assert set(sent) == {f"Bearer {token}" for token in cloud.gate.grants} and len(cloud.gate.grants) == 3
    no_secret(cloud, result)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"bucketName": None}, "no bucketName"),
        ({"volumeName": ""}, "no volumeName"),
        ({"credentials": {}}, "no credentials"),
        ({"endpoint": "http://elsewhere.test"}, "unencrypted"),
        ({"endpoint": "a b:c/d"}, "no address"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_an_answer_that_says_too_little(cloud, home, program, changes, named):
    backup_in(home / "b")
    cloud.answer = lambda data: data | changes
    assert named in program.fails(*migrate(), code=FAILURE).err
    assert cloud.jobs == {}


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["-n", "b"], "cluster_id"),
        (["-c", CLUSTER], "name"),
        (["-n", "b", "-c", ""], "--cluster_id"),
        (["-n", "b", "-c", "a b"], "--cluster_id"),
        (["-n", "b", "-c", CLUSTER, "--volume", "a/b"], "--volume"),
        (["-n", "../b", "-c", CLUSTER], "--name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_arguments(cloud, program, arguments, flag):
    assert flag in program.fails("migrate", *arguments, code=USAGE).err
    assert cloud.calls == []
