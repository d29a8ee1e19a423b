"""A Milvus that holds the collections of testbed.data, with all that a test of the program needs to know about it."""

import json

from testbed.data import COLLECTIONS, make_collections
from testbed.places import BucketPlace, FolderPlace
from testbed.rows import read_collections

BACKUPS = "backup/"


class Site:
    """place holds Milvus' objects below `data_prefix` and the backups below BACKUPS."""

    def __init__(self, milvus):
        self.milvus = milvus
        make_collections(milvus)
        self.rows = read_collections(milvus, COLLECTIONS)
        if milvus.store:
            self.place = BucketPlace(milvus.store, milvus.bucket)
            self.data_prefix = f"{milvus.root_path}/"
        else:
            self.place = FolderPlace(milvus.root_path)
            self.data_prefix = ""

    @property
    def config(self):
        return self.milvus.config()

    def backup(self, name):
        """Key, without the backup's directory, -> size."""
        prefix = f"{BACKUPS}{name}/"
        return {key.removeprefix(prefix): size for key, size in self.place.keys(prefix).items()}

    def meta(self, name, file="full_meta.json"):
        return json.loads(self.place.get(f"{BACKUPS}{name}/meta/{file}"))

    def put_backup(self, name, files):
        """Lays a backup that was made elsewhere into the place."""
        for key, data in files.items():
            self.place.put(f"{BACKUPS}{name}/{key}", data)

    def remove_backup(self, name):
        """Takes it away as a person with a copy tool would."""
        for key in self.place.keys(f"{BACKUPS}{name}/"):
            self.place.remove(key)

    def collections(self):
        """The (database, collection) pairs that exist now."""
        with self.milvus.client() as client:
            databases = client.list_databases()
        found = set()
        for database in databases:
            with self.milvus.client(database) as client:
                found |= {(database, name) for name in client.list_collections()}
        return found

    def drop(self, collections):
        for database, name in collections:
            with self.milvus.client(database) as client:
                client.drop_collection(name)
        self._drop_databases_but({"default", "sales"})

    def _drop_databases_but(self, kept):
        with self.milvus.client() as client:
            for database in set(client.list_databases()) - kept:
                client.drop_database(database)
