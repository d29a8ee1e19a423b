"""How the azure driver proves who it is, against azurite and mocks of the services that give tokens."""

import base64
import hashlib
import hmac
import json
import os
import socket
import time
from urllib.parse import quote

import pytest

from testbed import Azurite
from testbed.tls import Certificates
from wire.clouds import Tokens, as_json, base64url, form_of, skewed_date
from wire.drivers import Drivers
from wire.scripted import Answer, Scripted

ONE, TWO = "accountone", "accounttwo"
KEYS = {ONE: base64.b64encode(b"1" * 64).decode(), TWO: base64.b64encode(b"2" * 64).decode()}
TENANT = "11111111-2222-3333-4444-555555555555"
FOREIGN = ("AZURE_", "IDENTITY_", "MSI_")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secure(certificates):
    """With TLS, which it wants for tokens."""
    made = certificates.server
    with Azurite(accounts=KEYS, tls=(made.certificate, made.key), oauth=True) as server:
        yield server


@pytest.fixture(scope="module")
def plain():
    with Azurite(accounts=KEYS) as server:
        yield server


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        monkeypatch.delenv(name)


@pytest.fixture
def started():
    """Starts processes after the environment was set."""
    running = []

    def start():
        running.append(Drivers())
        return running[-1]

    yield start
    for process in running:
        process.close()


def place(server, account=ONE, bucket="bucket-1", **changes):
    where = {"address": "127.0.0.1", "port": server.port, "accountName": account, "bucketName": bucket}
    return {**where, "useSSL": bool(getattr(server, "tls", None)), **changes}


def with_key(server, account=ONE, **changes):
    return place(server, account, **{"auth.accountKey": KEYS[account], **changes})


def by_token(server, certificates, **changes):
    return place(server, **{"auth.type": "default", "caFile": certificates.authority.certificate, **changes})


def token(number, seconds=3600):
    """What azurite reads of a token: who it is for and how long; it does not check the signature."""
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": now - 600,
        "nbf": now - 600,
        "exp": now + seconds,
        "oid": "22222222-2222-3333-4444-555555555555",
        "tid": TENANT,
        "jti": str(number),
    }
    return ".".join([base64url(b'{"alg":"none"}'), base64url(json.dumps(claims).encode()), base64url(b"-")])


def identities(**options):
    return Tokens(make=lambda number: (token(number), 3600), expires_as=str, **options)


def round_trip(drivers, store="a"):
    drivers.call("create_bucket", store=store)
    drivers.ok("put", store=store, key="dir/k", data=b"there and back")
    assert drivers.ok("get", store=store, key="dir/k")["data"] == b"there and back"


@pytest.fixture
def managed(monkeypatch):
    with identities() as tokens:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", tokens.url)
        yield tokens


def test_client_secret(started, secure, certificates, monkeypatch):
    def inspect(asked):
        form = form_of(asked)
        assert asked.path == f"/{TENANT}/oauth2/v2.0/token"
        assert form["grant_type"] == "client_credentials" and form["scope"] == "https://storage.azure.com/.default"
        assert (form["client_id"], form["client_secret"]) == ("client-1", "se+cr/et=")

    with identities(inspect=inspect) as tokens:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", tokens.url + "/")
        monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
        monkeypatch.setenv("AZURE_CLIENT_ID", "client-1")
        monkeypatch.setenv("AZURE_CLIENT_SECRET", "se+cr/et=")
        drivers = started()
        assert drivers.open("azure", by_token(secure, certificates))["status"] == "ok"
        round_trip(drivers)
        assert tokens.given == 1, tokens.faults


def test_federated_token(started, secure, certificates, monkeypatch, tmp_path):
    """Kubernetes replaces the file from time to time, so each request for a token reads it; an editor ends it with a line."""
    file = tmp_path / "token"
    file.write_text("projected-1\n")
    seen = []

    def inspect(asked):
        form = form_of(asked)
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        seen.append(form["client_assertion"])

    def make(number):
        return token(number), 1 if file.read_text() == "projected-1\n" else 3600

    with Tokens(make=make, inspect=inspect) as tokens:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", tokens.url)
        monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
        monkeypatch.setenv("AZURE_CLIENT_ID", "client-1")
        monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(file))
        drivers = started()
        drivers.open("azure", by_token(secure, certificates))
        round_trip(drivers)
        file.write_text("projected-2")
        time.sleep(1.2)
        round_trip(drivers)
    assert seen[0] == "projected-1" and seen[-1] == "projected-2"


def test_managed_identity_of_a_machine(started, secure, certificates, monkeypatch):
    def inspect(asked):
        assert asked.method == "GET" and asked.path == "/metadata/identity/oauth2/token"
        assert asked.headers["metadata"] == "true"
        wanted = {"api-version": "2018-02-01", "resource": "https://storage.azure.com/", "client_id": "mine"}
        assert asked.query == wanted

    with identities(inspect=inspect) as tokens:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", tokens.url)
        monkeypatch.setenv("AZURE_CLIENT_ID", "mine")
        drivers = started()
        drivers.open("azure", by_token(secure, certificates))
        round_trip(drivers)
        assert tokens.given == 1, tokens.faults


def test_managed_identity_of_app_service(started, secure, certificates, monkeypatch):
    def inspect(asked):
        assert asked.headers["x-identity-header"] == "shibboleth"
        assert asked.query == {"api-version": "2019-08-01", "resource": "https://storage.azure.com/"}

    with identities(inspect=inspect) as tokens:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{tokens.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "shibboleth")
        drivers = started()
        drivers.open("azure", by_token(secure, certificates))
        round_trip(drivers)
        assert tokens.given == 1, tokens.faults


def test_app_service_tells_when_a_token_ends_and_not_how_long_it_lives(started, secure, certificates, monkeypatch):
    """The store would take the first for an hour."""
    ends = iter([2, 3600])

    def give(asked):
        return as_json(200, access_token=token(1), token_type="Bearer", expires_on=str(int(time.time()) + next(ends)))

    with Scripted(rule=give) as service:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{service.port}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "shibboleth")
        drivers = started()
        drivers.open("azure", by_token(secure, certificates))
        round_trip(drivers)
        time.sleep(2.2)
        round_trip(drivers)
        round_trip(drivers)
    assert len(service.asked) == 2


def test_no_proxy_leads_to_the_metadata_service(started, managed):
    listing = b"<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>"
    with Scripted(Answer(200, listing)) as proxy:
        drivers = started()
        where = {"endpoint": "http://blobs.test", "accountName": ONE, "bucketName": "bucket-1"}
        drivers.open("azure", {**where, "auth.type": "default", "proxy": f"http://127.0.0.1:{proxy.port}"})
        drivers.ok("check", store="a")
    assert managed.given == 1
    assert [asked.path for asked in proxy.asked] == ["/bucket-1"]


@pytest.mark.parametrize("members", [{"expires_in": "soon"}, {"expires_on": "06/19/2019 11:19:16 +00:00"}, {"expires_in": -1}])
def test_a_token_whose_end_makes_no_sense(started, secure, certificates, monkeypatch, members):
    with Scripted(as_json(200, access_token=token(1), **members)) as service:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{service.port}")
        drivers = started()
        drivers.open("azure", by_token(secure, certificates))
        assert "expires_" in drivers.fails("protocol", "check", store="a")["message"]


def test_a_token_that_the_service_refuses_is_renewed(started, secure, certificates, managed):
    """The directory says it lives an hour; the service thinks it has expired."""
    managed.make = lambda number: (token(number, -60 if number in (1, 2) else 3600), 3600)
    drivers = started()
    drivers.open("azure", by_token(secure, certificates))
    error = drivers.fails("unauthenticated", "check", store="a")
    assert managed.given == 2, error
    assert "auth.type" in error["message"]
    round_trip(drivers)
    assert managed.given == 3


def test_no_identity_anywhere(started, secure, certificates, monkeypatch):
    """Asking again would not make one."""
    with Scripted() as nobody:
        pass
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{nobody.port}")
    drivers = started()
    drivers.open("azure", by_token(secure, certificates))
    error = drivers.fails("unauthenticated", "check", store="a")
    assert "AZURE_TENANT_ID" in error["message"] and not error["retryable"]


def test_a_network_that_swallows_what_is_sent_to_the_metadata_service(started, secure, certificates, monkeypatch):
    """The store's own patience does not count here."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{address[1]}")
        drivers = started()
        drivers.open("azure", by_token(secure, certificates, connectTimeout=30000))
        answer = drivers.call("check", store="a")
        for one in waiting:
            one.close()
    assert answer["status"] == "unauthenticated" and answer["took_ms"] < 6000, answer
    assert "AZURE_TENANT_ID" in answer["error"]["message"]


@pytest.mark.parametrize("status, wanted", [(503, "unavailable"), (429, "throttled"), (410, "unavailable"), (404, "unavailable")])
def test_a_metadata_service_that_is_busy_is_asked_again(started, secure, certificates, monkeypatch, status, wanted):
    """410 and 404 are what it says while it is being updated."""
    with Scripted(rule=lambda asked: Answer(status)) as busy:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{busy.port}")
        drivers = started()
        drivers.open("azure", by_token(secure, certificates))
        assert drivers.fails(wanted, "check", store="a")["retryable"]


def test_a_copy_by_user_delegation(started, secure, certificates, managed):
    drivers = started()
    for store, bucket in (("a", "source-1"), ("b", "target-1")):
        assert drivers.open("azure", by_token(secure, certificates, bucketName=bucket), store)["status"] == "ok"
        drivers.call("create_bucket", store=store)
    drivers.ok("put", store="a", key="dir/with space+plus", fill=100_000)
    for _ in range(2):
        drivers.ok("copy", store="b", key="copy", from_key="dir/with space+plus", **{"from": "a"})
    assert drivers.ok("stat", store="b", key="copy")["size"] == 100_000
    assert managed.given == 2, "one token for each store"
    drivers.ok("remove_many", store="b", keys=["copy", "none"])
    assert drivers.call("stat", store="b", key="copy")["status"] == "not_found"


def test_a_copy_between_two_accounts(started, plain):
    drivers = started()
    drivers.open("azure", with_key(plain, ONE, bucketName="source-2"), "a")
    drivers.open("azure", with_key(plain, TWO, bucketName="target-2"), "b")
    drivers.ok("create_bucket", store="a")
    drivers.ok("create_bucket", store="b")
    drivers.ok("put", store="a", key="k", data=b"from one to the other")
    drivers.ok("copy", store="b", key="k2", from_key="k", **{"from": "a"})
    assert drivers.ok("get", store="b", key="k2")["data"] == b"from one to the other"
    assert drivers.call("stat", store="a", key="k2")["status"] == "not_found"


def account_sas(account, permissions, seconds=3600):
    """ "Create an account SAS": the string that is signed, in its form since 2020-12-06."""
    expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    version = "2021-08-06"
    fields = [account, permissions, "b", "co", "", expiry, "", "", version, "", ""]
    mac = hmac.new(base64.b64decode(KEYS[account]), "\n".join(fields).encode(), hashlib.sha256).digest()
    signature = quote(base64.b64encode(mac).decode(), safe="")
    return f"sv={version}&ss=b&srt=co&sp={permissions}&se={expiry}&sig={signature}"


@pytest.mark.parametrize("mark", ["", "?"])
def test_shared_access_signature(started, plain, mark):
    drivers = started()
    sas = {"auth.type": "sas", "auth.sasToken": mark + account_sas(ONE, "racwdl")}
    assert drivers.open("azure", place(plain, bucketName="signed", **sas))["status"] == "ok"
    round_trip(drivers)
    drivers.ok("copy", store="a", key="copy", from_key="dir/k", **{"from": "a"})
    assert drivers.ok("get", store="a", key="copy")["data"] == b"there and back"
    listed = drivers.ok("list", store="a", prefix="")
    assert {entry["key"] for page in listed["pages"] for entry in page["entries"]} == {"dir/k", "copy"}
    assert drivers.call("remove_many", store="a", keys=["dir/k", "copy"])["status"] == "unsupported"
    drivers.ok("remove", store="a", key="copy")
    assert drivers.call("stat", store="a", key="copy")["status"] == "not_found"


def test_a_signature_that_allows_too_little(started, plain):
    drivers = started()
    drivers.open("azure", with_key(plain, bucketName="signed-2"), "owner")
    drivers.ok("create_bucket", store="owner")
    secret = account_sas(ONE, "rl")
    drivers.open("azure", place(plain, bucketName="signed-2", **{"auth.type": "sas", "auth.sasToken": secret}))
    drivers.ok("check", store="a")
    error = drivers.fails("forbidden", "put", store="a", key="k", data=b"1")
    assert "auth.sasToken" in error["message"] and "racwdl" in error["message"]
    assert secret.rsplit("=", 1)[1] not in json.dumps(error)


def test_an_expired_signature(started, plain):
    drivers = started()
    sas = {"auth.type": "sas", "auth.sasToken": account_sas(ONE, "rl", -60)}
    drivers.open("azure", place(plain, bucketName="signed-2", **sas))
    error = drivers.fails("unauthenticated", "check", store="a")
    assert "auth.sasToken" in error["message"]


def test_a_wrong_key(started, plain):
    drivers = started()
    drivers.open("azure", place(plain, **{"auth.accountKey": KEYS[TWO]}))
    error = drivers.fails("unauthenticated", "check", store="a")
    assert "auth.accountKey" in error["message"] and KEYS[TWO] not in json.dumps(error)


@pytest.mark.parametrize("key", ["not base64!", "AAA", ""], ids=["text", "short", "empty"])
def test_what_is_no_key(started, plain, key):
    answer = started().open("azure", place(plain, **{"auth.accountKey": key}))
    assert answer["status"] == "config" and "auth.accountKey" in answer["error"]["message"]


@pytest.mark.parametrize("endpoint", ["blobs.example.com", "ftp://blobs.example.com"])
def test_what_is_no_endpoint(started, plain, endpoint):
    answer = started().open("azure", with_key(plain, endpoint=endpoint))
    assert answer["status"] == "config" and "endpoint" in answer["error"]["message"]


def test_the_whole_address_may_be_given(started, plain):
    drivers = started()
    where = {"address": "core.windows.net", "port": 443, "endpoint": f"http://127.0.0.1:{plain.port}/{ONE}/"}
    assert drivers.open("azure", with_key(plain, bucketName="custom", **where))["status"] == "ok"
    round_trip(drivers)


def test_a_certificate_that_nobody_vouches_for(started, secure):
    drivers = started()
    drivers.open("azure", with_key(secure))
    error = drivers.fails("config", "check", store="a")
    assert "caFile" in error["message"]


def refusal(status, code, message, **headers):
    document = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, document.encode(), {"x-ms-error-code": code, "x-ms-request-id": "R1", **headers})


@pytest.mark.parametrize(("seconds", "word"), [(20 * 60, "behind"), (-20 * 60, "ahead of")])
def test_a_clock_that_is_off(started, seconds, word):
    text = "Server failed to authenticate the request."
    with Scripted(refusal(403, "AuthenticationFailed", text, **skewed_date(seconds))) as server:
        drivers = started()
        drivers.open("azure", with_key(server))
        error = drivers.fails("unauthenticated", "check", store="a")
    assert "clock is" in error["message"] and word in error["message"] and "accountKey" not in error["message"]


def test_a_directory_that_refuses_names_itself(started, secure, certificates, monkeypatch):
    refused = as_json(401, error="invalid_client", error_description="AADSTS7000215: Invalid client secret")
    with Scripted(refused) as directory:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", f"http://127.0.0.1:{directory.port}")
        for name, value in (("TENANT_ID", TENANT), ("CLIENT_ID", "c"), ("CLIENT_SECRET", "hush-hush")):
            monkeypatch.setenv(f"AZURE_{name}", value)
        drivers = started()
        drivers.open("azure", by_token(secure, certificates))
        error = drivers.fails("unauthenticated", "check", store="a")
    assert "AADSTS7000215" in error["message"] and f":{directory.port}/" in error["message"]
    assert "hush-hush" not in json.dumps(error)
