"""Databases, collections, partitions, indexes and what is loaded: made, changed and looked up as a server does."""

from testbed.remembering_milvus import schemas
from testbed.remembering_milvus.encryption import ENABLED, ROOT_KEY, ZONE, Sealed, zone_of
from testbed.remembering_milvus.errors import NOT_FOUND, Refused, Wrong
from testbed.remembering_milvus.state import DEFAULT, DEFAULT_PARTITION, Clock, Collection, Database, Index, ids

FUNCTION_CHECK = "disable_func_runtime_check"
PARTITIONS_OF_A_KEY = 16  # where nobody says how many
CHANNELS = 2  # physical ones of a server


class Memory:
    """place holds the objects, root is Milvus' root path in it."""

    def __init__(self, version, place, root, first_id):
        self.version = version
        self.place = place
        self.root = root
        self.ids = ids(first_id)
        self.clock = Clock()
        self.databases = {}
        self.key_service = {}
        self.rbac = None
        self.make_database(DEFAULT)

    # --- databases and names

    def make_database(self, name, properties=None):
        if name in self.databases:
            raise Refused(f"database already exist: {name}")
        self.databases[name] = Database(next(self.ids), name, properties or {}, self.clock.tick())
        return self.databases[name]

    def make_encrypted(self, name):
        """A database as somebody else has made it, with a key of its own."""
        made = self.make_database(name)
        made.properties = {ENABLED: "true", ZONE: str(made.id), ROOT_KEY: f"kms:root/{name}"}
        made.ezk = f"ezk/{made.id}:+{name}=="
        return made

    def sealed_for(self, collection):
        """The place, as objects of a collection are put there."""
        return Sealed(self.place, self.database(collection.database).ezk)

    def opened_with(self, key):
        """The place, as an import sees it that names a key."""
        if key and self.key_service and key not in self.key_service:
            raise Refused(f"the key service does not know {key}")
        return Sealed(self.place, self.key_service.get(key, key))

    def database(self, name):
        if name not in self.databases:
            raise Refused(f"database not found[database={name}]", 800, 1)
        return self.databases[name]

    def find(self, database, name):
        """By name or alias; None when there is none."""
        where = self.database(database)
        return where.collections.get(where.aliases.get(name, name))

    def collection(self, database, name):
        found = self.find(database, name)
        if found is None:
            raise Refused(f"can't find collection[database={database}][collection={name}]", NOT_FOUND, 4)
        return found

    def all_collections(self):
        return [c for database in self.databases.values() for c in database.collections.values()]

    def aliases_of(self, collection):
        aliases = self.database(collection.database).aliases
        return sorted(alias for alias, name in aliases.items() if name == collection.name)

    # --- collections

    def create_collection(self, database, sent, shards=0, consistency=0, properties=None, partitions=0):
        where, name, properties = self.database(database), sent.name, properties or {}
        if name in where.collections or name in where.aliases:
            raise Wrong(f"collection {database}.{name} is made although its name is taken")
        schemas.check(sent, name, self.version)
        self._check_model(sent, properties)
        if ZONE in properties or any(pair.key == ZONE for pair in sent.properties):
            raise Wrong(f"collection {name} is made with {ZONE}, which is the server's own to say")
        if partitions and not schemas.has_partition_key(sent):
            raise Wrong(f"collection {name}: a number of partitions is sent, but no field is a partition key")
        made = Collection(
            id=next(self.ids),
            database=database,
            name=name,
            schema=schemas.give_ids(sent),
            shards=shards or 1,
            consistency=consistency,
            properties={**properties, **zone_of(where)},
            created=self.clock.tick(),
            channels=[],
        )
        made.channels = [f"by-dev-rootcoord-dml_{n % CHANNELS}_{made.id}v{n}" for n in range(made.shards)]
        for partition in self._first_partitions(sent, partitions):
            made.partitions[partition] = next(self.ids)
        where.collections[name] = made
        return made

    def make(self, name, fields, database=DEFAULT, partitions=(), indexes=None, aliases=(), replicas=0, **more):
        """A collection as somebody else has made it, loaded when it has replicas.

        indexes: field -> params; more: shards, consistency, properties, and what schemas.schema takes.
        """
        if database not in self.databases:
            self.make_database(database)
        options = {key: more.pop(key) for key in ("shards", "consistency", "properties") if key in more}
        sent = schemas.schema(name, fields, **more)
        had = options.get("properties", {})
        if schemas.calls_a_model(sent) and self.version.can("function_check"):
            options["properties"] = {**had, FUNCTION_CHECK: "true"}
        made = self.create_collection(database, sent, **options)
        made.properties = {**had, **zone_of(self.database(database))}
        for partition in partitions:
            self.create_partition(database, name, partition)
        for field_name, params in (indexes or {}).items():
            self.create_index(database, name, field_name, f"{field_name}_idx", params)
        for alias in aliases:
            self.create_alias(database, alias, name)
        if replicas:
            self.load(database, name, replicas=replicas)
        return made

    def _check_model(self, sent, properties):
        if properties.get(FUNCTION_CHECK) is not None and not self.version.can("function_check"):
            raise Wrong(f"collection {sent.name}: this version does not know the property {FUNCTION_CHECK}")
        if self.version.can("function_check") and schemas.calls_a_model(sent) and properties.get(FUNCTION_CHECK) != "true":
            raise Refused(f"collection {sent.name}: the model of its function does not answer")

    def _first_partitions(self, sent, count):
        if not schemas.has_partition_key(sent):
            return [DEFAULT_PARTITION]
        return [f"{DEFAULT_PARTITION}_{number}" for number in range(count or PARTITIONS_OF_A_KEY)]

    def drop_collection(self, database, name):
        where = self.database(database)
        if name in where.aliases:
            raise Wrong(f"collection {database}.{name} is dropped by an alias of it")
        if any(meant == name for meant in where.aliases.values()):
            raise Refused(f"unable to drop the collection [{name}] because it has associated aliases")
        where.collections.pop(name, None)

    def rename_collection(self, database, old, new):
        where = self.database(database)
        if old not in where.collections or new in where.collections or new in where.aliases:
            raise Refused(f"duplicated new collection name {new}, or no collection {old}")
        renamed = where.collections[new] = where.collections.pop(old)
        renamed.name = renamed.schema.name = new
        where.aliases = {alias: new if name == old else name for alias, name in where.aliases.items()}

    def alter_collection(self, database, name, properties, deleted=()):
        if deleted and not self.version.can("delete_keys"):
            raise Wrong(f"collection {name}: this version cannot remove properties")
        if deleted and properties:
            raise Wrong(f"collection {name}: properties are set and removed in one call")
        changed = self.collection(database, name).properties
        changed |= properties
        for key in deleted:
            changed.pop(key, None)

    def add_field(self, name, field, database=DEFAULT):
        schemas.add(self.collection(database, name).schema, field, self.version)

    # --- aliases

    def create_alias(self, database, alias, name):
        where = self.database(database)
        if alias in where.aliases or alias in where.collections:
            raise Refused(f"alias {alias} is taken: it is one of {where.aliases.get(alias, alias)}", 1602)
        if name not in where.collections:
            raise Refused(f"can't find collection[collection={name}]", NOT_FOUND, 4)
        where.aliases[alias] = name

    def alter_alias(self, database, alias, name):
        where = self.database(database)
        if alias not in where.aliases or name not in where.collections:
            raise Refused(f"alias not found[alias={alias}], or no collection {name}", 1600)
        where.aliases[alias] = name

    def drop_alias(self, database, alias):
        self.database(database).aliases.pop(alias, None)

    # --- partitions

    def create_partition(self, database, name, partition):
        found = self.collection(database, name)
        if schemas.has_partition_key(found.schema):
            raise Wrong(f"partition {partition} of {name} is made, whose partitions are the server's own")
        if partition in found.partitions:
            raise Wrong(f"partition {partition} of {name} is made although it is there")
        found.partitions[partition] = next(self.ids)

    # --- indexes and load

    def create_index(self, database, name, field_name, index_name, params):
        found = self.collection(database, name)
        fields = {f.name: f for f in schemas.all_fields(found.schema)}
        if field_name not in fields:
            raise Wrong(f"index on field {field_name}, which {name} has not")
        if "index_type" not in params:
            raise Wrong(f"index on field {field_name} of {name} is made without index_type: {params}")
        if fields[field_name].data_type in schemas.VECTORS and "metric_type" not in params:
            raise Wrong(f"index on vector field {field_name} of {name} is made without metric_type: {params}")
        index_name = index_name or field_name
        there = found.indexes.get(index_name)
        if there and (there.field_name, there.params) != (field_name, params):
            raise Refused(f"at most one distinct index is allowed per field, {index_name} is there", 65535)
        found.indexes[index_name] = there or Index(next(self.ids), index_name, field_name, dict(params))

    def drop_index(self, database, name, index_name):
        found = self.collection(database, name)
        if found.loaded:
            raise Refused(f"index cannot be dropped, collection {name} is loaded")
        found.indexes.pop(index_name, None)

    def load(self, database, name, partitions=None, replicas=0):
        found = self.collection(database, name)
        indexed = {index.field_name for index in found.indexes.values()}
        for one in schemas.all_fields(found.schema):
            if one.data_type in schemas.VECTORS and one.name not in indexed:
                raise Wrong(f"{name} is loaded, but its vector field {one.name} has no index")
        for partition in partitions or ():
            if partition not in found.partitions:
                raise Wrong(f"partition {partition} is loaded, which {name} has not")
        found.loaded |= set(partitions or found.partitions)
        found.replicas = replicas or 1

    def release(self, database, name, partitions=None):
        found = self.collection(database, name)
        found.loaded -= set(partitions or found.partitions)
