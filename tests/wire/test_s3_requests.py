"""The S3 protocol against a scripted server: what exactly is asked, and what is made of the answers."""

import base64
import hashlib
import re

import pytest

from wire.drivers import IF_ABSENT, keys
from wire.s3 import KEYS, document, fault, listing, opened, uploads
from wire.scripted import Answer, Scripted

EMPTY_HASH = hashlib.sha256(b"").hexdigest()


def test_open_asks_nobody_and_tells_the_place(drivers):
    with Scripted() as server:
        answer = opened(drivers, server)
        assert answer["location"] == "s3://b"
        assert answer["realm"] == f"http://127.0.0.1:{server.port}/b"
        assert answer["caps"] & IF_ABSENT
        assert server.connections == 0


@pytest.mark.parametrize(
    "config, realm",
    [
        ({"address": "S3.Example.COM", "port": 443, "useSSL": True}, "https://s3.example.com/b"),
        ({"address": "s3.example.com", "port": 80}, "http://s3.example.com/b"),
        ({"address": "s3.example.com"}, "http://s3.example.com/b"),
        ({"address": "::1", "port": 9000}, "http://[::1]:9000/b"),
        ({"address": "https://s3.example.com/", "useSSL": True}, "https://s3.example.com/b"),
    ],
)
def test_realm_is_normalised(drivers, config, realm):
    assert drivers.open("minio", {"bucketName": "b", **KEYS, **config})["realm"] == realm


@pytest.mark.parametrize(
    "change, named",
    [
        ({"address": ""}, "address"),
        ({"address": "https://x"}, "useSSL"),
        ({"port": "70000"}, "port"),
        ({"bucketName": ""}, "bucketName"),
        ({"bucketName": "a/b"}, "bucketName"),
        ({"bucketName": ".."}, "bucketName"),
        ({"useSSL": "perhaps"}, "useSSL"),
        ({"auth.accessKeyID": ""}, "auth.accessKeyID"),
        ({"auth.secretAccessKey": ""}, "auth.secretAccessKey"),
        ({"addressing": "sideways"}, "addressing"),
        ({"addressing": "virtual", "address": "10.0.0.1"}, "address"),
        ({"connectTimeout": "soon"}, "connectTimeout"),
        ({"idleTimeout": "-1s"}, "idleTimeout"),
        ({"clientCert": "/a.pem"}, "clientKey"),
    ],
)
def test_bad_configuration_names_the_key(drivers, change, named):
    answer = drivers.open("minio", {"address": "localhost", "bucketName": "b", **KEYS, **change})
    assert answer["status"] == "config"
    assert named in answer["error"]["message"]
    assert "topsecret" not in answer["error"]["message"]


def test_put_says_exactly_this(drivers):
    with Scripted(Answer(headers={"ETag": '"abc"'})) as server:
        opened(drivers, server)
        answer = drivers.ok("put", store="a", key="dir/a b+c%/\u00e9", data=b"hello", crc32c=True)
    assert answer["etag"] == "abc" and answer["size"] == 5
    (asked,) = server.asked
    assert asked.method == "PUT"
    assert asked.target == "/b/dir/a%20b%2Bc%25/%C3%A9"
    assert asked.body == b"hello"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"
    assert asked.headers["content-length"] == "5"
    assert asked.headers["content-type"] == "application/octet-stream"
    assert asked.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert asked.headers["x-amz-checksum-crc32c"] == base64.b64encode(bytes.fromhex("9a71bb4c")).decode()
    assert asked.headers["user-agent"] == "drive/1"
    assert re.fullmatch(r"\d{8}T\d{6}Z", asked.headers["x-amz-date"])
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AK/\d{8}/us-east-1/s3/aws4_request, "
        r"SignedHeaders=content-type;host;x-amz-checksum-crc32c;x-amz-content-sha256;x-amz-date, "
        r"Signature=[0-9a-f]{64}",
        asked.headers["authorization"],
    )
    for absent in ("expect", "transfer-encoding", "content-encoding", "x-amz-trailer", "accept-encoding"):
        assert absent not in asked.headers


def test_session_token_is_sent_and_signed(drivers):
    with Scripted(Answer(headers={"ETag": '"x"'})) as server:
        opened(drivers, server, **{"auth.sessionToken": "TOKEN"})
        drivers.ok("put", store="a", key="k", data=b"1")
    assert server.asked[0].headers["x-amz-security-token"] == "TOKEN"
    assert "x-amz-security-token," in server.asked[0].headers["authorization"].replace(", Sig", ",")


def test_content_type_and_unknown_size(drivers):
    with Scripted(Answer(headers={"ETag": '"x"'})) as server:
        opened(drivers, server)
        answer = drivers.ok("put", store="a", key="k", data=b"123456", unknown_size=True, content_type="text/plain")
    assert answer["size"] == 6
    assert server.asked[0].headers["content-type"] == "text/plain"
    assert server.asked[0].headers["content-length"] == "6"
    assert server.asked[0].body == b"123456"


def test_stat(drivers):
    headers = {
        "Content-Length": 7,
        "ETag": '"ABC"',
        "Last-Modified": "Thu, 29 Feb 2024 12:30:00 GMT",
        "x-amz-checksum-crc32c": "mnG7TA==",
    }
    with Scripted(Answer(headers=headers)) as server:
        opened(drivers, server)
        answer = drivers.ok("stat", store="a", key="k")
    assert answer["size"] == 7 and answer["etag"] == "ABC" and answer["mtime_ns"] == 1709209800 * 10**9
    assert answer["crc32c"] == 0x9A71BB4C
    assert server.asked[0].method == "HEAD" and server.asked[0].target == "/b/k"
    assert server.asked[0].headers["x-amz-content-sha256"] == EMPTY_HASH


@pytest.mark.parametrize("extra", [{"x-amz-checksum-crc32c": "mnG7TA==-3"}, {"x-amz-checksum-type": "COMPOSITE"}])
def test_checksum_of_parts_is_not_that_of_the_object(drivers, extra):
    with Scripted(Answer(headers={"Content-Length": 7, "x-amz-checksum-crc32c": "mnG7TA==", **extra})) as server:
        opened(drivers, server)
        assert "crc32c" not in drivers.ok("stat", store="a", key="k")


def test_ranged_get(drivers):
    part = Answer(206, b"23456", {"Content-Range": "bytes 2-6/10", "ETag": '"e1"'})
    with Scripted(part, Answer(200, b"0123456789", {"ETag": '"e1"'})) as server:
        opened(drivers, server)
        answer = drivers.ok("get", store="a", key="k", offset=2, length=5, if_match="E1")
        assert answer["data"] == b"23456" and answer["size"] == 10
        answer = drivers.ok("get", store="a", key="k")
        assert answer["data"] == b"0123456789" and answer["size"] == 10
    assert server.asked[0].headers["range"] == "bytes=2-6"
    assert server.asked[0].headers["if-match"] == '"E1"'
    assert "range" not in server.asked[1].headers


def test_get_past_the_end_has_no_bytes(drivers):
    stat = Answer(headers={"Content-Length": 3, "ETag": '"e"'})
    with Scripted(fault(416, "InvalidRange"), stat) as server:
        opened(drivers, server)
        answer = drivers.ok("get", store="a", key="k", offset=3, length=5)
    assert answer["received"] == 0 and answer["size"] == 3


@pytest.mark.parametrize(
    "answer, wanted",
    [
        (Answer(206, b"xxxxx", {"Content-Range": "bytes 0-4/10"}), "protocol"),  # another range
        (Answer(206, b"xxx", {"Content-Range": "bytes 2-4/10"}), "protocol"),  # a shorter one
        (Answer(206, b"xxxxx", {"Content-Range": "bytes 9-6/99999999999999999999999"}), "protocol"),
        (Answer(206, b"xxxxx"), "protocol"),
        (Answer(200, b"0123456789"), "protocol"),  # ranges are not known there
        (Answer(206, b"xxxxx", {"Content-Range": "bytes 2-6/10", "ETag": '"other"'}), "exists"),
        (fault(412, "PreconditionFailed"), "exists"),
    ],
)
def test_a_wrong_part_never_reaches_the_reader(drivers, answer, wanted):
    with Scripted(answer) as server:
        opened(drivers, server)
        failed = drivers.call("get", store="a", key="k", offset=2, length=5, if_match="e1")
    assert failed["status"] == wanted, failed
    assert failed["received"] == 0


def test_list_pages(drivers):
    pages = [
        listing("p/a+b", "p/c%2Bd", token="T&1"),
        listing(truncated=True, token="T2"),  # an empty page in the middle
        listing("p/e%0Af", prefixes=["p/d/"]),
    ]
    with Scripted(*pages) as server:
        opened(drivers, server)
        answer = drivers.ok("list", store="a", prefix="p/", delimiter="/", page_size=2)
    assert keys(answer) == ["p/a b", "p/c+d", "p/d/", "p/e\nf"]
    assert answer["status"] == "end"
    first = answer["pages"][0]["entries"][1]
    assert first["etag"] == "e1" and first["size"] == 1 and first["mtime_ns"] == 1709209800 * 10**9
    assert [entry["prefix"] for entry in answer["pages"][1]["entries"]] == [True, False]
    common = {"list-type": "2", "encoding-type": "url", "prefix": "p/", "delimiter": "/", "max-keys": "2"}
    assert server.asked[0].path == "/b/"
    assert [asked.query for asked in server.asked] == [
        common,
        {**common, "continuation-token": "T&1"},
        {**common, "continuation-token": "T2"},
    ]


def test_list_resumes_from_a_token(drivers):
    with Scripted(listing("a", token="T1"), listing("b")) as server:
        opened(drivers, server)
        token = drivers.ok("list", store="a", max_pages=1)["pages"][0]["token"]
        assert keys(drivers.ok("list", store="a", token=token)) == ["b"]
    assert server.asked[1].query["continuation-token"] == "T1"


def test_list_goes_on_after_the_last_key_without_a_token(drivers):
    with Scripted(listing("a", "b%2B", truncated=True), listing("c")) as server:
        opened(drivers, server)
        assert keys(drivers.ok("list", store="a")) == ["a", "b+", "c"]
    assert server.asked[1].query["start-after"] == "b+"


@pytest.mark.parametrize(
    "pages",
    [
        [listing("a", token="T"), listing("a", token="T")],
        [listing("a", truncated=True), listing("a", truncated=True)],
        [listing(truncated=True)],
        [listing("a%zz")],
        [Answer(200, b"<html><body>hello</body></html>")],
        [Answer(200, b"<ListBucketResult><Contents><Key>a</Key>")],
        [Answer(200, b"<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>")],
        [Answer(200, b"<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>")],
        [Answer(200, b'<!DOCTYPE x [<!ENTITY e "e">]><ListBucketResult>&e;</ListBucketResult>')],
        [Answer(200, b"")],
    ],
)
def test_a_senseless_listing_is_told(drivers, pages):
    with Scripted(*pages) as server:
        opened(drivers, server)
        drivers.fails("protocol", "list", store="a")


def test_list_of_keys_that_are_not_encoded(drivers):
    with Scripted(listing("a+b%20c", encoded=False)) as server:
        opened(drivers, server)
        assert keys(drivers.ok("list", store="a")) == ["a+b%20c"]


def test_remove(drivers):
    with Scripted(Answer(204), Answer(200), fault(404, "NoSuchKey"), fault(404, "NoSuchBucket")) as server:
        opened(drivers, server)
        for _ in range(3):
            drivers.ok("remove", store="a", key="k")
        drivers.fails("no_bucket", "remove", store="a", key="k")
    assert server.asked[0].method == "DELETE" and server.asked[0].target == "/b/k"


def test_remove_many(drivers):
    answer = document(
        "DeleteResult",
        Error="<Key>b&lt;</Key><Code>AccessDenied</Code><Message>no</Message>",
    )
    with Scripted(Answer(200, answer), Answer(204)) as server:
        opened(drivers, server)
        failed = drivers.call("remove_many", store="a", keys=["a", "b<", "c\n"])
        assert failed["status"] == "forbidden"
        assert failed["done"] == [True, False, True]
        assert "1 of 3 keys were not removed, first 'b<'" in failed["error"]["message"]
    (asked,) = server.asked
    assert asked.method == "POST" and asked.target == "/b/?delete="
    assert asked.body == (
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet><Object><Key>a</Key></Object>'
        b"<Object><Key>b&#60;</Key></Object><Object><Key>c&#10;</Key></Object></Delete>"
    )
    assert asked.headers["content-md5"] == base64.b64encode(hashlib.md5(asked.body).digest()).decode()
    assert asked.headers["x-amz-content-sha256"] == hashlib.sha256(asked.body).hexdigest()


@pytest.mark.parametrize(
    "answer, wanted",
    [
        (document("DeleteResult", Error="<Key>A%20B</Key><Code>AccessDenied</Code>"), "forbidden"),  # of which key?
        (document("DeleteResult", Error="<Key>a b</Key><Code>AccessDenied</Code>")[:-8], "protocol"),  # what else?
        (document("DeleteResult", Error="<Code>AccessDenied</Code>"), "forbidden"),
    ],
)
def test_no_key_counts_as_removed_when_one_failed_and_nobody_knows_which(drivers, answer, wanted):
    with Scripted(Answer(200, answer)) as server:
        opened(drivers, server)
        failed = drivers.call("remove_many", store="a", keys=["a b", "c"])
    assert failed["status"] == wanted and failed["done"] == [False, False]


def test_keys_that_xml_cannot_carry_are_removed_one_by_one(drivers):
    with Scripted(Answer(200, document("DeleteResult")), Answer(204)) as server:
        opened(drivers, server)
        assert drivers.ok("remove_many", store="a", keys=["a", "b\x01"])["done"] == [True, True]
    assert b"\x01" not in server.asked[0].body
    assert server.asked[1].method == "DELETE" and server.asked[1].target == "/b/b%01"


def test_remove_many_that_fails_as_a_whole(drivers):
    gone = document("DeleteResult", Error="<Key>a</Key><Code>NoSuchKey</Code>")
    inside = fault(200, "InternalError")
    with Scripted(fault(403, "AccessDenied"), inside, Answer(200, gone)) as server:
        opened(drivers, server)
        assert drivers.call("remove_many", store="a", keys=["a"])["done"] == [False]
        failed = drivers.call("remove_many", store="a", keys=["a"])
        assert failed["status"] == "unavailable" and failed["done"] == [False]
        assert drivers.ok("remove_many", store="a", keys=["a"])["done"] == [True]


def test_copy(drivers):
    result = document("CopyObjectResult", ETag="&quot;e2&quot;", LastModified="2024-02-29T12:30:00Z")
    with Scripted(Answer(200, result)) as server:
        opened(drivers, server)
        opened(drivers, server, store="src", bucketName="other")
        assert drivers.ok("can_copy", store="a", **{"from": "src"})["can"]
        answer = drivers.ok("copy", store="a", key="k", from_key="x/a b+\u00e9", **{"from": "src"})
    assert answer["etag"] == "e2"
    (asked,) = server.asked
    assert asked.method == "PUT" and asked.target == "/b/k"
    assert asked.headers["x-amz-copy-source"] == "/other/x/a%20b%2B%C3%A9"
    assert asked.headers["x-amz-checksum-algorithm"] == "CRC32C"
    assert asked.headers["content-length"] == "0"


@pytest.mark.parametrize(
    "told, wanted",
    [
        ({"ChecksumCRC32C": "mnG7TA=="}, 0x9A71BB4C),
        ({"ChecksumCRC32C": "AQIDBA=="}, 0x01020304),  # of whatever bytes: it is handed on as it is told
        ({"ChecksumCRC32C": "mnG7TA==", "ChecksumType": "FULL_OBJECT"}, 0x9A71BB4C),
        ({"ChecksumType": "COMPOSITE", "ChecksumCRC32C": "mnG7TA=="}, None),
        ({"ChecksumCRC32C": "mnG7TA==-3"}, None),
        ({"ChecksumCRC32C": ""}, None),
        ({"ChecksumCRC64NVME": "mnG7TA=="}, None),
    ],
)
def test_the_checksum_that_a_copy_tells(drivers, told, wanted):
    with Scripted(Answer(200, document("CopyObjectResult", ETag="e", **told))) as server:
        opened(drivers, server)
        answer = drivers.ok("copy", store="a", key="k", from_key="x", **{"from": "a"})
    assert answer.get("crc32c") == wanted


def test_no_copy_between_two_services(drivers):
    with Scripted() as server, Scripted() as other:
        opened(drivers, server)
        opened(drivers, other, store="src")
        assert not drivers.ok("can_copy", store="a", **{"from": "src"})["can"]
        drivers.fails("unsupported", "copy", store="a", key="k", from_key="x", **{"from": "src"})
        assert server.connections + other.connections == 0


@pytest.mark.parametrize(
    "answer, wanted",
    [
        (fault(400, "InvalidRequest"), "unsupported"),  # from another region
        (Answer(413), "unsupported"),
        (fault(400, "InvalidArgument", 'checksum missing, want "CRC32C", got ""'), "unsupported"),  # MinIO
        (fault(411, "MissingContentLength"), "unsupported"),  # gofakes3
        (fault(416, "InvalidRange"), "unsupported"),
        (Answer(409, b"<html>not here"), "unsupported"),
        (fault(412, "PreconditionFailed"), "unsupported"),
        (fault(405, "MethodNotAllowed"), "unsupported"),
        (fault(403, "AccessDenied"), "forbidden"),
        (fault(404, "NoSuchKey"), "not_found"),
        (fault(404, "NoSuchUpload"), "not_found"),
    ],
)
def test_a_copy_that_the_service_declines_is_for_the_host_to_stream(drivers, answer, wanted):
    with Scripted(rule=lambda asked: answer) as server:
        opened(drivers, server)
        source = {"store": "a", "key": "k", "from": "a", "from_key": "x"}
        assert not drivers.fails(wanted, "copy", **source)["retryable"]
        drivers.fails(wanted, "mpu_copy_part", **source, upload_id="U", number=1, offset=0, length=1)


@pytest.mark.parametrize(
    "body, wanted",
    [
        (fault(200, "InternalError").body, "unavailable"),
        (fault(200, "SlowDown").body, "throttled"),
        (fault(200, "AccessDenied").body, "forbidden"),
        (fault(200, "SomethingNew").body, "unavailable"),
        (b"  \n  ", "unavailable"),
        (b"", "unavailable"),
        (b"<CopyObjectResult><ETag>", "protocol"),
        (b"<html/>", "protocol"),
    ],
)
def test_an_error_inside_of_200_on_copy(drivers, body, wanted):
    with Scripted(Answer(200, body)) as server:
        opened(drivers, server)
        error = drivers.fails(wanted, "copy", store="a", key="k", from_key="x", **{"from": "a"})
        assert error["ambiguous"] == (wanted != "protocol" or body == b"<html/>")


def test_multipart(drivers):
    begun = document("InitiateMultipartUploadResult", UploadId="U&amp;1")
    copied = document("CopyPartResult", ETag="&quot;p2&quot;", ChecksumCRC32C="AAAAAA==")
    done = document("CompleteMultipartUploadResult", ETag="&quot;whole-2&quot;")
    checked = {"ETag": '"p1"', "x-amz-checksum-crc32c": "mnG7TA=="}
    slow = Answer(200, pauses=[(0, b'<?xml version="1.0"?>\n'), (0.2, b" \n"), (0.2, b" "), (0, done[21:])])
    with Scripted(Answer(200, begun), Answer(headers=checked), Answer(200, copied), slow) as server:
        opened(drivers, server, idleTimeout="1s")
        upload = drivers.ok("mpu_begin", store="a", key="k")["upload_id"]
        assert upload == "U&1"
        same = {"store": "a", "key": "k", "upload_id": upload}
        first = drivers.ok("mpu_part", **same, number=1, data=b"hello", crc32c=True)["part"]
        second = drivers.ok(
            "mpu_copy_part", **same, number=2, from_key="s", offset=5, length=10, **{"from": "a"}
        )["part"]
        assert first == {"number": 1, "size": 5, "receipt": "p1 mnG7TA=="}
        assert second == {"number": 2, "size": 10, "receipt": "p2 AAAAAA=="}
        answer = drivers.ok("mpu_complete", **same, parts=[first, second])
        assert answer["etag"] == "whole-2" and answer["size"] == 15
    begin, part, copy, complete = server.asked
    assert (begin.method, begin.target) == ("POST", "/b/k?uploads=")
    assert begin.headers["x-amz-checksum-algorithm"] == "CRC32C"
    assert (part.method, part.query) == ("PUT", {"partNumber": "1", "uploadId": "U&1"})
    assert copy.headers["x-amz-copy-source"] == "/b/s" and copy.headers["x-amz-copy-source-range"] == "bytes=5-14"
    assert (complete.method, complete.target) == ("POST", "/b/k?uploadId=U%261")
    assert complete.body == (
        b'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<Part><PartNumber>1</PartNumber><ETag>&#34;p1&#34;</ETag><ChecksumCRC32C>mnG7TA==</ChecksumCRC32C></Part>"
        b"<Part><PartNumber>2</PartNumber><ETag>&#34;p2&#34;</ETag><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C></Part>"
        b"</CompleteMultipartUpload>"
    )


def test_an_upload_of_copied_parts_announces_no_checksums(drivers):
    begun = Answer(200, document("InitiateMultipartUploadResult", UploadId="U"))
    with Scripted(begun, begun) as server:
        opened(drivers, server)
        drivers.ok("mpu_begin", store="a", key="k", parts_copied=True)
        drivers.ok("mpu_begin", store="a", key="k")
    assert ["x-amz-checksum-algorithm" in asked.headers for asked in server.asked] == [False, True]


def test_a_part_without_a_checksum_gets_one(drivers):
    with Scripted(Answer(headers={"ETag": '"p"'})) as server:
        opened(drivers, server)
        drivers.ok("mpu_part", store="a", key="k", upload_id="U", number=1, data=b"hello", no_rewind=True)
    assert server.asked[0].headers["x-amz-checksum-crc32c"] == "mnG7TA=="
    assert server.asked[0].body == b"hello"


def test_an_upload_in_parts_does_not_pretend_to_spare_what_is_there(drivers):
    with Scripted() as server:
        opened(drivers, server)
        drivers.fails("unsupported", "mpu_begin", store="a", key="k", if_absent=True)
    assert server.asked == []


def test_parts_out_of_order_are_refused_here(drivers):
    parts = [{"number": 2, "size": 1, "receipt": "a"}, {"number": 1, "size": 1, "receipt": "b"}]
    with Scripted() as server:
        opened(drivers, server)
        drivers.fails("invalid", "mpu_complete", store="a", key="k", upload_id="U", parts=parts)
        drivers.fails("invalid", "mpu_complete", store="a", key="k", upload_id="U", parts=[])
        assert server.connections == 0


@pytest.mark.parametrize(
    "answer, wanted",
    [
        (fault(200, "InternalError"), "unavailable"),
        (Answer(200, b"\n  \n " + fault(200, "AccessDenied").body), "forbidden"),
        (Answer(200, b"   "), "unavailable"),
        (fault(404, "NoSuchUpload"), "not_found"),
        (fault(400, "InvalidPart"), "invalid"),
        (Answer(200, pauses=[(0, b"  "), (0, b" ")], cut_after=0), "unavailable"),
    ],
)
def test_complete_that_fails_after_200(drivers, answer, wanted):
    parts = [{"number": 1, "size": 1, "receipt": "a"}]
    with Scripted(answer) as server:
        opened(drivers, server)
        drivers.fails(wanted, "mpu_complete", store="a", key="k", upload_id="U", parts=parts)


def test_abort_of_what_is_not_there(drivers):
    with Scripted(Answer(204), fault(404, "NoSuchUpload")) as server:
        opened(drivers, server)
        drivers.ok("mpu_abort", store="a", key="k", upload_id="U")
        drivers.ok("mpu_abort", store="a", key="k", upload_id="U")
    assert (server.asked[0].method, server.asked[0].target) == ("DELETE", "/b/k?uploadId=U")


def test_uploads_are_listed_over_pages(drivers):
    more = uploads(("p/a+1", "U1"), ("q/other", "U9"), IsTruncated="true", NextKeyMarker="p/a+1", NextUploadIdMarker="U1")
    with Scripted(more, uploads(("p/b", "U2"), IsTruncated="false")) as server:
        opened(drivers, server, driver="s3")
        found = drivers.ok("mpu_list", store="a", prefix="p/")["uploads"]
    assert [(one["key"], one["upload_id"]) for one in found] == [("p/a 1", "U1"), ("p/b", "U2")]
    assert found[0]["begun_ns"] == 1709209800 * 10**9
    assert server.asked[0].query == {"uploads": "", "encoding-type": "url", "prefix": "p/"}
    assert server.asked[1].query["key-marker"] == "p/a 1" and server.asked[1].query["upload-id-marker"] == "U1"


@pytest.mark.parametrize("driver, asks", [("minio", {}), ("s3", {"prefix": "p/"})])
def test_uploads_elsewhere_are_passed_over(drivers, driver, asks):
    page = uploads(("a", "U1"), ("p", "U2"), ("p/a/b", "U3"), ("pp/c", "U4"), ("q/p/", "U5"))
    with Scripted(page) as server:
        opened(drivers, server, driver=driver)
        found = drivers.ok("mpu_list", store="a", prefix="p/")["uploads"]
    assert [(one["key"], one["upload_id"]) for one in found] == [("p/a/b", "U3")]
    assert [asked.query for asked in server.asked] == [{"uploads": "", "encoding-type": "url", **asks}]


def test_uploads_of_one_key_are_asked_for_apart_where_the_prefix_is_taken_for_a_key(drivers):
    of_key = uploads(("p/a", "U1"), ("p/a", "U2"), ("p/ab", "U3"))
    with Scripted(of_key, uploads(("p/a", "U1"), ("p/ab", "U3"), ("q", "U4"))) as server:
        opened(drivers, server)
        found = drivers.ok("mpu_list", store="a", prefix="p/a")["uploads"]
    assert [one["upload_id"] for one in found] == ["U1", "U2", "U3"]
    assert [asked.query.get("prefix") for asked in server.asked] == ["p/a", None]


def test_a_list_of_uploads_that_does_not_get_on_is_no_list(drivers):
    again = uploads(("p/a", "U1"), IsTruncated="true", NextKeyMarker="p/a", NextUploadIdMarker="U1")
    with Scripted(rule=lambda asked: again) as server:
        opened(drivers, server)
        drivers.fails("protocol", "mpu_list", store="a", prefix="p/", timeout_ms=5000)
    assert len(server.asked) == 2


def test_listing_uploads_stops_when_told(drivers):
    with Scripted(uploads(("p/a", "U1"), ("p/b", "U2"))) as server:
        opened(drivers, server)
        answer = drivers.call("mpu_list", store="a", prefix="p/", stop_after=1)
    assert answer["status"] == "callback" and len(answer["uploads"]) == 1
