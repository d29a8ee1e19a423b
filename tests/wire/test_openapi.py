"""The description of the API: sound, whole, and true of what is answered."""

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from wire.rest import server  # noqa: F401


@pytest.fixture(scope="module")
def document(server):  # noqa: F811
    return server.get("docs/openapi.json").json()


def test_the_document_is_openapi(document):
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids)) > 10


def test_every_route_is_described_and_served(server, document):  # noqa: F811
    for path, item in document["paths"].items():
        for method in ("get", "post", "delete"):
            if path.endswith(("/check", "/health")):
                continue
            answer = server.request(method.upper(), path, "{" if method == "post" else None)
            assert (answer.status != 404) == (method in item), (method, path, answer)


def judge(document, path, method, answer):
    """Is the answer as the document says?"""
    described = document["paths"][f"/api/v1/{path}"][method]["responses"][str(answer.status)]
    schema = described["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())


def names(schema, document):
    """The members that a schema of the document's knows, of nested ones too."""
    found = set()
    for key, member in schema.get("properties", {}).items():
        found.add(key)
        for inner in (member, member.get("items", {}), *member.get("allOf", [])):
            if "$ref" in inner:
                inner = document["components"]["schemas"][inner["$ref"].rsplit("/", 1)[1]]
                found |= names(inner, document)
    return found


def keys(value):
    if isinstance(value, dict):
        return set(value) | set().union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_answers_are_as_described(server, document):  # noqa: F811
    body = {"backup_name": "b", "meta_only": True, "async": False}
    calls = [
        ("create", "post", server.post("create", body), "Backup"),
        ("create", "post", server.post("create", body), None),
        ("create", "post", server.post("create", {"async": "x"}), None),
        ("list", "get", server.get("list"), "ListedBackup"),
        ("list", "get", server.get("list", all="true", detail="true"), "ListedBackup"),
        ("get_backup", "get", server.get("get_backup", backup_name="b"), None),
        ("get_backup", "get", server.get("get_backup"), None),
        ("info", "get", server.get("info", backup_name="b"), "BackupInfo"),
        ("info", "get", server.get("info", backup_name="nope"), None),
        ("restore", "post", server.post("restore", {"backup_name": "b", "collection_names": ["nope"], "id": "r"}), "RestoreTask"),
        ("get_restore", "get", server.get("get_restore", id="r"), "RestoreTask"),
        ("verify", "post", server.post("verify", {"backup_name": "b"}), None),
        ("tasks", "get", server.get("tasks"), None),
        ("task", "get", server.get("task", id="r"), None),
        ("cancel", "post", server.post("cancel", id="r"), None),
        ("peers", "get", server.get("peers"), None),
        ("health", "get", server.get("health"), "Health"),
        ("transfer", "post", server.post("transfer", {"backup_name": "b", "peer": "nope"}), None),
        ("restore_secondary", "post", server.post("restore_secondary", {}), None),
        ("delete", "delete", server.delete("delete", backup_name="b"), None),
        ("delete", "delete", server.delete("delete", backup_name="b"), None),
    ]
    for path, method, answer, schema in calls:
        judge(document, path, method, answer)
        if schema is not None:
            known = names(document["components"]["schemas"][schema], document)
            for item in answer.data if isinstance(answer.data, list) else [answer.data]:
                assert set(item) <= known, "no member that the description does not know"
