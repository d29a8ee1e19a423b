"""The server: memory idle and after many tasks, and how get and list answer with many backups and clients."""

import concurrent.futures
import json
import re
import selectors
import shutil
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

import grpc
from testbed import grpc_stub
from testbed.backup_server import BackupServer
from testbed.components import ROOT
from testbed.ports import free_port
from testbed.program import Program
from testbed.server import wait_until
from wire.creating import Collections
from wire.rest import DATABASES, configuration
from wire.transferring import BUCKET, bucket_config

from bench.stores import KeptVersityGw

IDLE_MIB = 35
MORE_MIB = 8
P99_TO_P50 = 5
MANY_TO_ONE = 5
HOST = "127.0.0.1"
LENGTH = re.compile(rb"Content-Length: (\d+)")


def add_arguments(parser):
    parser.add_argument("--tasks", type=int, default=1000, help="tasks before memory is measured (default: 1000)")
    parser.add_argument("--backups", type=int, default=1000, help="backups in the storage (default: 1000)")
    parser.add_argument("--clients", type=int, default=50, help="clients at once (default: 50)")
    parser.add_argument("--seconds", type=float, default=10, help="for get and for list (default: 10)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="the build folder")


def rss(server):
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


class Client:
    """One connection that is kept."""

    def __init__(self, server):
        self.connection = server.connect()

    def call(self, method, target, body=None):
        body = None if body is None else json.dumps(body)
        self.connection.request(method, f"/api/v1/{target}", body)
        reply = self.connection.getresponse()
        content = reply.read()
        assert reply.status == 200, (reply.status, content)
        return content


def verify_many(server, name, count):
    """Small tasks, one after the other from each of a few clients, until so many have ended."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def work():
        client = Client(server)
        while True:
            with lock:
                if next(numbers, None) is None:
                    return
            client.call("POST", "verify", {"backup_name": name})

    workers = [threading.Thread(target=work) for _ in range(4)]
    for it in workers:
        it.start()
    for it in workers:
        it.join()


class Line:
    """A client that has one request under way at a time; many of them share a thread, so that none waits for others'
    turns at the interpreter."""

    def __init__(self, server, targets, first):
        self.socket = socket.create_connection((server.host, server.port))
        self.socket.setblocking(False)
        self.targets, self.next = targets, first
        self.took = []

    def ask(self):
        target = self.targets[self.next % len(self.targets)]
        self.next += 7
        self.answer = b""
        self.begun = time.monotonic()
        self.socket.sendall(f"GET /api/v1/{target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

    def take(self):
        """True when the answer is there as a whole."""
        self.answer += self.socket.recv(1 << 20)
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            return False
        assert head.startswith(b"HTTP/1.1 200 "), head
        if len(body) < int(LENGTH.search(head)[1]):
            return False
        self.took.append(time.monotonic() - self.begun)
        return True


def load(server, targets, clients, seconds):
    """Latencies of all requests, sorted, and how many there were in a second."""
    lines = [Line(server, targets, i) for i in range(clients)]
    begun = time.monotonic()
    with selectors.DefaultSelector() as ready:
        for line in lines:
            ready.register(line.socket, selectors.EVENT_READ, line)
            line.ask()
        while ready.get_map():
            for key, _ in ready.select(60):
                if not key.data.take():
                    continue
                if time.monotonic() < begun + seconds:
                    key.data.ask()
                else:
                    ready.unregister(key.fileobj)
    for line in lines:
        line.socket.close()
    took = sorted(it for line in lines for it in line.took)
    return took, len(took) / (time.monotonic() - begun)


class Call:
    """A client of gRPC with a connection of its own, which has one call under way at a time and leaves the answers
    unopened. What it takes is with the client's own work, more than a Line's."""

    def __init__(self, server, method, requests, first, until):
        self.channel = grpc_stub.open_channel(server, options=[("grpc.use_local_subchannel_pool", 1)])
        self.method = self.channel.unary_unary(f"/{grpc_stub.SERVICE}/{method}", request_serializer=bytes)
        self.requests, self.next, self.until = requests, first, until
        self.took, self.over = [], threading.Event()

    def ask(self):
        request = self.requests[self.next % len(self.requests)]
        self.next += 7
        self.begun = time.monotonic()
        self.method.future(request).add_done_callback(self.take)

    def take(self, answer):
        now = time.monotonic()
        self.took.append(now - self.begun)
        if answer.code() == grpc.StatusCode.OK and now < self.until:
            self.ask()
        else:
            self.answer = answer
            self.over.set()


def load_grpc(server, method, requests, clients, seconds):
    """As load, of one method with messages."""
    begun = time.monotonic()
    calls = [Call(server, method, [it.SerializeToString() for it in requests], i, begun + seconds) for i in range(clients)]
    for call in calls:
        call.ask()
    for call in calls:
        assert call.over.wait(seconds + 60), "a call has no answer"
        call.answer.result()
    rate = sum(len(call.took) for call in calls) / (time.monotonic() - begun)
    for call in calls:
        call.channel.close()
    return sorted(it for call in calls for it in call.took), rate


def tell(report, what, took, rate):
    """Prints the latencies; gives the median and the 99th percentile."""
    p50, p99 = statistics.median(took), took[min(len(took) - 1, int(len(took) * 0.99))]
    report.note(f"{what}: p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, {rate:.0f} requests/s ({len(took)} requests)")
    return p50, p99


def measure_grpc(arguments, report, server, rest):
    """The same by gRPC, beside REST's medians."""
    m = grpc_stub.messages()
    asked = {
        "get": ("GetBackup", [m.GetBackupRequest(backup_name=f"b{i}") for i in range(arguments.backups)]),
        "list": ("ListBackups", [m.ListBackupsRequest()]),
    }
    for what, (method, requests) in asked.items():
        p50, _ = tell(report, f"{what} by gRPC", *load_grpc(server, method, requests, arguments.clients, arguments.seconds))
        report.note(f"{what}, p50 by gRPC to that by REST: {p50 / rest[what]:.2f}")


def measure_s3(arguments, report, binary, made, folder):
    """Listing the same backups in a bucket, by one client: there each file that is read is a request."""
    with KeptVersityGw() as store:
        client = store.client()
        client.create_bucket(Bucket=BUCKET)
        files = [path for path in made.rglob("*") if path.is_file()]
        bodies = {str(path.relative_to(made)): path.read_bytes() for path in files}
        keys = [(f"backups/b{i}/{name}", body) for i in range(arguments.backups) for name, body in bodies.items()]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda it: client.put_object(Bucket=BUCKET, Key=it[0], Body=it[1]), keys))
        with BackupServer(Program(folder, bucket_config(store, store.port, "backups"), binary)) as server:
            for what in ("list", "list?all=true&detail=true"):
                client, took = Client(server), []
                for _ in range(4):
                    begun = time.monotonic()
                    answer = json.loads(client.call("GET", what))
                    took.append(time.monotonic() - begun)
                    assert len(answer["data"]) == arguments.backups
                report.note(f"{what} on S3, {arguments.backups} backups: first {took[0]:.2f} s, then {min(took[1:]):.2f} s")
            report.note(f"RSS after it: {rss(server):.1f} MiB")


def run(arguments, report):
    with tempfile.TemporaryDirectory(prefix="mb-bench-") as name, Collections(DATABASES) as milvus:
        folder = Path(name)
        (folder / "data").mkdir()
        binary = arguments.build / "bin" / "milvus-backup"
        program = Program(folder / "program", configuration(milvus, folder, server={"grpcPort": free_port()}), binary)
        with BackupServer(program) as server:
            report.note(f"RSS before anything was asked: {rss(server):.1f} MiB")
            client = Client(server)
            client.call("POST", "create", {"backup_name": "b0", "collection_names": ["empty"]})
            for _ in range(2):
                client.call("POST", "verify", {"backup_name": "b0"})
            idle = rss(server)  # with the pages of libraries that the first task of its kind has the kernel read
            report.goal("idle RSS", idle, IDLE_MIB, " MiB")
            begun = time.monotonic()
            verify_many(server, "b0", arguments.tasks)
            report.note(f"{arguments.tasks} verifies in {time.monotonic() - begun:.1f} s")
            wait_until(lambda: server.get("tasks", state="running", limit=1).json()["total"] == 0, 60, "their end")
            report.goal(f"RSS after {arguments.tasks} tasks, more", rss(server) - idle, MORE_MIB, " MiB")
        for i in range(1, arguments.backups):
            shutil.copytree(folder / "backup" / "b0", folder / "backup" / f"b{i}")
        with BackupServer(program) as server:
            gets = [f"get_backup?backup_name=b{i}" for i in range(arguments.backups)]
            p50, p99 = tell(report, "get", *load(server, gets, arguments.clients, arguments.seconds))
            report.goal("get, p99 to p50", p99 / p50, P99_TO_P50)
            one, _ = tell(report, "list, one client", *load(server, ["list"], 1, arguments.seconds))
            many, _ = tell(report, "list", *load(server, ["list"], arguments.clients, arguments.seconds))
            report.goal("list, p50 of all clients to that of one alone", many / one, MANY_TO_ONE)
            measure_grpc(arguments, report, server, {"get": p50, "list": many})
            report.note(f"RSS after all of it: {rss(server):.1f} MiB")
        measure_s3(arguments, report, binary, folder / "backup" / "b0", folder / "s3")
