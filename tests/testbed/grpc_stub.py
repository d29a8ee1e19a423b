"""Stubs made from our .proto files by grpcio-tools, as anybody would make them, and channels to a server."""

import functools
import importlib
import importlib.resources
import sys
import tempfile

import grpc
from grpc_tools import protoc

from testbed.components import ROOT

PROTOS = ROOT / "engine" / "rpc" / "proto"
SERVICE = "milvus.proto.backup.MilvusBackupService"


@functools.cache
def generated():
    """The folder with the modules; it lives as long as this process."""
    folder = tempfile.TemporaryDirectory(prefix="stubs-")
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    names = sorted(path.name for path in PROTOS.glob("*.proto"))
    arguments = [f"-I{PROTOS}", f"-I{well_known}", f"--python_out={folder.name}", f"--grpc_python_out={folder.name}", *names]
    assert protoc.main(["protoc", *arguments]) == 0
    sys.path.append(folder.name)
    return folder


def module(name):
    """"milvus_backup_pb2", "milvus_backup_pb2_grpc", "health_pb2", ..."""
    generated()
    return importlib.import_module(name)


def messages():
    return module("milvus_backup_pb2")


def open_channel(server, certificate=None, authority=None, options=()):
    """To a BackupServer; with authority (a file) over TLS, with a testbed.tls.Certificate as a client that has one."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    target = f"{host}:{server.grpc_port}"
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.enable_http_proxy", 0), *options]
    if authority is None:
        return grpc.insecure_channel(target, unlimited)
    read = lambda path: path.read_bytes() if path else None
    key, chain = (certificate.key, certificate.certificate) if certificate else (None, None)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(read(authority), read(key), read(chain)), unlimited)


def backups(channel):
    return module("milvus_backup_pb2_grpc").MilvusBackupServiceStub(channel)


def health(channel):
    return module("health_pb2_grpc").HealthStub(channel)
