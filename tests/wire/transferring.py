"""Backups on their way between a bucket and a folder."""

import json

from wire.restoring import Backup

BUCKET = "a-bucket"
MIB = 1 << 20
FOR_EVER = 1 << 30


def keys_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def backup_in(folder, segments=6, weight=10):
    """The keys below folder of a backup with so many segments."""
    backup = Backup(folder).partition(10, "_default")
    for number in range(segments):
        backup.segment(20 + number)
    for segment in backup.collection["partition_backups"][0]["segment_backups"]:
        for field in segment["binlogs"]:
            if field["fieldID"] == 101:
                field["binlogs"][0]["log_size"] = weight
    backup.write()
    for path in folder.glob("binlogs/insert_log/**/101/7"):
        path.write_bytes(bytes(weight))
    return keys_below(folder)


def bucket_config(store, port, root):
    keys = {**store.storage(BUCKET, "files"), "port": port, "backupBucketName": BUCKET, "backupRootPath": root}
    return {"minio": keys}


def folder_config(path):
    keys = {"storageType": "local", "bucketName": "none", "rootPath": str(path / "m"), "backupRootPath": str(path)}
    return {"minio": keys}


def record(folder):
    """Writes meta/objects.jsonl, as create does; the key of that file, too."""
    lines = [{"key": key, "size": (folder / key).stat().st_size} for key in sorted(keys_below(folder)) if key[:8] == "binlogs/"]
    (folder / "meta" / "objects.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {"meta/objects.jsonl"}


def to(program, config):
    """The configuration of the other side, as --to and --from take it."""
    path = program.folder / "other.yaml"
    path.write_text(json.dumps(config))
    return path


def move(store, behind, program, root, heavy, tmp_path):
    """A transfer into the bucket: from the bucket, by copies, or from a folder, in parts."""
    program.config = bucket_config(store, behind.port, f"{root}/to")
    program.configure()
    if not heavy:
        made = backup_in(store.data / BUCKET / root / "from" / "b", segments=2)
        return ["transfer", "-n", "b", "--from", to(program, bucket_config(store, behind.port, f"{root}/from"))], made
    made = backup_in(tmp_path / "from" / "b", segments=1, weight=24 * MIB)
    return ["transfer", "-n", "b", "--from", to(program, folder_config(tmp_path / "from"))], made
