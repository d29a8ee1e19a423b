"""Objects as they lie in a store, looked at and changed from outside: a folder or a bucket."""

from pathlib import Path


class FolderPlace:
    def __init__(self, root):
        self.root = Path(root)

    def keys(self, prefix=""):
        """Key -> size of every object whose key starts with prefix."""
        files = (path for path in (self.root / prefix.rpartition("/")[0]).rglob("*") if path.is_file())
        sizes = {path.relative_to(self.root).as_posix(): path.stat().st_size for path in files}
        return {key: size for key, size in sizes.items() if key.startswith(prefix)}

    def get(self, key):
        return (self.root / key).read_bytes()

    def put(self, key, data):
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, key):
        (self.root / key).unlink()

    def rubbish(self, prefix):
        """What a store keeps that is no object: empty directories below prefix."""
        folders = [path for path in self.root.rglob("*") if path.is_dir() and not any(path.iterdir())]
        names = [path.relative_to(self.root).as_posix() for path in folders]
        return [name for name in names if name.startswith(prefix)]


class BucketPlace:
    def __init__(self, store, bucket):
        self.store = store
        self.bucket = bucket
        self._client = store.client()

    def keys(self, prefix=""):
        return self.store.keys(self.bucket, prefix)

    def get(self, key):
        return self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def put(self, key, data):
        self._client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def remove(self, key):
        self._client.delete_object(Bucket=self.bucket, Key=key)

    def rubbish(self, prefix):
        """What a store keeps that is no object: uploads below prefix that were neither completed nor aborted."""
        return [key for key in self.store.uploads(self.bucket) if key.startswith(prefix)]
