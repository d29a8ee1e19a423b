"""The server's door for gRPC: what it makes of calls that no client's library would be proud of, and of crowds."""

import concurrent.futures
import contextlib
import os
import resource
import socket
import threading

import grpc
import pytest
from testbed import grpc_stub
from testbed.backup_server import BackupServer
from testbed.ports import free_port
from testbed.program import Program
from testbed.server import wait_until
from testbed.tls import Certificates

from wire.creating import Collections
from wire.fake_milvus import Held
from wire.metrics import Metrics
from wire.unfinished import PREFACE, Unfinished

METHODS = ["CreateBackup", "GetBackup", "ListBackups", "DeleteBackup", "RestoreBackup", "GetRestore", "Check"]


def serve(folder, milvus=None, **server):
    (folder / "store" / "backup").mkdir(parents=True)
    storage = {"storageType": "local", "rootPath": str(folder / "store"), "backupRootPath": str(folder / "store" / "backup")}
    config = {"server": {"grpcPort": free_port(), "bodyLimitMiB": 1, "requestTimeout": 1, **server}, "minio": storage}
    config |= {"milvus": milvus} if milvus else {}
    return BackupServer(Program(folder, config))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def channel(server):
    with grpc_stub.open_channel(server) as channel:
        yield channel


def say(text):
    return grpc_stub.module("health_pb2").HealthCheckRequest(service=text)


def is_serving(channel, service=""):
    return grpc_stub.health(channel).Check(say(service)).status == 1


def code_of(call, *arguments, **options):
    with pytest.raises(grpc.RpcError) as raised:
        call(*arguments, **options)
    return raised.value.code()


def raw(channel, method, service=grpc_stub.SERVICE):
    """A method that takes and gives bytes."""
    return channel.unary_unary(f"/{service}/{method}", lambda request: request, lambda reply: reply)


# --- health ------------------------------------------------------------------------------------------------------


def test_health_knows_the_server_and_its_service_and_no_other(channel):
    assert is_serving(channel) and is_serving(channel, grpc_stub.SERVICE)
    assert code_of(is_serving, channel, "other") == grpc.StatusCode.NOT_FOUND


def test_who_watches_is_told_at_once_and_of_a_service_that_is_not_there_too(channel):
    watch = grpc_stub.health(channel).Watch
    for service, status in [("", 1), (grpc_stub.SERVICE, 1), ("other", 3)]:
        watching = watch(say(service))
        assert next(watching).status == status
        watching.cancel()
    assert is_serving(channel)


def test_no_more_than_so_many_watch_and_those_who_left_count_no_more(server):
    """A connection has a hundred calls."""
    with contextlib.ExitStack() as stack:
        options = [("grpc.use_local_subchannel_pool", 1)]
        stubs = [grpc_stub.health(stack.enter_context(grpc_stub.open_channel(server, options=options))) for _ in range(3)]
        watching = [stub.Watch(say("")) for stub in stubs[:2] for _ in range(100)]
        assert {next(call).status for call in watching} == {1}
        assert code_of(next, stubs[2].Watch(say(""))) == grpc.StatusCode.RESOURCE_EXHAUSTED
        watching[0].cancel()
        wait_until(lambda: told_first(stubs[2]) == 1, 20, "a place that is free again")


def told_first(stub):
    """The first word of a watch, or None when it ends without one."""
    watching = stub.Watch(say(""))
    try:
        return next(watching).status
    except grpc.RpcError:
        return None
    finally:
        watching.cancel()


# --- what cannot be read -----------------------------------------------------------------------------------------


def test_methods_that_nobody_knows_are_unimplemented(channel):
    for service, method in [(grpc_stub.SERVICE, "createbackup"), (grpc_stub.SERVICE, ""), ("x" * 500, "y"), ("", "")]:
        assert code_of(raw(channel, method, service), b"") == grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("method", METHODS)
def test_bytes_that_are_no_message_are_an_invalid_argument(channel, method):
    malformed = [b"\xff", b"\x12\x05x", b"\x13\x14"]
    no_text = [b"\x0a\x02\xff\xfe", b"\x0a\x03a\0b"] if method != "Check" else []  # which has no fields
    for request in malformed + no_text:
        assert code_of(raw(channel, method), request) == grpc.StatusCode.INVALID_ARGUMENT, request


def test_a_message_that_is_nested_without_end_is_refused_and_nothing_else_happens(channel):
    deep = b""
    for _ in range(10000):
        for tag in (b"\x32", b"\x0a"):
            size, length = len(deep), b""
            while size > 127:
                size, length = size >> 7, length + bytes([size & 127 | 128])
            deep = tag + length + bytes([size]) + deep
    deep = b"\x2a" + deep[1:]
    assert code_of(raw(channel, "CreateBackup"), deep) == grpc.StatusCode.INVALID_ARGUMENT
    assert is_serving(channel)


def test_a_message_over_the_limit_is_refused(channel):
    for size in (1 << 20, 20 << 20):
        assert code_of(raw(channel, "DeleteBackup"), b"\0" * (size + 1)) == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert is_serving(channel)


def test_a_message_that_would_grow_is_not_unpacked(server):
    """A thousandth of its size says it, compressed."""
    with grpc_stub.open_channel(server, options=[("grpc.default_compression_algorithm", 2)]) as channel:
        assert code_of(raw(channel, "DeleteBackup"), b"\0" * (100 << 20)) == grpc.StatusCode.UNIMPLEMENTED


def test_a_call_without_a_message_is_an_invalid_argument(channel):
    method = channel.stream_unary(f"/{grpc_stub.SERVICE}/Check", lambda request: request, lambda reply: reply)
    assert code_of(method, iter(())) == grpc.StatusCode.INVALID_ARGUMENT


# --- those who are slow ------------------------------------------------------------------------------------------


def test_a_request_that_does_not_come_is_given_up(channel):
    never = threading.Event()
    method = channel.stream_unary(f"/{grpc_stub.SERVICE}/Check", lambda request: request, lambda reply: reply)
    assert code_of(method, iter(never.wait, True), timeout=30) == grpc.StatusCode.DEADLINE_EXCEEDED
    never.set()


def test_others_are_served_beside_a_thousand_idle_connections(server):
    sockets = [socket.create_connection((server.host, server.grpc_port)) for _ in range(1000)]
    try:
        for connection in sockets[::2]:
            connection.sendall(PREFACE)
        with grpc_stub.open_channel(server) as channel:
            assert is_serving(channel)
    finally:
        for connection in sockets:
            connection.close()


def test_fifty_clients_at_once_are_all_answered(server):
    def ask(_):
        with grpc_stub.open_channel(server, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            return all(is_serving(channel) for _ in range(10))

    with concurrent.futures.ThreadPoolExecutor(50) as clients:
        assert all(clients.map(ask, range(50)))


# --- limits ------------------------------------------------------------------------------------------------------


def test_connections_beyond_the_limit_wait_until_others_have_gone(tmp_path):
    with serve(tmp_path, connections=10) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection((server.host, server.grpc_port), 30)) for _ in range(10)]
        for client in clients:
            client.sendall(PREFACE)
            assert client.recv(9)  # gRPC's settings
        with grpc_stub.open_channel(server) as channel:
            waiting = grpc_stub.health(channel).Check.future(say(""), wait_for_ready=True)
            wait_until(lambda: "10 connections of gRPC are open" in server.log(), 20, "the line in the log")
            assert not waiting.done()
            clients[3].close()
            assert waiting.result(timeout=30).status == 1


def test_connections_are_counted_by_door(tmp_path):
    with serve(tmp_path) as server:
        open_now = lambda: Metrics(server).sum("milvus_backup_connections", door="grpc")  # noqa: E731
        assert open_now() == 0
        with contextlib.ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(socket.create_connection((server.host, server.grpc_port)))
            wait_until(lambda: open_now() == 3, 20, "three connections")
        wait_until(lambda: open_now() == 0, 20, "that they are gone")
        assert Metrics(server).sum("milvus_backup_connections", door="http") >= 1


def limit_descriptors(server, count):
    hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (count, hard))


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_it_listens_again_after_no_descriptor_was_left(certificates, tmp_path, secured):
    authority = certificates.authority.certificate if secured else None
    settings = {"tls": tls(certificates)} if secured else {}
    with serve(tmp_path, **settings) as server, contextlib.ExitStack() as stack:
        first = stack.enter_context(grpc_stub.open_channel(server, authority=authority))
        assert is_serving(first)
        limit_descriptors(server, len(os.listdir(f"/proc/{server.pid}/fd")) + 100)
        clients = [socket.create_connection((server.host, server.grpc_port), 30) for _ in range(200)]
        wait_until(lambda: "too few file descriptors" in server.log(), 20, "the line in the log")
        assert is_serving(first)
        options = [("grpc.use_local_subchannel_pool", 1)]
        last = stack.enter_context(grpc_stub.open_channel(server, authority=authority, options=options))
        waiting = grpc_stub.health(last).Check.future(say(""), wait_for_ready=True)
        for client in clients:
            client.close()
        assert waiting.result(timeout=60).status == 1


def open_files(server):
    """What its descriptors lead to; some are closed while they are looked at."""
    for fd in os.listdir(f"/proc/{server.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(f"/proc/{server.pid}/fd/{fd}")


def inner_port(server):
    """gRPC's own, which the server's port leads to."""
    inodes = set(open_files(server))
    rows = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/{server.pid}/net/{name}").readlines()[1:]]
    ports = {int(row[1].rsplit(":", 1)[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}
    [port] = ports - {server.port, server.grpc_port}
    return port


def is_deaf(address):
    """Does nobody speak to a client there, who is connected all the same?"""
    with socket.create_connection(address, 2) as client:
        try:
            client.recv(1)
            return False
        except TimeoutError:
            return True


def kill_listener(server, address):
    """As a lack of descriptors does."""
    limit_descriptors(server, 3)
    with socket.create_connection(address):
        deaf = is_deaf(address)
    limit_descriptors(server, 1024)
    return deaf and is_deaf(address)


def test_grpc_is_opened_anew_when_its_own_listener_died(tmp_path):
    with serve(tmp_path) as server:
        with grpc_stub.open_channel(server) as channel:
            assert is_serving(channel)
            assert code_of(grpc_stub.backups(open_beside(server)).ListBackups, grpc_stub.messages().ListBackupsRequest()) == (
                grpc.StatusCode.UNAUTHENTICATED  # who comes past the server's port
            )
            address = (server.host, inner_port(server))
            wait_until(lambda: kill_listener(server, address), 60, "a listener that is dead")
            assert is_serving(channel)
        with grpc_stub.open_channel(server, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            assert grpc_stub.health(channel).Check.future(say(""), wait_for_ready=True).result(timeout=90).status == 1
        assert "gRPC did not take connections any more" in server.log()


def open_beside(server):
    return grpc.insecure_channel(f"{server.host}:{inner_port(server)}", [("grpc.enable_http_proxy", 0)])


def test_bodies_on_their_way_are_bounded_together(tmp_path):
    """The calls whose bodies do not end give room; the others are answered."""
    size, calls = 1000000, 200
    with serve(tmp_path, connections=20, requestTimeout=60) as server, contextlib.ExitStack() as stack:
        address = (server.host, server.grpc_port)
        path = f"/{grpc_stub.SERVICE}/DeleteBackup"
        clients = [stack.enter_context(Unfinished(address, path, calls // 10, size)) for _ in range(10)]
        most = (28 << 20) // size  # 8 of 1 MiB, and what connections have beside
        held = lambda: sum(client.taken() for client in clients)  # noqa: E731
        wait_until(lambda: held() <= most and not any(client.is_sending() for client in clients), 60, "the others' end")
        with grpc_stub.open_channel(server) as channel:
            assert is_serving(channel)


def test_bodies_of_calls_that_wait_are_bounded_together(held):
    m = grpc_stub.messages()
    stub, channel, _ = held
    names = [f"a_collection_{number:040}" for number in range(14000)]  # 770 KB
    large = {"collection_names": names, "cancel_on_disconnect": True}
    calls = [stub.CreateBackup.future(m.CreateBackupRequest(backup_name=f"b{number}", **large)) for number in range(20)]
    refused = lambda: [call for call in calls if call.done()]  # noqa: E731
    wait_until(lambda: len(refused()) >= 10, 30, "those that are too many")
    assert is_serving(channel)
    assert {(call.code(), call.details()) for call in refused()} == {
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many bodies at once; try again")
    }
    for call in calls:
        call.cancel()
    longest = m.DeleteBackupRequest(backup_name="x" * 700000)
    wait_until(lambda: not is_refused(stub.DeleteBackup, longest), 30, "room for another body")


def is_refused(method, request):
    try:
        return method(request).code == 0
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        return True


# --- TLS ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def tls(certificates, **more):
    return {"certPath": str(certificates.server.certificate), "keyPath": str(certificates.server.key), **more}


def test_over_tls_plain_text_is_not_understood(certificates, tmp_path):
    with serve(tmp_path, tls=tls(certificates)) as server:
        with grpc_stub.open_channel(server, authority=certificates.authority.certificate) as channel:
            assert is_serving(channel)
        with grpc_stub.open_channel(server) as channel:
            assert code_of(is_serving, channel) == grpc.StatusCode.UNAVAILABLE


def test_with_a_client_ca_nobody_comes_in_without_a_certificate(certificates, tmp_path):
    other = Certificates(tmp_path / "other")
    client_ca = str(certificates.authority.certificate)
    with serve(tmp_path / "server", tls=tls(certificates, clientCAPath=client_ca)) as server:
        authority = certificates.authority.certificate
        with grpc_stub.open_channel(server, certificates.client, authority) as channel:
            assert is_serving(channel)
        for certificate in (None, other.client):
            with grpc_stub.open_channel(server, certificate, authority) as channel:
                assert code_of(is_serving, channel) == grpc.StatusCode.UNAVAILABLE
        assert "handshake" not in server.said().lower()


# --- who may call ------------------------------------------------------------------------------------------------


def requests(m):
    """Of every method, one that would be no success."""
    name = "not_there"
    return {
        "CreateBackup": m.CreateBackupRequest(backup_name="not a name"),
        "GetBackup": m.GetBackupRequest(backup_name=name),
        "ListBackups": m.ListBackupsRequest(),
        "DeleteBackup": m.DeleteBackupRequest(backup_name=name),
        "RestoreBackup": m.RestoreBackupRequest(backup_name=name),
        "GetRestore": m.GetRestoreStateRequest(id=name),
        "ListTasks": m.ListTasksRequest(),
        "GetTask": m.TaskRequest(id=name),
        "CancelTask": m.TaskRequest(id=name),
    }


@pytest.fixture(scope="module")
def guarded(certificates, tmp_path_factory):
    """A server over TLS that knows a reader and a writer by their tokens, and who has the client's certificate."""
    folder = tmp_path_factory.mktemp("guarded")
    server = serve(folder, tls=tls(certificates), credentialsFile=str(folder / "credentials"))
    made = [server.program.ok("credential", "--user", role, "--role", role, "--token") for role in ("read", "write")]
    (folder / "credentials").write_text("".join(result.out for result in made))
    (folder / "credentials").chmod(0o600)
    with server:
        with grpc_stub.open_channel(server, authority=certificates.authority.certificate) as channel:
            yield grpc_stub.backups(channel), [result.err.split()[-1] for result in made], channel


def test_nobody_unknown_calls_a_method_and_anybody_asks_for_health(guarded):
    stub, (token, _), channel = guarded
    wrong = [[], [("authorization", "Bearer x")], [("authorization", f"Basic {token}")], [("authorization", token)]]
    twice = [("authorization", f"Bearer {token}"), ("authorization", "Bearer x")]
    for method, request in requests(grpc_stub.messages()).items():
        for metadata in [*wrong, twice]:
            assert code_of(getattr(stub, method), request, metadata=metadata) == grpc.StatusCode.UNAUTHENTICATED
    assert is_serving(channel)


def test_a_reader_reads_and_a_writer_does_both(guarded):
    stub, (reader, writer), _ = guarded
    changing = {"CreateBackup", "DeleteBackup", "RestoreBackup", "CancelTask"}
    for method, request in requests(grpc_stub.messages()).items():
        getattr(stub, method)(request, metadata=[("authorization", f"Bearer {writer}")])
        options = {"metadata": [("authorization", f"Bearer {reader}")]}
        if method in changing:
            assert code_of(getattr(stub, method), request, **options) == grpc.StatusCode.PERMISSION_DENIED
        else:
            getattr(stub, method)(request, **options)


def test_who_may_not_call_has_no_message_read(guarded):
    """It would be an invalid argument, or too large."""
    _, _, channel = guarded
    for request in (b"\xff", b"\0" * (2 << 20)):
        assert code_of(raw(channel, "DeleteBackup"), request) == grpc.StatusCode.UNAUTHENTICATED


def test_a_certificate_is_a_credential(certificates, tmp_path):
    """Of two that the authority has signed the server knows one, who may read."""
    m = grpc_stub.messages()
    client_ca = str(certificates.authority.certificate)
    server = serve(tmp_path, tls=tls(certificates, clientCAPath=client_ca), credentialsFile=str(tmp_path / "credentials"))
    made = server.program.ok("credential", "--user", "testbed client", "--role", "read", "--certificate")
    (tmp_path / "credentials").write_text(made.out)
    (tmp_path / "credentials").chmod(0o600)
    with server, grpc_stub.open_channel(server, certificates.client, certificates.authority.certificate) as channel:
        stub = grpc_stub.backups(channel)
        assert stub.ListBackups(m.ListBackupsRequest()).code == 0
        assert code_of(stub.DeleteBackup, m.DeleteBackupRequest(backup_name="x")) == grpc.StatusCode.PERMISSION_DENIED


# --- what routes answer ------------------------------------------------------------------------------------------


def test_every_method_answers_with_its_message(channel):
    stub = grpc_stub.backups(channel)
    replies = {name: getattr(stub, name)(request) for name, request in requests(grpc_stub.messages()).items()}
    assert {name: reply.code for name, reply in replies.items()} == {
        **{"CreateBackup": 400, "GetBackup": 404, "ListBackups": 0, "DeleteBackup": 404, "RestoreBackup": 400, "GetRestore": 3},
        **{"ListTasks": 0, "GetTask": 404, "CancelTask": 404},
    }
    assert all(reply.msg for name, reply in replies.items() if name != "ListBackups")


def test_what_is_wrong_is_called_as_in_the_message(channel):
    m = grpc_stub.messages()
    restore = grpc_stub.backups(channel).RestoreBackup
    assert restore(m.RestoreBackupRequest(backup_name="b", dropFirst=True)).msg.endswith("; add dropExistCollection")
    assert restore(m.RestoreBackupRequest(backup_name="b", until="noon")).msg.startswith("until: 'noon'")
    skip = m.RestoreBackupRequest(backup_name="b", metaOnly=True, truncateBinlogByTs=True)
    assert restore(skip).msg.startswith("truncateBinlogByTs: ")


@pytest.mark.parametrize("key", ["request_id", "request-id"])
def test_the_request_id_comes_from_the_metadata_or_the_message(channel, key):
    stub, m = grpc_stub.backups(channel), grpc_stub.messages()
    request = m.DeleteBackupRequest(backup_name="not_there", requestId="of the message")
    assert stub.DeleteBackup(request, metadata=[(key, "of the call")]).requestId == "of the call"
    assert stub.DeleteBackup(request).requestId == "of the message"
    for unfit in ("two\nlines", "x" * 201):
        request.requestId = unfit
        assert len(stub.DeleteBackup(request).requestId) == 36  # one that was made up


def test_check_tells_what_is_wrong_in_its_reply(channel):
    """There is no Milvus."""
    reply = grpc_stub.backups(channel).Check(grpc_stub.messages().CheckRequest())
    assert reply.code == 3 and "ilvus" in reply.msg


# --- tasks -------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(tmp_path):
    """A server whose Milvus answers nothing before it is released: its stub, its channel and what to release."""
    with Collections({"default": ["a"]}) as milvus:
        held = Held(milvus.answers["Connect"][0])
        milvus.answers["Connect"] = held
        with serve(tmp_path, {"address": "127.0.0.1", "port": milvus.port}) as server:
            with grpc_stub.open_channel(server) as channel:
                try:
                    yield grpc_stub.backups(channel), channel, held
                finally:
                    held.released.set()


def test_a_task_is_seen_and_cancelled(held):
    m = grpc_stub.messages()
    stub, _, held = held
    create = stub.CreateBackup.future(m.CreateBackupRequest(backup_name="b", requestId="one"))
    wait_until(lambda: stub.GetTask(m.TaskRequest(id="one")).data.state == "running", 20, "the task")
    listed = stub.ListTasks(m.ListTasksRequest(state="running", limit=1))
    assert (listed.total, [task.id for task in listed.data]) == (1, ["one"])
    assert stub.ListTasks(m.ListTasksRequest(kind="restore")).total == 0
    assert stub.CancelTask(m.TaskRequest(id="one")).code == 0
    assert create.result(timeout=30).code == 3
    task = stub.GetTask(m.TaskRequest(id="one")).data
    assert (task.state, task.backup_name, task.seconds_left) == ("cancelled", "b", -1) and task.ended_at > task.queued_at


def test_a_call_that_is_cancelled_takes_along_what_is_bound_to_it(held):
    m = grpc_stub.messages()
    stub, _, _ = held
    free = stub.CreateBackup.future(m.CreateBackupRequest(backup_name="a", requestId="free"))
    bound = m.CreateBackupRequest(backup_name="b", requestId="bound", cancel_on_disconnect=True)
    calls = [free, stub.CreateBackup.future(bound), stub.CreateBackup.future(m.CreateBackupRequest(
        backup_name="c", requestId="late", cancel_on_disconnect=True), timeout=3)]
    state = lambda name: stub.GetTask(m.TaskRequest(id=name)).data.state  # noqa: E731
    for name in ("free", "bound"):
        wait_until(lambda name=name: state(name) == "running", 20, "the task")
    for call in calls[:2]:
        call.cancel()
    wait_until(lambda: state("bound") == "cancelled", 20, "the end of the bound task")
    wait_until(lambda: state("late") == "cancelled", 20, "the end of the task whose client had no time")
    assert state("free") == "running"


def test_health_and_tasks_are_answered_while_all_others_wait(held):
    m = grpc_stub.messages()
    stub, channel, held = held
    waiting = [stub.Check.future(m.CheckRequest()) for _ in range(40)]
    assert is_serving(channel) and stub.ListTasks(m.ListTasksRequest()).code == 0
    assert not any(call.done() for call in waiting)
    held.released.set()
    assert all(call.result(timeout=60) for call in waiting)


# --- its life ----------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_said(server, tmp_path):
    (tmp_path / "store").mkdir()
    config = server.program.config
    port = config["server"]["grpcPort"]
    assert f":{port}" in server.said().split("gRPC on ")[1]
    result = Program(tmp_path, config).run("server", "-p", "0")
    assert result.code == 2 and f"port {port} at {server.host} is in use" in result.err, result
    assert "server.grpcPort" in result.err


def test_it_listens_on_ipv6(tmp_path):
    with serve(tmp_path, address="::1") as server, grpc_stub.open_channel(server) as channel:
        assert f"gRPC on [::1]:{server.grpc_port}" in server.said()
        assert is_serving(channel)


def test_while_it_stops_health_says_so_and_who_waits_is_answered(tmp_path):
    m = grpc_stub.messages()
    with Collections({"default": ["a"]}) as milvus:
        held = Held(milvus.answers["ListDatabases"])
        milvus.answers["ListDatabases"] = held
        address = {"address": "127.0.0.1", "port": milvus.port}
        with serve(tmp_path, milvus=address, shutdownTimeout=60) as server, grpc_stub.open_channel(server) as channel:
            create = grpc_stub.backups(channel).CreateBackup.future(m.CreateBackupRequest(backup_name="b"))
            wait_until(lambda: milvus.count("ListDatabases") > 0, 20, "the question to Milvus")
            watching = grpc_stub.health(channel).Watch(say(""))
            assert next(watching).status == 1
            server.tell()
            assert next(watching).status == 2
            wait_until(lambda: not is_serving(channel), 20, "NOT_SERVING")
            assert not create.done()
            held.released.set()
            reply = create.result(timeout=30)
            assert reply.data.name == "b" and reply.msg, reply
            assert code_of(next, watching) == grpc.StatusCode.UNAVAILABLE
            assert server.finish() == 0


def test_it_ends_although_a_client_holds_a_call_open(tmp_path):
    with serve(tmp_path, requestTimeout=60) as server, grpc_stub.open_channel(server) as channel:
        never = threading.Event()
        method = channel.stream_unary(f"/{grpc_stub.SERVICE}/Check", lambda request: request, lambda reply: reply)
        call = method.future(iter(never.wait, True))
        assert is_serving(channel)
        server.stop(timeout=20)
        wait_until(call.done, 10, "the end of the call")
        assert call.code() == grpc.StatusCode.UNAVAILABLE
        never.set()
