"""Schemas: made from few words, checked as a server does, given their field ids."""

from pymilvus.grpc_gen import common_pb2, schema_pb2

from testbed.remembering_milvus.errors import Refused, Wrong

DYNAMIC = "$meta"
FIRST_ID = 100
INT64, VARCHAR, JSON, FLOAT_VECTOR, SPARSE = 5, 21, 23, 101, 104
VECTORS = {100, 101, 102, 103, 104, 105, 106}
TEXT_EMBEDDING = 2  # a function behind which a model stands
SYSTEM_FIELDS = {0: "RowID", 1: "Timestamp"}


def pairs(properties):
    return [common_pb2.KeyValuePair(key=key, value=str(value)) for key, value in properties.items()]


def as_dict(key_values):
    return {pair.key: pair.value for pair in key_values}


def field(name, data_type, key=False, params=None, **more):
    """A field without an id; more: further members of FieldSchema."""
    params = {"dim": 4} if params is None and data_type in VECTORS - {SPARSE} else params or {}
    return schema_pb2.FieldSchema(
        name=name, data_type=data_type, is_primary_key=key, type_params=pairs(params), **more
    )


def schema(name, fields, dynamic=False, functions=(), structs=(), **more):
    return schema_pb2.CollectionSchema(
        name=name,
        fields=fields,
        enable_dynamic_field=dynamic,
        functions=functions,
        struct_array_fields=structs,
        **more,
    )


def inner_fields(described):
    return [inner for struct in described.struct_array_fields for inner in struct.fields]


def all_fields(described):
    """Every field that has values of its own, the hidden one of dynamic values too."""
    return [*described.fields, *inner_fields(described)]


def primary_key(described):
    return next(f for f in described.fields if f.is_primary_key)


def has_partition_key(described):
    return any(f.is_partition_key for f in described.fields)


def visible(described):
    """What a describe tells of a schema."""
    shown = schema_pb2.CollectionSchema()
    shown.CopyFrom(described)
    del shown.fields[:]
    shown.fields.extend(f for f in described.fields if not f.is_dynamic)
    return shown


def check_field(one, version):
    if not version.has_type(one.data_type):
        raise Refused(f"field {one.name}: data type {one.data_type} is not known to this version")
    if one.is_dynamic or one.name == DYNAMIC:
        raise Wrong(f"field {one.name} is the server's own and must not be sent")
    if one.data_type in VECTORS - {SPARSE} and "dim" not in as_dict(one.type_params):
        raise Wrong(f"vector field {one.name} is sent without its dim")
    new = one.nullable or one.HasField("default_value")
    if new and not version.can("nullable"):
        raise Refused(f"field {one.name}: this version knows neither nullable fields nor default values")


def check(sent, name, version):
    if sent.name != name:
        raise Wrong(f"the schema of collection {name} is sent as one of {sent.name!r}")
    names = [f.name for f in sent.fields]
    if len(set(names)) < len(names):
        raise Wrong(f"collection {name}: a field is sent twice: {names}")
    if sum(f.is_primary_key for f in sent.fields) != 1:
        raise Wrong(f"collection {name}: not one primary key among {names}")
    for one in all_fields(sent):
        check_field(one, version)
    if sent.functions and not version.can("functions"):
        raise Refused(f"collection {name}: this version knows no functions")
    for function in sent.functions:
        _check_function(function, {f.name: f for f in sent.fields}, name)


def _check_function(function, by_name, name):
    for used in [*function.input_field_names, *function.output_field_names]:
        if used not in by_name:
            raise Wrong(f"collection {name}: function {function.name} needs field {used}, which is not sent")
    for made in function.output_field_names:
        if not by_name[made].is_function_output:
            raise Wrong(f"collection {name}: field {made} of function {function.name} is not marked as its output")


def calls_a_model(sent):
    return any(function.type == TEXT_EMBEDDING for function in sent.functions)


def give_ids(sent):
    """The server's own copy: ids in the order of the fields, the hidden field behind those that are sent."""
    made = schema_pb2.CollectionSchema()
    made.CopyFrom(sent)
    if made.enable_dynamic_field:
        made.fields.add(name=DYNAMIC, data_type=JSON, is_dynamic=True)
    last = FIRST_ID
    for one in made.fields:
        one.fieldID = last
        last += 1
    for struct in made.struct_array_fields:
        struct.fieldID = last
        last += 1
        for one in struct.fields:
            one.fieldID = last
            last += 1
    ids = {f.name: f.fieldID for f in made.fields}
    for number, function in enumerate(made.functions):
        function.id = FIRST_ID + number
        del function.input_field_ids[:], function.output_field_ids[:]
        function.input_field_ids.extend(ids[used] for used in function.input_field_names)
        function.output_field_ids.extend(ids[made_by] for made_by in function.output_field_names)
    return made


def add(described, sent, version):
    check_field(sent, version)
    if any(f.name == sent.name for f in described.fields):
        raise Wrong(f"field {sent.name} is added to a collection that has it")
    if not sent.nullable:
        raise Wrong(f"field {sent.name} is added, but not nullable: old rows have no value of it")
    used = [f.fieldID for f in all_fields(described)] + [s.fieldID for s in described.struct_array_fields]
    added = described.fields.add()
    added.CopyFrom(sent)
    added.fieldID = max(used) + 1
