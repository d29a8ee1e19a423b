"""What each S3-speaking driver does differently."""

import base64
import hashlib

import pytest

from wire.drivers import IF_ABSENT
from wire.s3 import KEYS, document, fault, listing, opened
from wire.scripted import Answer, Scripted

CUSTOMER_KEY = base64.b64encode(bytes(range(32))).decode()
STORED = Answer(headers={"ETag": '"E1"'})
VIRTUAL = ["aliyun", "tencent", "hwc"]


def through(drivers, proxy, driver, store="a", **config):
    """A store whose requests go to the scripted server as a proxy, so that hosts with any name can be asked."""
    values = {"port": 80, "bucketName": "b", "proxy": f"http://127.0.0.1:{proxy.port}", **KEYS, **config}
    answer = drivers.open(driver, values, store)
    assert answer["status"] == "ok", answer
    return answer


def region_of(asked):
    return asked.headers["authorization"].split("/")[2]


# ------------------------------------------------------------------------------------------------------- Amazon's hosts


@pytest.mark.parametrize(
    "address, region, host, signed",
    [
        ("s3.amazonaws.com", "eu-west-1", "b.s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3.eu-west-1.amazonaws.com", "", "b.s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3-eu-west-1.amazonaws.com", "", "b.s3-eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3.dualstack.us-west-2.amazonaws.com", "", "b.s3.dualstack.us-west-2.amazonaws.com", "us-west-2"),
        ("s3.dualstack.us-west-2.amazonaws.com", "us-east-2", "b.s3.dualstack.us-east-2.amazonaws.com", "us-east-2"),
        ("s3.cn-north-1.amazonaws.com.cn", "", "b.s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("s3-fips.us-gov-west-1.amazonaws.com", "", "b.s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("bucket.vpce-1-2.s3.us-east-1.vpce.amazonaws.com", "", "b.bucket.vpce-1-2.s3.us-east-1.vpce.amazonaws.com", "us-east-1"),
        ("s3.example.com", "r1", "s3.example.com", "r1"),
        ("oss-cn-hangzhou.aliyuncs.com", "r1", "b.oss-cn-hangzhou.aliyuncs.com", "r1"),
    ],
)
@pytest.mark.parametrize("driver", ["s3", "minio"])
def test_hosts_and_regions(drivers, driver, address, region, host, signed):
    with Scripted(Answer(204)) as proxy:
        through(drivers, proxy, driver, address=address, region=region)
        drivers.ok("remove", store="a", key="k")
    (asked,) = proxy.asked
    assert asked.headers["host"] == host
    assert asked.target == f"http://{host}/k" if host.startswith("b.") else f"http://{host}/b/k"
    assert region_of(asked) == signed


def test_the_host_follows_the_region_that_was_found(drivers):
    location = Answer(200, b"<LocationConstraint>ap-south-1</LocationConstraint>")
    with Scripted(location, Answer(204)) as proxy:
        through(drivers, proxy, "s3", address="s3.amazonaws.com")
        drivers.ok("remove", store="a", key="k")
    assert proxy.asked[0].headers["host"] == "b.s3.us-east-1.amazonaws.com"
    assert proxy.asked[1].headers["host"] == "b.s3.ap-south-1.amazonaws.com"
    assert region_of(proxy.asked[1]) == "ap-south-1"


def test_a_redirect_tells_the_region(drivers):
    redirect = fault(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-north-1"})
    head = Answer(301, headers={"x-amz-bucket-region": "sa-east-1"})
    with Scripted(redirect, Answer(204), head, Answer(200, headers={"Content-Length": 0})) as proxy:
        through(drivers, proxy, "s3", address="s3.eu-west-1.amazonaws.com")
        drivers.ok("remove", store="a", key="k")
        drivers.ok("stat", store="a", key="k")
    assert [asked.headers["host"].split(".")[2] for asked in proxy.asked] == [
        "eu-west-1", "eu-north-1", "eu-north-1", "sa-east-1",
    ]  # fmt: skip


def test_a_bucket_with_a_dot_does_not_fit_a_wildcard_certificate(drivers):
    with Scripted(Answer(204)) as proxy:
        through(drivers, proxy, "s3", address="s3.eu-west-1.amazonaws.com", bucketName="a.b")
        drivers.ok("remove", store="a", key="k")
    assert proxy.asked[0].target == "http://a.b.s3.eu-west-1.amazonaws.com/k"
    answer = drivers.open("s3", {"address": "s3.eu-west-1.amazonaws.com", "useSSL": True, "bucketName": "a.b", **KEYS})
    assert answer["status"] == "ok"


def test_all_hosts_of_amazon_are_one_realm(drivers):
    copied = Answer(200, document("CopyObjectResult", ETag="&quot;e&quot;"))
    with Scripted(copied) as proxy:
        one = through(drivers, proxy, "s3", address="s3.eu-west-1.amazonaws.com")
        two = through(drivers, proxy, "s3", store="b", address="s3.dualstack.us-west-2.amazonaws.com")
        far = through(drivers, proxy, "s3", store="c", address="s3.cn-north-1.amazonaws.com.cn")
        assert one["realm"] == two["realm"] == "http://s3.amazonaws.com/b" != far["realm"]
        assert drivers.ok("can_copy", store="a", **{"from": "b"})["can"]
        assert not drivers.ok("can_copy", store="a", **{"from": "c"})["can"]
        drivers.ok("copy", store="a", key="k", from_key="s", **{"from": "b"})
    assert proxy.asked[0].headers["host"] == "b.s3.eu-west-1.amazonaws.com"


def test_the_government_has_buckets_of_its_own(drivers):
    """A bucket there may be called as one elsewhere, and no copy leads from here to there."""
    with Scripted() as proxy:
        here = through(drivers, proxy, "s3", address="s3.us-west-2.amazonaws.com")
        west = through(drivers, proxy, "s3", store="b", address="s3.us-gov-west-1.amazonaws.com")
        east = through(drivers, proxy, "s3", store="c", address="s3-fips.us-gov-east-1.amazonaws.com")
        assert here["realm"] != west["realm"] == east["realm"]
        assert not drivers.ok("can_copy", store="a", **{"from": "b"})["can"]


# ---------------------------------------------------------------------------------------------------- Amazon's options


def every_kind_of_request():
    """Performs one of each; yields what was asked by the name of the operation."""
    begun = Answer(200, document("InitiateMultipartUploadResult", UploadId="U"))
    copied = Answer(200, document("CopyObjectResult", ETag="&quot;e&quot;"))
    done = Answer(200, document("CompleteMultipartUploadResult", ETag="&quot;e&quot;"))
    head = Answer(headers={"Content-Length": 1})
    upload = {"key": "k", "upload_id": "U"}
    part = {"number": 1, "size": 1, "receipt": "e"}
    other = {"from": "a", "from_key": "s"}
    return [
        ("put", STORED, {"key": "k", "data": b"1"}),
        ("get", Answer(200, b"1"), {"key": "k"}),
        ("stat", head, {"key": "k"}),
        ("copy", copied, {"key": "k", **other}),
        ("mpu_begin", begun, {"key": "k"}),
        ("mpu_part", STORED, {**upload, "number": 1, "data": b"1"}),
        ("mpu_copy_part", copied, {**upload, "number": 2, "offset": 0, "length": 1, **other}),
        ("mpu_complete", done, {**upload, "parts": [part]}),
        ("mpu_abort", Answer(204), upload),
        ("list", listing("a"), {}),
        ("remove", Answer(204), {"key": "k"}),
        ("remove_many", Answer(200, document("DeleteResult")), {"keys": ["k"]}),
    ]


def headers_of_every_kind(drivers, driver="s3", tls=None, **config):
    with Scripted(tls=tls) as server:
        opened(drivers, server, driver=driver, **config)
        seen = {}
        for op, answer, arguments in every_kind_of_request():
            server.answers.append(answer)
            drivers.ok(op, store="a", **arguments)
            seen[op] = server.asked[-1].headers
    return seen


def test_storage_class_and_encryption_go_with_what_is_made(drivers):
    seen = headers_of_every_kind(
        drivers, storageClass="STANDARD_IA", serverSideEncryption="aws:kms", kmsKeyID="key-1", requesterPays=True
    )
    for op, headers in seen.items():
        makes = op in ("put", "copy", "mpu_begin")
        assert (headers.get("x-amz-storage-class") == "STANDARD_IA") == makes, op
        assert (headers.get("x-amz-server-side-encryption") == "aws:kms") == makes, op
        assert (headers.get("x-amz-server-side-encryption-aws-kms-key-id") == "key-1") == makes, op
        assert headers["x-amz-request-payer"] == "requester", op
        for name in headers:
            if name.startswith("x-amz-"):
                assert name in headers["authorization"], f"{name} of {op} is not signed"


def test_who_copies_out_of_a_bucket_whose_readers_pay_agrees_to_pay(drivers):
    copied = Answer(200, document("CopyObjectResult", ETag="&quot;e&quot;"))
    source = {"from": "paid", "from_key": "s"}
    with Scripted(copied, copied) as server:
        opened(drivers, server, driver="s3", bucketName="target")
        opened(drivers, server, driver="s3", store="paid", requesterPays=True)
        drivers.ok("copy", store="a", key="k", **source)
        drivers.ok("mpu_copy_part", store="a", key="k", upload_id="U", number=1, offset=0, length=1, **source)
    assert [asked.headers.get("x-amz-request-payer") for asked in server.asked] == ["requester"] * 2


def test_plain_options_add_nothing(drivers):
    for op, headers in headers_of_every_kind(drivers, serverSideEncryption="none").items():
        extra = [name for name in headers if "encryption" in name or "class" in name or "payer" in name]
        assert extra == [], op


def test_customer_key(drivers, tmp_path):
    import ssl

    from testbed.tls import Certificates

    certificates = Certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.certificate, certificates.server.key)
    seen = headers_of_every_kind(
        drivers, tls=context, useSSL=True, caFile=certificates.authority.certificate, customerKey=CUSTOMER_KEY
    )
    digest = base64.b64encode(hashlib.md5(bytes(range(32))).digest()).decode()
    without = ("mpu_abort", "list", "remove", "remove_many")
    for op, headers in seen.items():
        prefix = "x-amz-server-side-encryption-customer-"
        assert (headers.get(prefix + "key") == CUSTOMER_KEY) == (op not in without), op
        assert (headers.get(prefix + "key-md5") == digest) == (op not in without), op
        assert (headers.get(prefix + "algorithm") == "AES256") == (op not in without), op
        source = "x-amz-copy-source-server-side-encryption-customer-key"
        assert (headers.get(source) == CUSTOMER_KEY) == (op in ("copy", "mpu_copy_part")), op


@pytest.mark.parametrize(
    "change, named",
    [
        ({"customerKey": CUSTOMER_KEY}, "useSSL"),
        ({"customerKey": "c2hvcnQ=", "useSSL": True}, "customerKey"),
        ({"customerKey": "!" * 44, "useSSL": True}, "customerKey"),
        ({"customerKey": CUSTOMER_KEY, "useSSL": True, "serverSideEncryption": "AES256"}, "serverSideEncryption"),
        ({"kmsKeyID": "k"}, "serverSideEncryption"),
        ({"kmsKeyID": "k", "serverSideEncryption": "AES256"}, "serverSideEncryption"),
        ({"requesterPays": "dunno"}, "requesterPays"),
    ],
)
def test_options_that_do_not_go_together(drivers, change, named):
    answer = drivers.open("s3", {"address": "localhost", "bucketName": "b", **KEYS, **change})
    assert answer["status"] == "config" and named in answer["error"]["message"]
    assert CUSTOMER_KEY not in answer["error"]["message"]


# ------------------------------------------------------------------------------------------- Aliyun, Tencent and Huawei


@pytest.mark.parametrize(
    "driver, address, host, region",
    [
        ("aliyun", "oss-cn-hangzhou.aliyuncs.com", "b.oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou"),
        ("aliyun", "oss-cn-beijing-internal.aliyuncs.com", "b.oss-cn-beijing-internal.aliyuncs.com", "oss-cn-beijing"),
        ("tencent", "cos.ap-guangzhou.myqcloud.com", "b.cos.ap-guangzhou.myqcloud.com", "ap-guangzhou"),
        ("hwc", "obs.cn-north-4.myhuaweicloud.com", "b.obs.cn-north-4.myhuaweicloud.com", "cn-north-4"),
    ],
)
def test_virtual_hosts_and_plain_bodies(drivers, driver, address, host, region):
    with Scripted(STORED, STORED) as proxy:
        through(drivers, proxy, driver, address=address)
        assert drivers.ok("put", store="a", key="k", data=b"1", crc32c=True)["etag"] == "E1"
        through(drivers, proxy, driver, address=address, region="other", store="configured")
        drivers.ok("put", store="configured", key="k", data=b"1")
    asked, configured = proxy.asked
    assert asked.headers["host"] == host and asked.target == f"http://{host}/k"
    assert region_of(asked) == region and region_of(configured) == "other"
    assert asked.body == b"1"
    assert not any("checksum" in name or "chunked" in value for name, value in asked.headers.items())


@pytest.mark.parametrize(
    "driver, address",
    [
        ("aliyun", "oss-accelerate.aliyuncs.com"),
        ("aliyun", "oss-accelerate-overseas.aliyuncs.com"),
        ("tencent", "cos.accelerate.myqcloud.com"),
        ("hwc", "obs.myhuaweicloud.com"),
    ],
)
def test_a_host_of_all_regions_tells_none(drivers, driver, address):
    location = Answer(200, b"<LocationConstraint>cn-here-1</LocationConstraint>")
    with Scripted(location, Answer(204)) as proxy:
        through(drivers, proxy, driver, address=address)
        drivers.ok("remove", store="a", key="k")
    assert "location" in proxy.asked[0].query
    assert region_of(proxy.asked[1]) == "cn-here-1"


@pytest.mark.parametrize("driver", VIRTUAL)
def test_a_number_cannot_carry_a_bucket_in_front(drivers, driver):
    answer = drivers.open(driver, {"address": "10.0.0.1", "bucketName": "b", **KEYS})
    assert answer["status"] == "config" and "address" in answer["error"]["message"]


@pytest.mark.parametrize("driver", VIRTUAL)
def test_an_overwrite_that_only_some_buckets_refuse_is_not_promised(drivers, driver):
    """Buckets with versions ignore the header of OSS and COS; OBS has none."""
    with Scripted() as server:
        answer = opened(drivers, server, driver=driver, address="oss.localhost")
        assert not answer["caps"] & IF_ABSENT
        drivers.fails("unsupported", "put", store="a", key="k", data=b"1", if_absent=True)


@pytest.mark.parametrize(
    "driver, status, code, wanted",
    [
        ("aliyun", 403, "SecondLevelDomainForbidden", "config"),
        ("aliyun", 503, "DownloadTrafficRateLimitExceeded", "throttled"),
        ("tencent", 403, "PathStyleDomainForbidden", "config"),
        ("tencent", 503, "SlowDown", "throttled"),
        ("hwc", 403, "InArrearOrInsufficientBalance", "forbidden"),
    ],
)
def test_codes_of_their_own(drivers, driver, status, code, wanted):
    with Scripted(fault(status, code)) as server:
        opened(drivers, server, driver=driver, address="oss.localhost")
        drivers.fails(wanted, "get", store="a", key="k")


@pytest.mark.parametrize("driver", VIRTUAL)
def test_an_error_inside_of_200_on_copy(drivers, driver):
    with Scripted(fault(200, "InternalError")) as server:
        opened(drivers, server, driver=driver, address="oss.localhost")
        drivers.fails("unavailable", "copy", store="a", key="k", from_key="x", **{"from": "a"})
    assert server.asked[0].headers["x-amz-copy-source"] == "/b/x"
    assert not any("checksum" in name for name in server.asked[0].headers)


# --------------------------------------------------------------------------------------------------------------- Google


def test_google_with_hmac_keys(drivers):
    with Scripted(STORED, STORED) as proxy:
        answer = through(drivers, proxy, "gcp", address="storage.googleapis.com", region="us-west1")
        assert not answer["caps"] & IF_ABSENT
        drivers.ok("put", store="a", key="k", data=b"1", crc32c=True)
        through(drivers, proxy, "gcp", address="gcs.example.com", store="own")
        drivers.ok("put", store="own", key="k", data=b"1")
    assert proxy.asked[0].target == "http://b.storage.googleapis.com/k"
    assert proxy.asked[1].target == "http://gcs.example.com/b/k"
    assert region_of(proxy.asked[0]) == "auto"
    assert not any(name.startswith("x-goog-") or "checksum" in name for name in proxy.asked[0].headers)


def test_google_with_a_token(drivers):
    copied = Answer(200, document("CopyObjectResult", ETag="&quot;e&quot;"))
    with Scripted(STORED, copied) as server:
        config = {"auth.sessionToken": "ya29.token", "auth.accessKeyID": "", "auth.secretAccessKey": ""}
        opened(drivers, server, driver="gcp", **config)
        drivers.ok("put", store="a", key="k", data=b"1", crc32c=True)
        drivers.ok("copy", store="a", key="k", from_key="s", **{"from": "a"})
    for asked in server.asked:
        assert asked.headers["authorization"] == "Bearer ya29.token"
        assert not any(name.startswith("x-amz-") for name in asked.headers)
    assert server.asked[1].headers["x-goog-copy-source"] == "/b/s"
