"""That the fake cloud refuses what a client should not do: otherwise its tests of `migrate` prove nothing."""

import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from testbed import VersityGw
from testbed.fake_cloud import APPLY, BUCKET, MIGRATE, FakeCloud


@pytest.fixture(scope="module")
def store():
    with VersityGw() as store:
        store.make_bucket(BUCKET)
        yield store


@pytest.fixture
def cloud(store):
    with FakeCloud(store) as fake:
        fake.clusters.add("c1")
        yield fake


def post(cloud, path, body, key=None):
    headers = {"Authorization": f"Bearer {key or cloud.key}"}
    request = urllib.request.Request(cloud.endpoint + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def client(place, **changes):
    credentials = place["credentials"] | changes
    return boto3.client(
        "s3",
        endpoint_url=place["endpoint"],
        aws_access_key_id=credentials["tmpAK"],
        aws_secret_access_key=credentials["tmpSK"],
        aws_session_token=credentials["sessionToken"],
        region_name=place["region"],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def code_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **arguments)
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def place(cloud):
    status, answer = post(cloud, APPLY, {"clusterId": "c1", "path": "b/"})
    assert (status, answer["code"]) == (200, 0)
    return answer["data"]


def test_who_has_no_key_is_told_nothing(cloud):
    assert post(cloud, APPLY, {"clusterId": "c1", "path": "b/"}, key="another")[0] == 401
    assert cloud.gate.grants == {}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (APPLY, {"path": "b/"}),
        (APPLY, {"clusterId": "c1", "path": "b"}),
        (APPLY, {"clusterId": "c1", "volumeName": "v", "path": "b/"}),
        (APPLY, {"clusterId": "c1", "path": "b/", "more": 1}),
        (MIGRATE, {"source": {"stageName": "v", "dataPath": "b/", "accessKey": "k"}, "destination": {"clusterId": "c1"}}),
        (MIGRATE, {"source": {"stageName": "v", "dataPath": "b/"}, "destination": {"clusterId": "c1"}}),
        ("/v2/volumes/drop", {}),
    ],
    ids=["no volume", "no folder", "both", "another member", "a key", "no backup", "no such call"],
)
def test_what_nobody_has_to_ask_is_a_violation(cloud, path, body):
    assert post(cloud, path, body)[0] >= 400
    assert len(cloud.violations) == 1 and cloud.jobs == {}


def test_an_unknown_cluster_and_volume(cloud):
    assert post(cloud, APPLY, {"clusterId": "c2", "path": "b/"})[1]["code"] == 96018
    assert post(cloud, APPLY, {"volumeName": "v", "path": "b/"})[1]["code"] == 404
    assert cloud.violations == []


def test_credentials_put_and_list_below_their_path_alone(cloud, place):
    s3, prefix = client(place), place["volumePrefix"] + "b/"
    s3.put_object(Bucket=BUCKET, Key=prefix + "x", Body=b"1")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]] == [prefix + "x"]
    assert cloud.gate.refused == []
    assert code_of(s3.put_object, Key=place["volumePrefix"] + "other/x", Body=b"1") == "AccessDenied"
    assert code_of(s3.list_objects_v2, Prefix="") == "AccessDenied"
    assert code_of(s3.get_object, Key=prefix + "x") == "AccessDenied"
    assert code_of(s3.delete_object, Key=prefix + "x") == "AccessDenied"
    assert {method for method, _ in cloud.gate.refused} == {"PUT", "DELETE"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tmpAK": "TMPother"}, "InvalidAccessKeyId"),
        ({"tmpSK": "other"}, "SignatureDoesNotMatch"),
        ({"sessionToken": "token/other"}, "InvalidAccessKeyId"),
    ],
    ids=["key", "secret", "token"],
)
def test_all_three_of_the_credentials_count(cloud, place, changes, code):
    assert code_of(client(place, **changes).put_object, Key=place["volumePrefix"] + "b/x", Body=b"1") == code


def test_credentials_expire(cloud):
    cloud.lives = [1]
    place = post(cloud, APPLY, {"clusterId": "c1", "path": "b/"})[1]["data"]
    s3, prefix = client(place), place["volumePrefix"] + "b/"
    s3.put_object(Bucket=BUCKET, Key=prefix + "x", Body=b"1")
    assert code_of(s3.put_object, Key=prefix + "y", Body=b"1") == "ExpiredToken"
    again = post(cloud, APPLY, {"volumeName": place["volumeName"], "path": "b/"})[1]["data"]
    client(again).put_object(Bucket=BUCKET, Key=prefix + "y", Body=b"1")


def test_a_folder_with_a_backup_is_migrated(cloud, place):
    key = place["volumePrefix"] + "b/meta/backup_meta.json"
    client(place).put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    source = {"stageName": place["volumeName"], "dataPath": "b/"}
    answer = post(cloud, MIGRATE, {"source": source, "destination": {"clusterId": "c1"}})[1]
    assert list(cloud.jobs) == [answer["data"]["jobId"]] and cloud.violations == []
