"""Where the gcpnative driver gets its tokens, against mocks of the services that give them."""

import json
import socket
import time

import pytest

from testbed.strict_proxy import RequireBearer, StrictProxy
from wire.clouds import GcsInMemory, RsaKey, Tokens, as_json, form_of, skewed_date
from wire.drivers import Drivers
from wire.scripted import Scripted

SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"


@pytest.fixture(scope="module")
def service():
    with GcsInMemory() as server:
        yield server


@pytest.fixture
def guarded(service):
    """The service, which takes one token only."""
    bearer = RequireBearer("token-1")
    with StrictProxy(service.port, [bearer]) as proxy:
        proxy.bearer = bearer
        yield proxy


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return RsaKey(tmp_path_factory.mktemp("key"))


def account(tmp_path, key, tokens, **changes):
    """The file of a service account."""
    members = {
        "type": "service_account",
        "project_id": "a-project",
        "private_key_id": "key-7",
        "private_key": key.pem,
        "client_email": "backup@a-project.iam.gserviceaccount.com",
        "token_uri": f"{tokens.url}/token",
        **changes,
    }
    path = tmp_path / "account.json"
    path.write_text(json.dumps({name: value for name, value in members.items() if value is not None}))
    return path


def opened(port, drivers, file=None, bucket="bucket-1"):
    kind = {"auth.type": "serviceAccount", "auth.credentialsFile": file} if file else {"auth.type": "default"}
    where = {"address": "127.0.0.1", "port": port, "useSSL": False, "bucketName": bucket}
    return drivers.open("gcpnative", {**where, **kind})


def round_trip(drivers):
    drivers.call("create_bucket", store="a")
    drivers.ok("put", store="a", key="k", data=b"there and back", crc32c=True)
    assert drivers.ok("get", store="a", key="k")["data"] == b"there and back"


def test_service_account(drivers, guarded, key, tmp_path):
    def inspect(asked):
        form = form_of(asked)
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        header, claims = key.opened(form["assertion"])
        assert header == {"alg": "RS256", "typ": "JWT", "kid": "key-7"}
        assert claims["iss"] == "backup@a-project.iam.gserviceaccount.com"
        assert claims["aud"] == f"{tokens.url}/token" and claims["scope"] == SCOPE
        assert abs(claims["iat"] - time.time()) < 120 and claims["exp"] == claims["iat"] + 3600

    with Tokens(inspect=inspect) as tokens:
        assert opened(guarded.port, drivers, account(tmp_path, key, tokens))["status"] == "ok"
        round_trip(drivers)
        assert tokens.given == 1, tokens.faults
    assert ("POST", "/storage/v1/b?project=a-project") in guarded.requests


def test_a_refused_token_is_renewed_once(drivers, guarded, key, tmp_path):
    with Tokens() as tokens:
        opened(guarded.port, drivers, account(tmp_path, key, tokens))
        round_trip(drivers)
        guarded.bearer.token = "token-2"
        round_trip(drivers)
        assert tokens.given == 2
        guarded.bearer.token = "never given"
        error = drivers.fails("unauthenticated", "get", store="a", key="k")
        assert tokens.given == 3
    assert "auth.credentialsFile" in error["message"] and not error["retryable"]


def test_many_callers_renew_once(drivers, guarded, key, tmp_path):
    with Tokens() as tokens:
        opened(guarded.port, drivers, account(tmp_path, key, tokens))
        round_trip(drivers)
        guarded.bearer.token = "token-2"
        answers = drivers.ok("put", store="a", key="k", fill=1000, threads=16, own_keys=True)["answers"]
        assert {answer["status"] for answer in answers} == {"ok"}
        assert tokens.given == 2


def test_a_token_is_renewed_before_it_expires(drivers, guarded, key, tmp_path):
    with Tokens(make=lambda number: (f"token-{number}", 3 if number == 1 else 3600)) as tokens:
        opened(guarded.port, drivers, account(tmp_path, key, tokens))
        round_trip(drivers)
        time.sleep(3.2)
        guarded.bearer.token = "token-2"
        refused = guarded.bearer.refused
        round_trip(drivers)
        assert guarded.bearer.refused == refused, "a token that was known to be old was sent"


def test_a_body_that_can_be_read_once_is_not_sent_twice(drivers, guarded, key, tmp_path):
    with Tokens() as tokens:
        opened(guarded.port, drivers, account(tmp_path, key, tokens))
        round_trip(drivers)
        guarded.bearer.token = "token-2"
        drivers.fails("unauthenticated", "put", store="a", key="k", data=b"once", no_rewind=True)
        drivers.ok("put", store="a", key="k", data=b"once", no_rewind=True)


def federation(tmp_path, tokens, source, impersonation=None):
    document = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{tokens.url}/sts",
        "credential_source": source,
    }
    if impersonation:
        document["service_account_impersonation_url"] = impersonation
    path = tmp_path / "federation.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("form", ["text", "json"])
def test_workload_identity_of_a_file(drivers, guarded, tmp_path, form):
    subject = tmp_path / "subject"
    subject.write_text("subject-1\n" if form == "text" else '{"id_token": "subject-1"}')
    source = {"file": str(subject)}
    if form == "json":
        source["format"] = {"type": "json", "subject_token_field_name": "id_token"}

    def inspect(asked):
        sent = form_of(asked)
        assert asked.path == "/sts"
        assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
        assert sent["requested_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
        assert sent["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt"
        assert sent["audience"].startswith("//iam.googleapis.com/") and sent["scope"] == SCOPE
        assert sent["subject_token"] == "subject-1"

    with Tokens(inspect=inspect) as tokens:
        assert opened(guarded.port, drivers, federation(tmp_path, tokens, source))["status"] == "ok"
        round_trip(drivers)
        assert tokens.given == 1, tokens.faults


def test_workload_identity_of_an_address_for_a_service_account(drivers, guarded, tmp_path):
    """The subject's token comes from an URL; what it is exchanged for is exchanged for the account's."""

    def give(asked):
        if asked.path == "/subject":
            assert asked.headers["x-flavour"] == "mild"
            return as_json(200, value="subject-1")
        assert asked.headers["authorization"] == "Bearer federated-1"
        assert json.loads(asked.body) == {"scope": [SCOPE], "lifetime": "3600s"}
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        return as_json(200, accessToken="token-1", expireTime=expires)

    with Scripted(rule=give) as others, Tokens(make=lambda number: (f"federated-{number}", 3600)) as tokens:
        base = f"http://127.0.0.1:{others.port}"
        source = {
            "url": f"{base}/subject",
            "headers": {"X-Flavour": "mild"},
            "format": {"type": "json", "subject_token_field_name": "value"},
        }
        opened(guarded.port, drivers, federation(tmp_path, tokens, source, f"{base}/impersonate"))
        round_trip(drivers)
        assert form_of(tokens.asked[0])["subject_token"] == "subject-1"


@pytest.mark.parametrize("status, wanted", [(503, "unavailable"), (429, "throttled"), (403, "unauthenticated")])
def test_an_address_that_gives_no_subject(drivers, guarded, tmp_path, status, wanted):
    with Scripted(as_json(status, error="not now")) as others, Tokens() as tokens:
        url = f"http://127.0.0.1:{others.port}/subject"
        opened(guarded.port, drivers, federation(tmp_path, tokens, {"url": url}))
        error = drivers.fails(wanted, "check", store="a")
    assert url in error["message"] and error["retryable"] == (wanted != "unauthenticated")


def test_a_source_of_subjects_that_is_not_known(drivers, guarded, tmp_path):
    with Tokens() as tokens:
        opened(guarded.port, drivers, federation(tmp_path, tokens, {"environment_id": "aws1"}))
        error = drivers.fails("config", "check", store="a")
    assert "credential_source" in error["message"]


def test_metadata_server(guarded):
    with Tokens() as tokens:
        drivers = Drivers({"GCE_METADATA_HOST": f"127.0.0.1:{tokens.server.port}"})
        assert opened(guarded.port, drivers)["status"] == "ok"
        round_trip(drivers)
        drivers.close()
        assert tokens.given == 1
        assert tokens.asked[0].path == "/computeMetadata/v1/instance/service-accounts/default/token"
        assert tokens.asked[0].headers["metadata-flavor"] == "Google"


def test_metadata_server_of_the_configuration(guarded):
    """The option counts more than the environment."""
    with Tokens() as tokens, Scripted() as other:
        drivers = Drivers({"GCE_METADATA_HOST": f"127.0.0.1:{other.port}"})
        where = {"address": "127.0.0.1", "port": guarded.port, "useSSL": False, "bucketName": "bucket-1"}
        drivers.open("gcpnative", {**where, "auth.type": "default", "auth.endpoint": f"{tokens.url}/"})
        round_trip(drivers)
        drivers.close()
        assert tokens.given == 1 and other.asked == []
        assert tokens.asked[0].path == "/computeMetadata/v1/instance/service-accounts/default/token"


def said_without_identity(host, guarded):
    drivers = Drivers({"GCE_METADATA_HOST": host})
    opened(guarded.port, drivers)
    begun = time.monotonic()
    error = drivers.fails("unauthenticated", "check", store="a")
    drivers.close()
    assert "auth.credentialsFile" in error["message"] and not error["retryable"]
    return time.monotonic() - begun


def test_no_identity_anywhere(guarded):
    """That is said at once, and is no failure that passes."""
    with Scripted() as nobody:
        pass
    assert said_without_identity(f"127.0.0.1:{nobody.port}", guarded) < 2


def test_no_identity_behind_an_address_that_is_silent(guarded):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = []
        for _ in range(4):  # fills the backlog: a further connection is not made
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        took = said_without_identity(f"127.0.0.1:{full.getsockname()[1]}", guarded)
        for each in waiting:
            each.close()
    assert took < 8, "as long as the store's own patience"


def test_a_persons_refresh_token_in_the_default_place(guarded, tmp_path):
    def inspect(asked):
        sent = form_of(asked)
        assert (sent["grant_type"], sent["client_id"], sent["refresh_token"]) == ("refresh_token", "me", "again")

    with Tokens(inspect=inspect) as tokens:
        members = {"type": "authorized_user", "client_id": "me", "client_secret": "s", "refresh_token": "again"}
        place = tmp_path / ".config" / "gcloud" / "application_default_credentials.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps({**members, "token_uri": f"{tokens.url}/token"}))
        drivers = Drivers({"HOME": str(tmp_path)})
        opened(guarded.port, drivers)
        round_trip(drivers)
        drivers.close()
        assert tokens.given == 1, tokens.faults


def test_the_file_that_the_environment_names(guarded, tmp_path, key):
    with Tokens() as tokens:
        drivers = Drivers({"GOOGLE_APPLICATION_CREDENTIALS": str(account(tmp_path, key, tokens))})
        opened(guarded.port, drivers)
        round_trip(drivers)
        drivers.close()


def test_a_clock_that_is_off_is_named(drivers, guarded, tmp_path, key):
    def refuse(asked):
        answer = as_json(400, error="invalid_grant", error_description="Invalid JWT: Token must be short-lived")
        answer.headers |= skewed_date(20 * 60)
        return answer

    with Scripted(rule=refuse) as server:
        uri = f"http://127.0.0.1:{server.port}/token"
        opened(guarded.port, drivers, account(tmp_path, key, Tokens(), token_uri=uri))
        error = drivers.fails("unauthenticated", "check", store="a")
    assert "Invalid JWT" in error["message"] and "clock is" in error["message"] and "behind" in error["message"]
    assert not error["retryable"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}, "no RSA key"),
        ({"private_key": None}, "private_key is missing"),
        ({"type": "gdch_service_account"}, "gdch_service_account"),
    ],
    ids=["broken-key", "no-key", "unknown-type"],
)
def test_a_file_that_is_of_no_use(drivers, guarded, tmp_path, key, changes, words):
    with Tokens() as tokens:
        answer = opened(guarded.port, drivers, account(tmp_path, key, tokens, **changes))
        if answer["status"] == "ok":
            answer = drivers.call("check", store="a")
    assert answer["status"] == "config"
    assert words in answer["error"]["message"] and "auth.credentialsFile" in answer["error"]["message"]
    assert "AAAA" not in answer["error"]["message"]


def test_a_file_that_is_not_there(drivers, guarded, tmp_path):
    answer = opened(guarded.port, drivers, tmp_path / "none.json")
    assert answer["status"] == "config"
    assert "none.json" in answer["error"]["message"] and "auth.credentialsFile" in answer["error"]["message"]


@pytest.mark.parametrize("status, wanted", [(503, "unavailable"), (429, "throttled"), (408, "unavailable")])
def test_an_endpoint_that_is_overloaded_is_asked_again_by_the_host(drivers, guarded, tmp_path, key, status, wanted):
    with Scripted(as_json(status, error="unavailable")) as server:
        uri = f"http://127.0.0.1:{server.port}/token"
        opened(guarded.port, drivers, account(tmp_path, key, Tokens(), token_uri=uri))
        error = drivers.fails(wanted, "check", store="a")
    assert error["retryable"] and "token" in error["message"]
