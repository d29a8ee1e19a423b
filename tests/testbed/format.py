"""What the JSON files of a backup may look like: the rules of format_schema.txt, and what the files say of each other.

check_backup gives a list of faults, each with the name of its rule. Nothing here knows how our program writes.
"""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("format_schema.txt")
WRITERS = {"old": {"0.4.15"}, "new": {"0.5.16", "newest"}, "newest": {"newest"}, "": {"0.4.15", "0.5.16", "newest"}}
RANGES = {"int32": (-(2**31), 2**31), "int64": (-(2**63), 2**63), "uint64": (0, 2**64)}
OWN_FILES = {"objects.jsonl"}  # of our program; in_progress.json is gone when a backup is complete
OLD_FILES = {"channel_cp_meta.json"}
OWN_KEYS = {"replica_number", "row_count"}  # of a collection, beside those of the table


class Members(list):
    """An object: its (key, value) pairs in their order."""

    def get(self, key, default=None):
        return next((value for name, value in self if name == key), default)

    def keys(self):
        return [name for name, _ in self]


@dataclass(frozen=True)
class Fault:
    rule: str
    where: str
    text: str


@dataclass(frozen=True)
class Row:
    key: str
    type: str
    presence: str


def load_table(writer="newest"):
    """messages: name -> rows; files: name -> (type, paths that it lacks), and `absent` those that a snapshot lacks."""
    messages, files, last = {}, {}, None
    absent = set()
    for line in TABLE.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "file":
            files[words[1]] = (words[2], set())
            last = words[1]
        elif words[0] == "without":
            files[last][1].update(words[1:])
        elif words[0] == "absent":
            absent.add(last)
        elif words[0] == "message":
            rows = messages[words[1]] = []
        elif writer in WRITERS[words[3] if len(words) > 3 else ""]:
            rows.append(Row(*words[:3]))
    if writer == "0.4.15":
        files["collection_meta.json"] = ("[Collection]", set())  # complete nested copies
    return messages, files, absent


# ------------------------------------------------------------------ text


def go_text(text):
    """As Go's encoding/json spells it."""
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
    out = []
    for c in text:
        if c in short:
            out.append(short[c])
        elif c < " " or c in "<>&\u2028\u2029":
            out.append(f"\\u{ord(c):04x}")
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def go_json(value):
    if isinstance(value, Members):
        return "{" + ",".join(f"{go_text(key)}:{go_json(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(go_json, value)) + "]"
    return go_text(value) if isinstance(value, str) else json.dumps(value)


def spelling_faults(name, data):
    """The value, and what is wrong with how it is spelt."""
    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=Members)
    except ValueError as error:
        return None, [Fault("json", name, str(error))]
    # What was no UTF-8 is spelt as an escape, a replacement character of its own is not.
    told = re.sub(r"\\\\|\\ufffd", lambda match: "\ufffd" if match[0][1] == "u" else match[0], text)
    if told == go_json(value):
        return value, []
    at = next((i for i, pair in enumerate(zip(told, go_json(value))) if pair[0] != pair[1]), -1)
    return value, [Fault("spelling", name, f"not as Go spells it: ...{text[max(at - 30, 0) : at + 30]!r}")]


# ----------------------------------------------------------------- table


class Check:
    def __init__(self, writer):
        self.messages, self.files, self.absent = load_table(writer)
        self.faults = []

    def fault(self, rule, where, text):
        self.faults.append(Fault(rule, where, text))

    def value(self, where, kind, value, without=()):
        """One that is there."""
        if value is None:
            self.fault("null", where, "null is never written")
        elif kind in RANGES:
            self.number(where, kind, value)
        elif kind == "bool":
            self.is_a(where, kind, value, bool)
        elif kind.startswith("text"):
            names = kind.partition("=")[2].split("|")
            if self.is_a(where, "text", value, str) and names != [""] and value not in ("", *names):
                self.fault("value", where, f"{value!r} is none of {names}")
        elif kind == "base64":
            self.base64(where, value)
        elif kind[0] == "[":
            if self.is_a(where, "list", value, list) and self.is_a(where, "list", value, Members, wanted=False):
                for i, item in enumerate(value):
                    self.value(f"{where}[{i}]", kind[1:-1], item, without)
        elif kind[0] == "{":
            self.map(where, kind[1:-1], value)
        elif self.is_a(where, "object", value, Members):
            self.message(where, kind, value, without)

    def is_a(self, where, kind, value, python, wanted=True):
        right = isinstance(value, python) == wanted
        if not right:
            self.fault("type", where, f"{value!r} is no {kind}"[:120])
        return right

    def number(self, where, kind, value):
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault("type", where, f"{value!r} is no bare whole number")
        elif not RANGES[kind][0] <= value < RANGES[kind][1]:
            self.fault("range", where, f"{value} is no {kind}")

    def base64(self, where, value):
        if not self.is_a(where, "base64", value, str):
            return
        try:
            same = base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
        except ValueError:
            same = False
        if not same:
            self.fault("base64", where, f"{value!r} is no base64 with padding")

    def map(self, where, kind, value):
        if not self.is_a(where, "map", value, Members):
            return
        keys = [key.encode() for key in value.keys()]
        if keys != sorted(set(keys)):
            self.fault("sorted", where, f"keys are not sorted by bytes, or come twice: {value.keys()}")
        for key, item in value:
            self.value(f"{where}.{key}", kind, item)

    def message(self, where, name, value, without):
        rows = {row.key: row for row in self.messages[name]}
        order = [key for key in rows if key in value.keys()]
        if len(set(value.keys())) < len(value):
            self.fault("twice", where, f"a key comes twice: {value.keys()}")
        elif [key for key in value.keys() if key in rows] != order:
            self.fault("order", where, f"{value.keys()} is not in the order {order}")
        for key, item in value:
            if name == "Collection" and key in OWN_KEYS:
                continue
            if key not in rows:
                self.fault("unknown", where, f"there is no key {key!r}")
            elif key in without:
                self.fault("elsewhere", where, f"{key!r} does not belong into this file")
            else:
                below = {path.partition(".")[2] for path in without if path.startswith(key + ".")}
                self.value(f"{where}.{key}", rows[key].type, item, below)
        self.presence(where, rows, value, without)

    def presence(self, where, rows, value, without):
        for key, row in rows.items():
            item = value.get(key)
            if key in without:
                continue
            if row.presence in ("always", "needed") and key not in value.keys():
                self.fault("missing", where, f"{key!r} has to be there")
            # An object that is there may be empty, and a list of the one empty message, too.
            zero = item in (0, "", False) or (isinstance(item, list) and not item and row.type[0] in "[{")
            if key in value.keys() and item is not None and row.presence != "always" and zero:
                self.fault("zero", where, f"{key!r} is {item!r}, which is left out")


# ------------------------------------------------------------- relations


def plain(value):
    """Objects as dicts."""
    if isinstance(value, Members):
        return {key: plain(item) for key, item in value}
    return [plain(item) for item in value] if isinstance(value, list) else value


def expect(faults, rule, where, found, wanted):
    if found != wanted:
        faults.append(Fault(rule, where, f"{str(found)[:200]} should be {str(wanted)[:200]}"))


def segment_faults(segment, collection, partition):
    faults, where = [], f"segment {segment.get('segment_id')}"
    ids = (segment.get("collection_id"), segment.get("partition_id"))
    expect(faults, "ids", where, ids, (collection, partition))
    group = None if partition == -1 else segment.get("segment_id")
    expect(faults, "group", where, segment.get("group_id"), group)
    logs = [
        (kind, field.get("fieldID", 0), log)
        for kind in ("binlogs", "deltalogs")
        for field in segment.get(kind, [])
        for log in field.get("binlogs", [])
    ]
    expect(faults, "sizes", where, segment.get("size"), sum(log.get("log_size", 0) for _, _, log in logs))
    if partition == -1 and not segment.get("is_l0"):
        faults.append(Fault("l0", where, "a segment over all partitions is one of deletes"))
    if segment.get("is_l0") and segment.get("binlogs"):
        faults.append(Fault("l0", where, "a segment of deletes has no insert logs"))
    for kind, field, log in logs:
        place = f"{ids[0]}/{ids[1]}/{segment.get('segment_id')}/" + (f"{field}/" if kind == "binlogs" else "")
        folder = "insert_log" if kind == "binlogs" else "delta_log"
        path = log.get("log_path", "")
        if not re.search(rf"(^|/){folder}/{re.escape(place)}\d+$", path):
            faults.append(Fault("path", where, f"{path} is no {folder}/{place}<log>"))
        if "log_id" in log:
            expect(faults, "log id", where, str(log["log_id"]), path.rpartition("/")[2])
    return faults


def schema_faults(schema, where):
    """System fields are of no file, and the dynamic one is the last of a backup with index extra."""
    fields = list(schema.get("fields", []))
    for struct in schema.get("struct_array_fields", []):
        fields += struct.get("fields", [])
    return [
        Fault("hidden field", where, f"{field.get('name')} is not described")
        for field in fields
        if field.get("fieldID", 0) < 100 or (field.get("name") == "$meta" and not is_kept_dynamic(field, schema))
    ]


def is_kept_dynamic(field, schema):
    return bool(field.get("is_dynamic") and schema.get("enable_dynamic_field") and field == schema["fields"][-1])


def index_extra_faults(collection, where):
    """What etcd knows is there of all indexes and of the dynamic field, or of none."""
    schema, indexes = collection.get("schema", {}), collection.get("index_infos", [])
    told = [key in index for index in indexes for key in ("field_id", "create_time")]
    if schema.get("enable_dynamic_field"):
        told.append(any(field.get("is_dynamic") for field in schema.get("fields", [])))
    return [Fault("index extra", where, "a part of it is missing")] if any(told) and not all(told) else []


def collection_faults(collection, backup_id):
    number, where = collection.get("collection_id"), f"collection {collection.get('collection_name')}"
    faults = schema_faults(collection.get("schema", {}), where) + index_extra_faults(collection, where)
    expect(faults, "ids", where, collection.get("id"), backup_id)
    expect(faults, "has index", where, collection.get("has_index"), bool(collection.get("index_infos")))
    for index in collection.get("index_infos", []):
        expect(faults, "index type", where, index.get("index_type"), index.get("params", {}).get("index_type"))
    size = 0
    for partition in collection.get("partition_backups", []):
        segments = partition.get("segment_backups", [])
        expect(faults, "ids", where, partition.get("collection_id"), number)
        expect(faults, "sizes", where, partition.get("size"), sum(s.get("size", 0) for s in segments))
        for segment in segments:
            faults += segment_faults(segment, number, partition.get("partition_id"))
        size += partition.get("size", 0)
    for segment in collection.get("l0_segments", []):
        faults += segment_faults(segment, number, -1)
        size += segment.get("size", 0)
    bundle = collection.get("snapshot_backup")
    expect(faults, "sizes", where, collection.get("size"), bundle.get("total_bytes", 0) if bundle else size)
    if bundle and (size or collection.get("l0_segments")):
        faults.append(Fault("snapshot", where, "a collection with a bundle has no segments"))
    return faults


def without(value, *keys):
    return {key: item for key, item in value.items() if key not in keys}


def levels(full, nested):
    """What the level files have to say by full_meta.json."""
    collections = full.get("collection_backups", [])
    partitions = [p for c in collections for p in c.get("partition_backups", [])]
    bare = [without(p, "segment_backups") for p in partitions]
    stripped = []
    for collection in collections:
        own = collection if nested else without(collection, "l0_segments")
        if not nested and "partition_backups" in own:
            own = own | {"partition_backups": [without(p, "segment_backups") for p in own["partition_backups"]]}
        stripped.append(own)
    segments = [s for p in partitions for s in p.get("segment_backups", [])]
    return {"collection_meta.json": stripped, "partition_meta.json": bare, "segment_meta.json": segments}


def relation_faults(files, summary_lacks, writer):
    full = files["full_meta.json"]
    collections = full.get("collection_backups", [])
    faults = [fault for c in collections for fault in collection_faults(c, full.get("id"))]
    size = 0 if full.get("format") else sum(c.get("size", 0) for c in collections)
    expect(faults, "sizes", "full_meta.json", full.get("size"), size)
    for collection in collections:
        if bool(collection.get("snapshot_backup")) != (full.get("format") == "snapshot"):
            faults.append(Fault("snapshot", collection.get("collection_name"), "a bundle belongs to the format snapshot"))
    expect(faults, "levels", "backup_meta.json", files["backup_meta.json"], without(full, *summary_lacks))
    for name, wanted in levels(full, writer == "0.4.15").items():
        if name in files:
            expect(faults, "levels", name, files[name].get("infos", []), wanted)
    return faults


# ------------------------------------------------------------------ whole


def read_files(folder):
    """name -> bytes of what lies in meta/."""
    return {path.name: path.read_bytes() for path in (Path(folder) / "meta").iterdir()}


def is_snapshot(files):
    try:
        return json.loads(files["backup_meta.json"]).get("format") == "snapshot"
    except (AttributeError, KeyError, ValueError):
        return False


def check_files(files, writer="newest"):
    """files: name -> bytes. The faults of the files of a complete backup."""
    check = Check(writer)
    wanted, allowed = set(check.files), OLD_FILES if writer == "0.4.15" else OWN_FILES
    if is_snapshot(files):
        wanted -= check.absent
    if writer == "0.5.16":
        allowed = set()
    faults = [Fault("files", name, "is not there") for name in sorted(wanted - set(files))]
    faults += [Fault("files", name, "is no file of a backup") for name in sorted(set(files) - wanted - allowed)]
    values = {}
    for name in sorted(wanted & set(files)):
        value, spelling = spelling_faults(name, files[name])
        faults += spelling
        if not isinstance(value, Members):
            faults += [] if value is None else [Fault("type", name, "is no object")]
            continue
        kind, lacking = check.files[name]
        if kind[0] == "[":
            if value.keys() not in ([], ["infos"]):
                check.fault("unknown", name, f"has {value.keys()} and not infos alone")
            if value.get("infos") == []:
                check.fault("zero", name, "'infos' is empty, which is left out")
            value = Members([("infos", value.get("infos"))] if "infos" in value.keys() else [])
            for _, infos in value:
                check.value(f"{name}.infos", kind, infos, lacking)
        else:
            check.message(name, kind, value, lacking)
        values[name] = plain(value)
    faults += check.faults
    return faults if faults or len(values) < len(wanted) else relation_faults(values, check.files["backup_meta.json"][1], writer)


def check_backup(folder, writer="newest"):
    return check_files(read_files(folder), writer)
