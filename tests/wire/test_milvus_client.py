"""The Milvus client against a fake server: headers, retries, errors, TLS, cancellation, the HTTP calls."""

import base64
import json
import os
import subprocess
import time
from pathlib import Path

import grpc
import pytest
from pymilvus.grpc_gen import common_pb2, milvus_pb2, schema_pb2
from testbed.components import ROOT
from testbed.program import SANITIZER_OPTIONS
from testbed.tls import Certificates

from wire.fake_milvus import RATE_LIMIT, Abort, FakeMilvus, Hang, status

PASSWORD = "S3cret-pass/word"


def find_client():
    for preset in ("asan", "debug"):
        path = ROOT / "build" / preset / "tests" / "milvus_client"
        if path.is_file():
            return path
    raise FileNotFoundError("build the target milvus_client first")


class Outcome:
    def __init__(self, result, log):
        self.code = result.returncode
        self.err = result.stderr
        self.lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.text = result.stdout + result.stderr + (log.read_text() if log.exists() else "")

    @property
    def error(self):
        assert self.code == 1, self.text
        return self.lines[-1]["error"]


@pytest.fixture
def call(tmp_path):
    """Runs the client program; keywords become MB_... variables."""

    def run(port, *arguments, address="127.0.0.1", **variables):
        log = tmp_path / "client.log"
        names = {f"MB_{key.upper()}": str(value) for key, value in variables.items()}
        environment = {**os.environ, **SANITIZER_OPTIONS, "MB_LOG": str(log), **names}
        environment.pop("GRPC_VERBOSITY", None)
        command = [find_client(), address, str(port), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
        assert result.returncode in (0, 1), result.stderr
        assert result.stderr == "", "nothing goes to stderr by itself"
        return Outcome(result, log)

    return run


@pytest.fixture
def fake():
    with FakeMilvus() as server:
        yield server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls"))


def described(**fields):
    schema = schema_pb2.CollectionSchema(name="c", fields=[schema_pb2.FieldSchema(fieldID=100, name="id", data_type=5)])
    return milvus_pb2.DescribeCollectionResponse(schema=schema, collectionID=7, **fields)


# --- headers and start-up -------------------------------------------------------------------------------------------


def test_headers(fake, call):
    fake.answers["DescribeCollection"] = [described()]
    call(fake.port, "describe", "sales", "c", user="root", password=PASSWORD)
    _, first = fake.of("Connect")
    request, headers = fake.of("DescribeCollection")
    assert first["authorization"] == base64.b64encode(f"root:{PASSWORD}".encode()).decode()
    assert "identifier" not in first and "dbname" not in first
    assert headers["identifier"] == "4711"
    assert headers["dbname"] == "sales"
    assert headers["authorization"] == first["authorization"]
    assert request.db_name == "" and request.collection_name == "c"


def test_introduction(fake, call):
    result = call(fake.port, "info", user="root")
    request, _ = fake.of("Connect")
    assert request.client_info.sdk_type == "BackupToolCustomSDK"
    assert request.client_info.user == "root"
    assert request.client_info.host
    assert result.lines == [{"version": "v2.3.5", "databases": True, "renames": True, "jobs": False}]
    assert fake.count("GetVersion") == 0


def test_no_header_without_user(fake, call):
    call(fake.port, "info")
    assert "authorization" not in fake.of("Connect")[1]


def test_server_without_connect_and_databases(fake, call):
    unknown = Abort(grpc.StatusCode.UNIMPLEMENTED, "unknown method")
    fake.answers["Connect"] = fake.answers["ListDatabases"] = unknown
    fake.answers["GetVersion"] = [milvus_pb2.GetVersionResponse(version="2.2.3")]
    result = call(fake.port, "info", "--", "databases", "--", "create-database", "x")
    assert result.lines[0] == {"version": "2.2.3", "databases": False, "renames": False, "jobs": False}
    assert result.lines[1] == ["default"]
    assert "knows no databases" in result.error


def test_unclear_build_tags_ask_for_the_version(call):
    with FakeMilvus(build_tags="master-20240101-abcdef") as fake:
        fake.answers["GetVersion"] = [milvus_pb2.GetVersionResponse(version="2.4-20240101-abc")]
        result = call(fake.port, "info")
    assert result.lines[0] == {"version": "2.4-20240101-abc", "databases": True, "renames": True, "jobs": True}


# --- retries ------------------------------------------------------------------------------------------------------------


def test_rate_limit_is_waited_for(fake, call):
    fake.answers["DescribeCollection"] = [described()]
    fake.answers["CreateCollection"] = [RATE_LIMIT, RATE_LIMIT, status()]
    assert call(fake.port, "clone", "default", "c", "d").code == 0
    assert fake.count("CreateCollection") == 3


def test_other_errors_are_final(fake, call):
    fake.answers["DescribeCollection"] = [described()]
    fake.answers["CreateCollection"] = [status(code=65535, error_code=1, reason="invalid dimension")]
    result = call(fake.port, "clone", "default", "c", "d")
    assert result.error == "create collection default.d: invalid dimension"
    assert fake.count("CreateCollection") == 1


def test_unavailable_is_tried_again(fake, call):
    gone = Abort(grpc.StatusCode.UNAVAILABLE, "leader changed")
    fake.answers["DescribeCollection"] = [gone, gone, described()]
    assert call(fake.port, "describe", "default", "c").lines[0]["id"] == 7


def test_import_is_never_made_twice(fake, call):
    fake.answers["Import"] = [Abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")]
    result = call(fake.port, "import", "default", "c", "p", "insert_log/1/2/")
    assert "import into default.c" in result.error
    assert fake.count("Import") == 1


def test_import_that_was_turned_away_is_tried_again(fake, call):
    fake.answers["Import"] = [
        milvus_pb2.ImportResponse(status=RATE_LIMIT),
        milvus_pb2.ImportResponse(tasks=[5]),
    ]
    fake.answers["GetImportState"] = [
        milvus_pb2.GetImportStateResponse(state=2),
        Abort(grpc.StatusCode.UNAVAILABLE, "one poll that fails is no failed import"),
        milvus_pb2.GetImportStateResponse(status=status(code=65535, error_code=1, reason="etcd is slow")),
        milvus_pb2.GetImportStateResponse(
            state=6, row_count=9, infos=[common_pb2.KeyValuePair(key="progress_percent", value="100")]
        ),
    ]
    result = call(fake.port, "import", "sales", "c", "p", "insert/1/", "delta/1/")
    request, headers = [(r, h) for m, r, h in fake.calls if m == "Import"][-1]
    assert list(request.files) == ["insert/1/", "delta/1/"]
    assert {o.key: o.value for o in request.options} == {"backup": "true", "skip_disk_quota_check": "true"}
    assert (request.collection_name, request.partition_name, headers["dbname"]) == ("c", "p", "sales")
    assert result.lines[0]["state"] == "Completed" and result.lines[0]["rows"] == 9


@pytest.mark.parametrize(("state", "phase"), [(1, 2), (7, 2), (5, 0), (6, 1)])
def test_import_states(fake, call, state, phase):
    fake.answers["GetImportState"] = [milvus_pb2.GetImportStateResponse(state=state)]
    assert call(fake.port, "import-state", "5").lines[0]["phase"] == phase


def test_unknown_import(fake, call):
    reason = "key not found[key=by-dev/meta/importtask/5]"
    fake.answers["GetImportState"] = [
        milvus_pb2.GetImportStateResponse(status=status(code=1000, error_code=1, reason=reason))
    ]
    assert call(fake.port, "import-state", "5").lines[0]["phase"] == 3
    assert fake.count("GetImportState") == 1


def test_segments_that_move(fake, call):
    moving = milvus_pb2.GetPersistentSegmentInfoResponse(
        status=status(code=65535, error_code=1, reason="segment is being compacted")
    )
    segment = milvus_pb2.PersistentSegmentInfo(segmentID=1, collectionID=2, partitionID=-1, num_rows=4, state=4)
    found = milvus_pb2.GetPersistentSegmentInfoResponse(infos=[segment])
    fake.answers["GetPersistentSegmentInfo"] = [moving, moving, found]
    assert call(fake.port, "segments", "default", "c").lines == [
        [{"id": 1, "partition": -1, "rows": 4, "state": 4, "level": 0}]
    ]


# --- limits -------------------------------------------------------------------------------------------------------------

FAST_LIMIT = status(code=8, error_code=49, reason="request is rejected: rate limit exceeded[rate=1000]")
OLD_LIMIT = status(error_code=49, reason="request is rejected by grpc RateLimiter middleware, req: x[rate=1000]")
SEGMENT = milvus_pb2.GetPersistentSegmentInfoResponse()


@pytest.mark.parametrize("limit", [FAST_LIMIT, OLD_LIMIT], ids=["2.3", "2.2"])
@pytest.mark.parametrize(
    ("method", "refused", "answer", "arguments"),
    [
        ("Flush", milvus_pb2.FlushResponse, milvus_pb2.FlushResponse(), ("flush", "default", "c")),
        ("CreateCollection", None, status(), ("clone", "default", "c", "d")),
        ("DescribeCollection", milvus_pb2.DescribeCollectionResponse, described(), ("describe", "default", "c")),
        ("GetPersistentSegmentInfo", milvus_pb2.GetPersistentSegmentInfoResponse, SEGMENT, ("segments", "default", "c")),
    ],
)
def test_a_limit_is_no_failure_however_long_it_lasts(fake, call, limit, method, refused, answer, arguments):
    fake.answers["DescribeCollection"] = [described()]
    fake.answers[method] = [refused(status=limit) if refused else limit] * 60 + [answer]
    assert call(fake.port, *arguments).code == 0
    assert fake.count(method) == 61


def test_failures_between_limits_are_counted_anew(fake, call):
    gone = Abort(grpc.StatusCode.UNAVAILABLE, "leader changed")
    fake.answers["DescribeCollection"] = [described()]
    fake.answers["CreateCollection"] = [*[gone, gone, gone, FAST_LIMIT] * 4, status()]
    assert call(fake.port, "clone", "default", "c", "d").code == 0


def test_a_limit_does_not_look_like_a_collection_that_is_not_loaded(fake, call):
    fake.answers["GetLoadingProgress"] = [
        milvus_pb2.GetLoadingProgressResponse(status=FAST_LIMIT),
        milvus_pb2.GetLoadingProgressResponse(progress=100),
    ]
    assert call(fake.port, "load", "default", "c").lines == [100]


def test_a_limit_of_nothing_at_all_is_told(fake, call):
    reason = "request is rejected by grpc RateLimiter middleware, please retry later: rate limit exceeded[rate=0]"
    fake.answers["Flush"] = [milvus_pb2.FlushResponse(status=status(code=8, error_code=49, reason=reason))]
    error = call(fake.port, "flush", "default", "c").error
    assert "quotaAndLimits.flushRate is 0" in error and fake.count("Flush") == 1


def test_a_message_that_is_too_large_is_no_limit(fake, call):
    fake.answers["ShowCollections"] = Abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "trying to send message larger than max")
    assert "larger than max" in call(fake.port, "collections", "default").error
    assert fake.count("ShowCollections") == 1


def test_limits_over_http(fake, call):
    """429 with and without a time to wait, and the code of a limit: the import is made once, when it is let in."""
    limit = (200, {"code": 1807, "message": "rate limit exceeded[rate=1000]"})
    done = (200, {"code": 0, "data": {"state": "Completed"}})
    fake.http = {
        "/v2/vectordb/jobs/import/create": [(429, b"slow down"), limit, (200, {"code": 0, "data": {"jobId": "99"}})],
        "/v2/vectordb/jobs/import/describe": [*[limit] * 30, (429, b"", {"Retry-After": "1"}), done],
    }
    start = time.monotonic()
    result = call(fake.port, "job", "d", "c", "p", "i/", "d/", rest=fake.web)
    assert result.lines[0]["job"] == "99"
    assert time.monotonic() - start > 1
    assert [path.rpartition("/")[2] for path, *_ in fake.http_calls] == ["create"] * 3 + ["describe"] * 32


# --- flush, load, indexes -----------------------------------------------------------------------------------------------


def test_flush_waits(fake, call):
    fake.answers["Flush"] = [
        milvus_pb2.FlushResponse(
            coll_segIDs={"c": schema_pb2.LongArray(data=[1, 2])},
            coll_seal_times={"c": 1700000000},
            coll_flush_ts={"c": 99},
        )
    ]
    fake.answers["GetFlushState"] = [
        milvus_pb2.GetFlushStateResponse(flushed=False),
        milvus_pb2.GetFlushStateResponse(flushed=False),
        milvus_pb2.GetFlushStateResponse(flushed=True),
    ]
    result = call(fake.port, "flush", "default", "c")
    request = [r for m, r, _ in fake.calls if m == "GetFlushState"][0]
    assert (list(request.segmentIDs), request.flush_ts, request.collection_name) == ([1, 2], 99, "c")
    assert fake.count("GetFlushState") == 3
    assert result.lines[0] == {"seal_time": 1700000000, "flush_ts": 99, "segments": 2, "checkpoints": {}}


def test_a_flush_outlasts_a_short_outage(fake, call):
    """As long as a proxy takes to be restarted: more failures than other calls bear."""
    flushed = milvus_pb2.FlushResponse(coll_segIDs={"c": schema_pb2.LongArray(data=[1])}, coll_flush_ts={"c": 99})
    fake.answers["Flush"] = [flushed]
    outage = [Abort(grpc.StatusCode.UNAVAILABLE, "restarting")] * 12
    fake.answers["GetFlushState"] = [*outage, milvus_pb2.GetFlushStateResponse(flushed=True)]
    assert call(fake.port, "flush", "default", "c").code == 0


def test_nothing_to_flush(fake, call):
    fake.answers["Flush"] = [milvus_pb2.FlushResponse()]
    assert call(fake.port, "flush", "default", "c").code == 0
    assert fake.count("GetFlushState") == 0


def test_not_loaded_is_no_error(fake, call):
    fake.answers["GetLoadingProgress"] = [
        milvus_pb2.GetLoadingProgressResponse(status=status(code=101, error_code=1, reason="collection not loaded"))
    ]
    assert call(fake.port, "load", "default", "c").lines == [0]


@pytest.mark.parametrize(
    "told",
    [status(code=700, error_code=25, reason="index not found"), status(error_code=25, reason="index doesn't exist")],
)
def test_no_index_is_no_error(fake, call, told):
    fake.answers["DescribeIndex"] = [milvus_pb2.DescribeIndexResponse(status=told)]
    assert call(fake.port, "indexes", "default", "c").lines == [[]]


def test_indexes_of_a_missing_collection(fake, call):
    told = status(code=100, error_code=4, reason="collection not found[collection=c]")
    fake.answers["DescribeIndex"] = [milvus_pb2.DescribeIndexResponse(status=told)]
    result = call(fake.port, "indexes", "default", "c")
    assert result.lines[-1]["status"] == "not found"


# --- errors -----------------------------------------------------------------------------------------------------------------


def test_nobody_listens(call):
    result = call(1, "info", address="localhost")
    assert "milvus.address" in result.error and "milvus.port" in result.error and "localhost:1" in result.error


def test_wrong_password(fake, call):
    fake.answers["Connect"] = Abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")
    result = call(fake.port, "info", user="root", password=PASSWORD)
    assert "milvus.user" in result.error and "milvus.password" in result.error and "auth check failure" in result.error
    assert fake.count("Connect") == 1
    secret = base64.b64encode(f"root:{PASSWORD}".encode()).decode()
    assert PASSWORD not in result.text and secret not in result.text


def test_answer_that_is_no_message(fake, call):
    fake.answers["DescribeCollection"] = [b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff garbage"]
    assert call(fake.port, "describe", "default", "c").lines[-1]["status"] == "protocol error"


@pytest.mark.parametrize("cut", [1, 7, 20])
def test_cut_answer(fake, call, cut):
    fake.answers["DescribeCollection"] = [described(aliases=["a" * 50]).SerializeToString()[:-cut]]
    assert call(fake.port, "describe", "default", "c").code == 1


def test_answer_without_schema(fake, call):
    fake.answers["DescribeCollection"] = [milvus_pb2.DescribeCollectionResponse()]
    assert "holds no schema" in call(fake.port, "describe", "default", "c").error


def test_partitions_that_do_not_match(fake, call):
    fake.answers["ShowPartitions"] = [milvus_pb2.ShowPartitionsResponse(partition_names=["a", "b"], partitionIDs=[1])]
    assert "2 names for 1 ids" in call(fake.port, "partitions", "default", "c").error


def test_deadline(fake, call):
    fake.answers["DescribeCollection"] = Hang()
    result = call(fake.port, "describe", "default", "c", timeout_ms=300)
    assert result.lines[-1]["status"] == "timeout"


def test_cancelled_call_ends_at_once(fake, call):
    fake.answers["DescribeCollection"] = Hang()
    start = time.monotonic()
    result = call(fake.port, "cancelled", "default", "c")
    assert result.lines[-1]["status"] == "cancelled"
    assert time.monotonic() - start < 20


def test_large_answer(fake, call):
    fake.answers["ShowCollections"] = [
        milvus_pb2.ShowCollectionsResponse(collection_names=["n" * 100 + str(i) for i in range(100000)])
    ]
    assert len(call(fake.port, "collections", "default").lines[0]) == 100000


TRACE = """stack trace: /src/milvus/pkg/tracer/stack_trace.go:51 example.org/milvus/pkg/tracer.StackTrace
/src/milvus/internal/util/grpcclient/client.go:550 example.org/grpcclient.(*ClientBase[...]).Call
/src/milvus/internal/proxy/impl.go:4007 example.org/proxy.(*Proxy).Import"""
REASON = f"{TRACE}: attempt #0: no such partition: attempt #1: no such partition"


@pytest.mark.parametrize(
    "answer",
    [
        milvus_pb2.ImportResponse(status=status(code=65535, error_code=1, reason=REASON)),
        milvus_pb2.ImportResponse(status=common_pb2.Status(code=65535, error_code=1, detail=REASON)),
        Abort(grpc.StatusCode.INTERNAL, REASON),
    ],
    ids=["reason", "detail", "gRPC"],
)
def test_stack_traces_stay_in_the_log(fake, call, answer):
    fake.answers["Import"] = [answer]
    result = call(fake.port, "import", "default", "c", "p", "i/")
    assert "attempt #0: no such partition" in result.error
    assert ".go:" not in result.error and "attempt #1" not in result.error
    assert "stack_trace.go:51" in result.text


def test_stack_traces_of_imports_stay_in_the_log(fake, call):
    failed = common_pb2.KeyValuePair(key="failed_reason", value=f"{TRACE}: the file is corrupt")
    fake.answers["GetImportState"] = [milvus_pb2.GetImportStateResponse(state=1, infos=[failed])]
    result = call(fake.port, "import-state", "5")
    assert result.lines[0]["reason"] == "the file is corrupt"
    assert "stack_trace.go:51" in result.text

    message = {"code": 0, "data": {"state": "Failed", "reason": f"{TRACE}: no space"}}
    fake.http = {
        "/v2/vectordb/jobs/import/create": (200, {"code": 0, "data": {"jobId": 99}}),
        "/v2/vectordb/jobs/import/describe": (200, message),
    }
    assert call(fake.port, "job", "d", "c", "p", "i/", "d/", rest=fake.web).lines[0]["reason"] == "no space"
    fake.http["/v2/vectordb/jobs/import/create"] = (200, {"code": 65535, "message": REASON})
    assert ".go:" not in call(fake.port, "job", "d", "c", "p", "i/", "d/", rest=fake.web).error


# --- TLS ----------------------------------------------------------------------------------------------------------------------


def secure(certificates, mutual=False):
    pair = (certificates.server.key.read_bytes(), certificates.server.certificate.read_bytes())
    authority = certificates.authority.certificate.read_bytes() if mutual else None
    return grpc.ssl_server_credentials([pair], authority, mutual)


def test_tls(certificates, call):
    with FakeMilvus(credentials=secure(certificates)) as fake:
        assert call(fake.port, "info", tls=1, ca=certificates.authority.certificate).code == 0


def test_tls_with_another_name(certificates, call):
    with FakeMilvus(credentials=secure(certificates)) as fake:
        named = {"tls": 1, "ca": certificates.authority.certificate}
        assert call(fake.port, "info", server_name="localhost", **named).code == 0
        assert "milvus.serverName" in call(fake.port, "info", server_name="elsewhere.example", **named).error


def test_tls_unknown_authority(certificates, call, tmp_path):
    other = Certificates(tmp_path / "other")
    with FakeMilvus(credentials=secure(certificates)) as fake:
        error = call(fake.port, "info", tls=1, ca=other.authority.certificate).error
    assert "milvus.caCertPath" in error and "certificate" in error.lower()


def test_tls_where_there_is_none(fake, call, certificates):
    assert "milvus.tlsMode" in call(fake.port, "info", tls=1, ca=certificates.authority.certificate).error


def test_no_tls_where_there_is(certificates, call):
    with FakeMilvus(credentials=secure(certificates)) as fake:
        assert "milvus.tlsMode" in call(fake.port, "info").error


def test_mutual_tls(certificates, call):
    both = {
        "tls": 2,
        "ca": certificates.authority.certificate,
        "cert": certificates.client.certificate,
        "key": certificates.client.key,
    }
    with FakeMilvus(credentials=secure(certificates, mutual=True)) as fake:
        assert call(fake.port, "info", **both).code == 0
        assert "milvus.tlsMode" in call(fake.port, "info", **{**both, "tls": 1}).error


def test_missing_certificate_file(fake, call):
    assert "milvus.caCertPath" in call(fake.port, "info", tls=1, ca="/nowhere/ca.pem").error
    assert "holds no PEM text" in call(fake.port, "info", tls=1, ca=Path(__file__)).error
    assert "mtlsCertPath" in call(fake.port, "info", tls=2).error


# --- HTTP -----------------------------------------------------------------------------------------------------------------------

PAUSE = "/management/datacoord/garbage_collection/pause"
RESUME = "/management/datacoord/garbage_collection/resume"


def test_pause_of_garbage_collection(fake, call):
    fake.http = {PAUSE: (200, {"msg": "OK", "ticket": "t/1"}), RESUME: (200, {"msg": "OK"})}
    result = call(fake.port, "pause", "42", management=fake.web)
    assert result.lines == [{"done": True, "ticket": "t/1"}, {"done": True}]
    assert [(path, query) for path, query, _, _ in fake.http_calls] == [
        (PAUSE, "pause_seconds=60&collection_id=42"),
        (RESUME, "ticket=t%2F1"),
    ]


def test_pause_that_the_server_does_not_know(fake, call):
    result = call(fake.port, "pause", "0", management=fake.web)
    assert result.lines == [{"done": False, "ticket": ""}, {"done": False}]


def test_pause_where_nobody_listens(fake, call):
    assert "milvus.management.endpoint" in call(fake.port, "pause", "0", management="http://127.0.0.1:1").error


def test_import_job(fake, call):
    fake.http = {
        "/v2/vectordb/jobs/import/create": (200, {"code": 0, "data": {"jobId": "99"}}),
        "/v2/vectordb/jobs/import/describe": (200, {"code": 0, "data": {"state": "Importing", "progress": 40}}),
    }
    result = call(fake.port, "job", "sales", "c", "p", "i/", "d/", rest=fake.web, user="root", password=PASSWORD)
    assert result.lines[0] == {"job": "99", "phase": 0, "percent": 40, "reason": ""}
    _, _, headers, body = fake.http_calls[0]
    assert headers["Authorization"] == f"Bearer root:{PASSWORD}"
    assert headers["Request-Timeout"] == "600"
    assert body == {
        "dbName": "sales",
        "collectionName": "c",
        "partitionName": "p",
        "files": [["i/", "d/"]],
        "options": {"backup": "true"},
    }
    assert PASSWORD not in result.text


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        ((200, {"code": 0, "data": {}}), 3),
        ((200, {"code": 2100, "message": "import job does not exist, jobID=99"}), 3),
        ((200, {"code": 0, "data": {"state": "Failed", "reason": "no space"}}), 2),
        ((200, {"code": 0, "data": {"state": "Completed", "progress": 100}}), 1),
    ],
)
def test_import_job_states(fake, call, answer, phase):
    fake.http = {
        "/v2/vectordb/jobs/import/create": (200, {"code": 0, "data": {"jobId": 99}}),
        "/v2/vectordb/jobs/import/describe": answer,
    }
    assert call(fake.port, "job", "d", "c", "p", "i/", "d/", rest=fake.web).lines[0]["phase"] == phase


@pytest.mark.parametrize("answer", [(500, b"oops"), (200, b"<html>"), (200, []), (200, {"code": 0}), (404, {})])
def test_import_job_that_is_not_made(fake, call, answer):
    fake.http = {"/v2/vectordb/jobs/import/create": answer}
    result = call(fake.port, "job", "d", "c", "p", "i/", "d/", rest=fake.web)
    assert "import into d.c" in result.error
    assert len(fake.http_calls) == 1
