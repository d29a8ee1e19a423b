"""Storage that this Milvus is told of: an address in the form of a URI, and how to prove who it is."""

import json
import re

from botocore.exceptions import BotoCoreError, ClientError

from testbed.places import BucketPlace
from testbed.remembering_milvus.errors import Refused, Wrong
from testbed.stores import S3Store

PROVIDERS = {"minio", "aws", "gcp", "gcpnative", "azure", "aliyun", "tencent", "huawei"}
KEYS = {"cloud_provider", "use_ssl", "region", "use_iam", "iam_endpoint", "access_key_id", "access_key_value", "credential_json"}
OWN, ELSEWHERE = re.compile(r"s3://([^/]+)/(.+)"), re.compile(r"minio://([^/:]+):(\d+)/([^/]+)/(.+)")


class Reached(S3Store):
    """A service that somebody else has started."""

    def __init__(self, address, port, access_key, secret_key, region=None):
        self.address, self.port = address, port
        self.access_key, self.secret_key = access_key, secret_key
        self.region = region or S3Store.region


def read_spec(text):
    """The members of `extfs`; None where nothing was said."""
    if text == "":
        return None
    try:
        spec = json.loads(text)
    except ValueError:
        raise Wrong("an external_spec that is no JSON") from None
    extfs = spec.get("extfs") if isinstance(spec, dict) and set(spec) == {"extfs"} else None
    if not isinstance(extfs, dict) or not all(isinstance(value, str) for value in extfs.values()):
        raise Wrong("an external_spec that is no object of texts in `extfs`")
    if set(extfs) - KEYS or extfs.get("cloud_provider") not in PROVIDERS or extfs.get("use_ssl") not in ("true", "false"):
        raise Wrong(f"an external_spec with {sorted(extfs)}, of provider {extfs.get('cloud_provider')}")
    ways = [("access_key_id" in extfs and "access_key_value" in extfs), extfs.get("use_iam") == "true", "credential_json" in extfs]
    if sum(ways) != 1:
        raise Wrong("an external_spec that proves nothing, or in several ways")
    return extfs


def reach(own, uri, spec):
    """The place and the key that a URI means to a Milvus whose own data are in a bucket, own."""
    extfs = read_spec(spec)
    if match := OWN.fullmatch(uri):
        if extfs is not None:
            raise Wrong(f"{uri} is in this Milvus' own service, but keys for another one are sent")
        return BucketPlace(own.store, match[1]), match[2]
    if not (match := ELSEWHERE.fullmatch(uri)):
        raise Wrong(f"{uri} is no address of an object")
    address, port, bucket, key = match[1], int(match[2]), match[3], match[4]
    if extfs is None:
        store = Reached(address, port, own.store.access_key, own.store.secret_key)
    else:
        mine = (own.store.port, own.store.access_key, own.store.secret_key)
        if (port, extfs.get("access_key_id"), extfs.get("access_key_value")) == mine:
            raise Wrong(f"{uri} is in this Milvus' own service, but its own keys are sent for it")
        store = Reached(address, port, extfs.get("access_key_id"), extfs.get("access_key_value"), extfs.get("region"))
    place = BucketPlace(store, bucket)
    try:
        place.keys(key)
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"{uri} cannot be reached: {error}; external spec was {spec}") from None
    return place, key
