"""The servers that stand for the services of the S3 drivers: some as they are, some behind a strict proxy."""

import contextlib

from testbed.stores import GoFakeS3, RcloneS3, SeaweedS3, VersityGw
from testbed.strict_proxy import ChecksumOfEveryPart, RefuseAwsChunked, RefusePathStyle, StrictProxy
from wire.s3_rules import CapitalEtags, ContentMd5, Unsized

DOMAIN = "oss.localhost"


def options(store, address, port):
    keys = {"auth.accessKeyID": store.access_key, "auth.secretAccessKey": store.secret_key}
    return {"address": address, "port": port, "useSSL": "false", **keys}


@contextlib.contextmanager
def direct(make):
    with make() as store:
        yield store, options(store, store.address, store.port)


@contextlib.contextmanager
def strict(code):
    """Virtual hosts only, plain bodies only, and ETags in capitals."""
    with VersityGw(virtual_domain=DOMAIN) as store:
        rules = [RefusePathStyle(DOMAIN, code), RefuseAwsChunked(), CapitalEtags(store.secret_key)]
        with StrictProxy(store.port, rules) as proxy:
            yield store, options(store, DOMAIN, proxy.port)


@contextlib.contextmanager
def checksums():
    with VersityGw() as store, StrictProxy(store.port, [ChecksumOfEveryPart()]) as proxy:
        yield store, options(store, store.address, proxy.port)


@contextlib.contextmanager
def older():
    with VersityGw() as store, StrictProxy(store.port, [ContentMd5(), Unsized()]) as proxy:
        yield store, options(store, store.address, proxy.port)


SERVERS = {
    "checksums": checksums,
    "older": older,
    "versitygw": lambda: direct(VersityGw),
    "seaweedfs": lambda: direct(SeaweedS3),
    "rclone": lambda: direct(RcloneS3),
    "gofakes3": lambda: direct(GoFakeS3),
    "oss": lambda: strict("SecondLevelDomainForbidden"),
    "cos": lambda: strict("PathStyleDomainForbidden"),
    "obs": lambda: strict("VirtualHostDomainRequired"),
}
STRICT = ("oss", "cos", "obs")

PAIRS = [
    *((server, driver) for driver in ("minio", "s3") for server in ("versitygw", "seaweedfs", "rclone")),
    ("versitygw", "gcp"),
    ("oss", "aliyun"),
    ("cos", "tencent"),
    ("obs", "hwc"),
]
