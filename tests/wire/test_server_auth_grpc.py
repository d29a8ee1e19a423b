"""Who may call over gRPC, and who comes in with a certificate, over REST and gRPC alike."""

import http.client
import ssl

import grpc
import pytest
from testbed import credentials, grpc_stub
from testbed.credentials import basic, bearer
from testbed.ports import free_port
from testbed.tls import Certificates

from wire.guarded import PASSWORD, READ, WRITE, WRONG, start

UNAUTHENTICATED, DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED
READING = {"GetBackup": "GetBackupRequest", "ListBackups": "ListBackupsRequest", "GetRestore": "GetRestoreStateRequest"}
READING["Check"] = "CheckRequest"
WRITING = {name: f"{name}Request" for name in ("CreateBackup", "DeleteBackup", "RestoreBackup")}
# Without those that no client of gRPC sends, and with fewer guesses than an address has at once.
KINDS = ["none", "empty", "scheme alone", "token alone", "another scheme", "unknown token", "short unknown token"]
KINDS += ["token cut off", "token of other case", "expired token", "two headers", "right and wrong header"]
KINDS += ["two in one", "wrong password", "no password", "name without colon", "unknown user", "expired user"]
KINDS += ["NUL behind the password", "no base64", "digest"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    with start(folder, folder / "store", {"grpcPort": free_port()}) as server:
        yield server


@pytest.fixture(scope="module")
def channel(server):
    with grpc_stub.open_channel(server) as channel:
        yield channel


def call(channel, method, shown=()):
    """The status of a call that shows these values."""
    request = getattr(grpc_stub.messages(), (READING | WRITING)[method])()
    if "backup_name" in request.DESCRIPTOR.fields_by_name:
        request.backup_name = "made_by_nobody"
    if "async" in request.DESCRIPTOR.fields_by_name:
        setattr(request, "async", True)
    try:
        getattr(grpc_stub.backups(channel), method)(request, metadata=[("authorization", value) for value in shown], timeout=30)
    except grpc.RpcError as error:
        told = f"{error.details()} {error.trailing_metadata()}"
        assert not any(secret in told for secret in (READ, WRITE, PASSWORD, "$scrypt$", "$sha256$"))
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("kind", KINDS)
def test_no_method_takes_a_wrong_credential(channel, kind):
    assert {method: call(channel, method, WRONG[kind]) for method in READING | WRITING} == dict.fromkeys(
        READING | WRITING, UNAUTHENTICATED
    )


@pytest.mark.parametrize("shown", [bearer(READ), basic("bob", "the password of bob")], ids=["token", "password"])
def test_the_role_read_changes_nothing(server, channel, shown):
    assert [call(channel, method, [shown]) for method in WRITING] == [DENIED] * len(WRITING)
    assert not {UNAUTHENTICATED, DENIED} & {call(channel, method, [shown]) for method in READING}
    assert server.get("tasks", headers={"Authorization": bearer(READ)}).data == []


@pytest.mark.parametrize("shown", [bearer(WRITE), basic("alice", PASSWORD)], ids=["token", "password"])
def test_the_role_write_may_everything(channel, shown):
    assert not {UNAUTHENTICATED, DENIED} & {call(channel, method, [shown]) for method in READING | WRITING}


def test_everybody_may_ask_whether_it_is_there(channel):
    request = grpc_stub.module("health_pb2").HealthCheckRequest()
    assert grpc_stub.health(channel).Check(request).status == 1


# --- certificates ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def demanding(certificates, tmp_path_factory):
    """A server that takes clients with a certificate only; theirs may read."""
    folder = tmp_path_factory.mktemp("demanding")
    tls = {
        "certPath": str(certificates.server.certificate),
        "keyPath": str(certificates.server.key),
        "clientCAPath": str(certificates.authority.certificate),
    }
    lines = [credentials.certificate_line("testbed client", "read"), credentials.token_line("ci", "write", WRITE)]
    changes = {"grpcPort": free_port(), "tls": tls}
    with start(folder, folder / "store", changes, lines, tls=certificates.authority.certificate) as server:
        yield server


def statuses(server, certificate, shown=()):
    """Of reading and changing over REST, and of the same over gRPC; None when no connection came about."""
    server.certificate = certificate
    headers = dict.fromkeys(["Authorization"], *shown) if shown else {}
    try:
        rest = [server.get("tasks", headers=headers).status, server.post("cancel", headers=headers, id="none").status]
    except (ssl.SSLError, ConnectionError, http.client.HTTPException):
        rest = None
    with grpc_stub.open_channel(server, certificate, server.tls) as channel:
        rpc = [call(channel, method, shown) for method in ("ListBackups", "DeleteBackup")]
    return rest, None if set(rpc) == {grpc.StatusCode.UNAVAILABLE} else rpc


def test_a_certificate_has_the_role_of_its_line(demanding, certificates):
    rest, rpc = statuses(demanding, certificates.client)
    assert rest == [200, 403]
    assert rpc[0] not in (UNAUTHENTICATED, DENIED) and rpc[1] == DENIED


def test_a_token_counts_before_the_certificate(demanding, certificates):
    rest, rpc = statuses(demanding, certificates.client, [bearer(WRITE)])
    assert rest == [200, 200] and not {UNAUTHENTICATED, DENIED} & set(rpc)
    rest, rpc = statuses(demanding, certificates.client, [bearer(WRITE + "x")])
    assert rest == [401, 401] and rpc == [UNAUTHENTICATED] * 2


@pytest.mark.parametrize("kind", ["none", "another authority", "expired", "of a server"])
def test_no_token_makes_up_for_a_certificate(demanding, certificates, tmp_path, kind):
    shown = {
        "none": lambda: None,
        "another authority": lambda: Certificates(tmp_path).client,
        "expired": lambda: certificates.expired,
        "of a server": lambda: certificates.server_only,
    }[kind]()
    assert statuses(demanding, shown, [bearer(WRITE)]) == (None, None)


def test_a_certificate_without_a_line_needs_something_besides(demanding, certificates):
    stranger = certificates.stranger
    rest, rpc = statuses(demanding, stranger)
    assert rest == [401, 401] and rpc == [UNAUTHENTICATED] * 2
    rest, rpc = statuses(demanding, stranger, [bearer(WRITE)])
    assert rest == [200, 200] and not {UNAUTHENTICATED, DENIED} & set(rpc)
