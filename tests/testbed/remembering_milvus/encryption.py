"""Encrypted databases: every object of theirs is sealed with the key of its database, and opened only with that.

The key service behind a server is its dict key_service: what an import names as key -> the key that it stands for.  Empty,
each key stands for itself, as where server and key service are those that the backup comes from.
"""

import json

from testbed.remembering_milvus.errors import Refused

ENABLED, ZONE, ROOT_KEY = "cipher.enabled", "cipher.ezID", "cipher.key"


def zone_of(database):
    return {key: value for key, value in database.properties.items() if key == ZONE}


class Sealed:
    """A place whose objects are sealed with a key; "" leaves them as they are."""

    def __init__(self, place, key):
        self._place, self._key = place, key

    def __getattr__(self, name):
        return getattr(self._place, name)

    def put(self, key, data):
        sealed = {"sealed_with": self._key, **json.loads(data)} if self._key else None
        self._place.put(key, json.dumps(sealed).encode() if sealed else data)

    def get(self, key):
        data = self._place.get(key)
        content = json.loads(data)
        sealed = content.pop("sealed_with", "") if isinstance(content, dict) else ""
        if sealed != self._key:
            raise Refused(f"{key} cannot be opened with the key {self._key!r}")
        return json.dumps(content).encode() if sealed else data
