"""scripts/testbed: starts servers by hand, prints how to reach them, stops them at Ctrl-C."""

import argparse
import contextlib
import signal
import sys

import testbed
from testbed.zoo import ZOO

SERVERS = {
    "milvus": testbed.Milvus,
    "versitygw": testbed.VersityGw,
    "seaweedfs": testbed.SeaweedS3,
    "rclone": testbed.RcloneS3,
    "fake-gcs": testbed.FakeGcs,
    "azurite": testbed.Azurite,
    "toxiproxy": testbed.Toxiproxy,
    **ZOO,
}
S3_SERVERS = {"s3": "versitygw", "versitygw": "versitygw", "seaweedfs": "seaweedfs", "rclone": "rclone"}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/testbed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="print the servers that can be started")
    start = commands.add_parser("start", help="start a server and keep it until Ctrl-C")
    start.add_argument("server", choices=SERVERS)
    start.add_argument("--folder", help="keep logs and data here (default: a temporary folder)")
    milvus = start.add_argument_group("only for milvus")
    milvus.add_argument("--version", default="2.3.5", choices=["2.3.5", "2.2.16"])
    milvus.add_argument("--storage", default="local", choices=["local", *S3_SERVERS])
    arguments = parser.parse_args()
    if arguments.command == "start" and arguments.server != "milvus" and arguments.storage != "local":
        parser.error("--storage is for milvus")
    return arguments


def make_server(arguments, running):
    if arguments.server != "milvus":
        return SERVERS[arguments.server](arguments.folder)
    storage = "local"
    if arguments.storage != "local":
        storage = running.enter_context(SERVERS[S3_SERVERS[arguments.storage]]())
    return testbed.Milvus(arguments.version, storage, arguments.folder)


def start(arguments):
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.ExitStack() as running:
        server = running.enter_context(make_server(arguments, running))
        print(f"{arguments.server} runs (pid {server.pid}, log {server.log})")
        print("\n".join(server.snippet()))
        print("Ctrl-C stops it.", flush=True)
        server.process.wait()
        print(f"{arguments.server} ended by itself:\n{server.log_tail()}", file=sys.stderr)
        return 1


def main():
    arguments = parse_arguments()
    if arguments.command == "list":
        print("\n".join(f"{name:12} {server.summary()}" for name, server in SERVERS.items()))
        return 0
    try:
        return start(arguments)
    except KeyboardInterrupt:
        return 0
    except testbed.ServerError as error:
        print(error, file=sys.stderr)
        return 1


sys.exit(main())
