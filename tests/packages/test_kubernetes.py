"""The chart and the plain manifests that are made of it: known to Kubernetes, and to the program."""

import json
import os
import re
import subprocess

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4
from testbed import components
from testbed.components import ROOT
from testbed.program import Program, find_binary

CHART = ROOT / "deploy" / "helm" / "milvus-backup"
PLAIN = ROOT / "deploy" / "kubernetes"
EVERYTHING = ROOT / "tests" / "packages" / "kubernetes" / "everything.yaml"
RENDERED = EVERYTHING.with_name("rendered.yaml")  # the chart with all of these options
MANIFESTS = [*sorted(PLAIN.glob("*.yaml")), RENDERED]
KUBERNETES = ["1.27.0", "1.32.0", "1.37.0"]


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def find(kind, path):
    [found] = [document for document in documents(path) if document["kind"] == kind]
    return found


def container(kind, path):
    spec = find(kind, path)["spec"]
    spec = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
    [only] = spec["template"]["spec"]["containers"]
    return only


def schema_of(document, version):
    """Kubernetes' own description of a kind, in which unknown members are faults."""
    folder = components.folder("kube-schemas") / "kubernetes_validate" / "kubernetes-json-schema" / f"v{version}-local-strict"
    group = document["apiVersion"].replace(".k8s.io", "").replace("/", "-")
    shared = Resource.from_contents(json.loads((folder / "_definitions.json").read_text()), default_specification=DRAFT4)
    schema = json.loads((folder / f"{document['kind'].lower()}-{group}.json").read_text())
    return Draft202012Validator(schema, registry=Registry().with_resource("_definitions.json", shared))


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_knows_every_member(path, version):
    for document in documents(path):
        faults = [f"{error.json_path}: {error.message}" for error in schema_of(document, version).iter_errors(document)]
        assert faults == [], document["kind"]


def test_the_schemas_find_what_is_wrong():
    """Else the test above would show nothing."""
    deployment = find("Deployment", PLAIN / "server.yaml")
    deployment["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}
    assert not schema_of(deployment, KUBERNETES[1]).is_valid(deployment)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_program_knows_what_it_is_given(path, tmp_path):
    """Its configuration, and each variable by which it is told something."""
    program = Program(tmp_path, yaml.safe_load(find("ConfigMap", path)["data"]["backup.yaml"]))
    shown = program.ok("config", "show")
    assert "milvus" in shown.out and "unknown" not in shown.err.lower()
    variables = {name for document in documents(path) for name in variables_of(document)}
    manual = program.ok("help", "--man").out.replace("\\", "")
    assert [name for name in sorted(variables) if name not in manual] == []


def variables_of(document):
    """The names in `env` of containers and in Secrets, but for those of the C library."""
    names = set(document.get("stringData", {}))
    names |= set(re.findall(r"'name': '([A-Z][A-Z_]+)'", str(document)))
    return names - {"TZ"}


def test_the_job_creates_a_backup_with_a_name_of_its_own(tmp_path):
    """The words that reach the program, by the shell that is in the image."""
    stub = tmp_path / "milvus-backup"
    stub.write_text('#!/bin/sh\nfor word; do echo "$word"; done\n')
    stub.chmod(0o755)
    command = container("CronJob", RENDERED)["command"]
    words = subprocess.run(command, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True).stdout.split("\n")
    [name] = [word for word in words if word.startswith("nightly_")]
    assert re.fullmatch(r"nightly_\d{4}_\d\d_\d\d_\d{6}", name)
    assert words[-4:] == ["--quiet", "--filter", "db.*", ""]
    flags = subprocess.run([find_binary(), "create", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--quiet" in flags and "--filter" in flags


def test_nothing_runs_with_more_than_it_needs():
    for kind, path in (("Deployment", RENDERED), ("CronJob", RENDERED), ("Deployment", PLAIN / "server.yaml")):
        context = container(kind, path)["securityContext"]
        assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"] and context["capabilities"] == {"drop": ["ALL"]}
    pod = find("Deployment", PLAIN / "server.yaml")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"] and not pod["enableServiceLinks"]


# --- with helm, which is only there when it was asked for -----------------------------------------------------------------


@pytest.fixture(scope="module")
def helm():
    program = components.path_of("helm") / "bin" / "helm"
    if not program.exists() and not os.environ.get("MB_SOAK"):
        pytest.skip("helm takes minutes to build: scripts/setup --with helm")
    program = components.folder("helm") / "bin" / "helm"

    def run(*arguments, code=0):
        ran = subprocess.run([program, *arguments], capture_output=True, text=True)
        assert ran.returncode == code, f"{ran.stdout}\n{ran.stderr}"
        return ran.stdout if code == 0 else ran.stderr

    return run


def render(helm, *arguments, **options):
    return helm("template", "mb", CHART, "--kube-version", "1.32", *arguments, **options)


@pytest.mark.soak
def test_the_manifests_are_those_of_the_chart(helm, tmp_path):
    """`deploy/kubernetes/render` writes the plain ones; the rendered one is what `render` gives here."""
    assert render(helm, "-f", EVERYTHING) == RENDERED.read_text()
    program = components.folder("helm") / "bin" / "helm"
    subprocess.run([PLAIN / "render", tmp_path], env={**os.environ, "HELM": str(program)}, check=True)
    for path in PLAIN.glob("*.yaml"):
        assert (tmp_path / path.name).read_text() == path.read_text(), path.name


@pytest.mark.soak
def test_the_chart_is_well_formed(helm):
    assert "0 chart(s) failed" in helm("lint", "--strict", CHART, "-f", EVERYTHING)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("service.port=http", "/service/port"),
        ("servce.port=80", "servce"),
        ("secret.token=a", "'token' does not match"),
        ("cronJob.namePrefix=a-b", "/cronJob/namePrefix"),
        ("server.enabled=true", "the server needs a token"),
    ],
)
def test_what_makes_no_sense_is_refused(helm, setting, said):
    assert said in render(helm, "--set", setting, code=1)


@pytest.mark.soak
def test_an_open_server_has_to_be_asked_for(helm):
    rendered = render(helm, "--set", "allowUnauthenticated=true")
    assert "SERVER_ALLOW_UNAUTHENTICATED" in rendered
    assert "SERVER_ALLOW_UNAUTHENTICATED" not in render(helm, "--set", "existingSecret=a")
