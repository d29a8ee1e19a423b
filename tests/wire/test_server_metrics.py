"""/metrics of a running server, its alert rules and its dashboard."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from testbed.ports import free_port
from testbed.server import wait_until
from wire.metrics import Metrics
from wire.rest import serving

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yaml"
DASHBOARD = ROOT / "deploy/grafana/dashboard.json"
SCHEDULE = {"name": "yearly", "cron": "0 0 1 1 *", "backupName": "yearly_%Y%m%d_%H%M%S"}


class Nobody:
    """Where no Milvus listens."""

    web = ""

    def __enter__(self):
        self.port = free_port()
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("metrics"), schedules=[SCHEDULE]) as running:
        yield running


def test_requests_are_counted_by_route_and_status(server):
    before = Metrics(server).sum("milvus_backup_requests_total", route="listTasks", code="200") or 0
    for _ in range(3):
        server.get("tasks")
    server.get("nowhere")
    server.get("/nowhere/at/all")
    server.get("/")
    after = Metrics(server)
    assert after.sum("milvus_backup_requests_total", route="listTasks", code="200") == before + 3
    assert after.sum("milvus_backup_request_duration_seconds_count", route="listTasks") == before + 3
    assert after.sum("milvus_backup_requests_total", route="unknown", code="404") >= 2
    assert after.sum("milvus_backup_requests_total", route="door") >= 1
    assert after.sum("milvus_backup_requests_in_flight") == 1, "the one that asks"
    assert after.sum("milvus_backup_connections", door="http") >= 1
    assert after.sum("milvus_backup_connections", door="grpc") == 0
    assert not re.search(r"route=\"[^\"]*/", after.text), "what clients choose is no label"


def test_tasks_and_calls_are_counted(server):
    before = Metrics(server)
    assert server.post("create", {"backup_name": "counted"}).json()["msg"] == "success"
    assert server.post("create", {"backup_name": "fails", "collection_names": ["nope"]}).code == 3
    after = Metrics(server)

    def more(name, **labels):
        return after.sum(name, **labels) - (before.sum(name, **labels) or 0)

    assert more("milvus_backup_tasks_ended_total", kind="create", outcome="succeeded") == 1
    assert more("milvus_backup_tasks_ended_total", kind="create", outcome="failed") == 1
    assert after.sum("milvus_backup_tasks", kind="create") == 0
    puts = {"service": "backup_storage", "driver": "local", "operation": "put"}
    assert more("milvus_backup_calls_total", **puts) > 0
    assert more("milvus_backup_call_bytes_total", **puts) > 0
    assert more("milvus_backup_call_duration_seconds_count", **puts) == more("milvus_backup_calls_total", **puts)
    assert more("milvus_backup_calls_total", service="milvus", operation="DescribeCollection") > 0
    assert after.sum("milvus_backup_task_bytes_total", kind="create") is not None


def test_the_process_and_its_limits(server):
    metrics = Metrics(server)
    status = Path(f"/proc/{server.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024
    assert 0.5 < metrics.sum("process_resident_memory_bytes") / resident < 2
    assert abs(metrics.sum("process_start_time_seconds") - time.time()) < 600
    assert 0 < metrics.sum("process_cpu_seconds_total") < 600
    assert 3 < metrics.sum("process_open_fds") < metrics.sum("process_max_fds")
    assert metrics.sum("milvus_backup_memory_limit_bytes") > metrics.sum("milvus_backup_memory_used_bytes")
    assert metrics.sum("milvus_backup_build_info") == 1 and metrics.sum("milvus_backup_queue_limit") > 0
    wait_until(lambda: Metrics(server).sum("milvus_backup_reachable") == 3, 30, "all three to have been asked")


def test_what_a_schedule_has_made(tmp_path):
    with serving(tmp_path) as before:
        before.post("create", {"backup_name": "yearly_20200101_000000"})
    with serving(tmp_path, schedules=[SCHEDULE]) as server:
        prefix = "milvus_backup_schedule_"
        wait_until(
            lambda: Metrics(server).sum(f"{prefix}last_complete_age_seconds", schedule="yearly") is not None,
            30,
            "the storage to have been asked for the last backup",
        )
        metrics = Metrics(server)
        assert metrics.sum(f"{prefix}last_complete_age_seconds") < 600
        assert abs(metrics.sum(f"{prefix}last_complete_timestamp_seconds") - time.time()) < 600
        assert metrics.sum(f"{prefix}last_complete_size_bytes") == 0, "its collections are empty"
        assert metrics.sum(f"{prefix}enabled") == 1 and metrics.sum(f"{prefix}runs_total") == 0
        assert 0 < metrics.sum(f"{prefix}next_run_timestamp_seconds") - time.time() <= 366 * 86400
        assert metrics.sum(f"{prefix}last_run_success") is None, "there was none"


def test_promtool_agrees(server):
    found = subprocess.run(["promtool", "check", "metrics"], input=Metrics(server).text, text=True, capture_output=True)
    assert found.returncode == 0 and not found.stderr, found.stdout + found.stderr


# ------------------------------------------------------------ rules and dashboard


def alert_expressions():
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def panel_expressions():
    def targets(panels):
        for panel in panels:
            yield from (target["expr"] for target in panel.get("targets", []))
            yield from targets(panel.get("panels", []))

    board = json.loads(DASHBOARD.read_text())
    wanted = [it["query"] for it in board["templating"]["list"] if it["type"] == "query"]
    return [*targets(board["panels"]), *wanted]


@pytest.mark.parametrize("expressions", [alert_expressions, panel_expressions])
def test_what_rules_and_dashboard_ask_for_exists(server, tmp_path, expressions):
    with serving(tmp_path, Nobody(), schedules=[SCHEDULE]) as failing:
        failing.get("health")
        text = failing.get("/metrics").text + Metrics(server).text
    labels = {}
    for name, pairs in re.findall(r"^([a-z_]+)\{(.*)\} \S+$", text, re.MULTILINE):
        labels.setdefault(name, set()).update(re.findall(r'([a-z_]+)="', pairs))
    known = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)) | set(labels)
    assert len(expressions()) > 5
    for expression in expressions():
        used = re.findall(r"\b((?:milvus_backup|process)_[a-z_]+)(?:\{([^}]*)\})?", expression)
        assert used or "up{" in expression, expression
        allowed = {"job", "instance"}
        for name, selector in used:
            assert name in known, f"{name} in {expression}"
            own = labels.get(name, set())
            assert set(re.findall(r"(\w+)\s*[=!]~?", selector)) <= own | {"job", "instance"}, expression
            allowed |= own
        for grouping in re.findall(r"\b(?:by|without|on)\s*\(([^)]*)\)", expression):
            assert {it.strip() for it in grouping.split(",") if it.strip()} <= allowed, expression


def test_promtool_reads_the_rules():
    found = subprocess.run(["promtool", "check", "rules", ALERTS], text=True, capture_output=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_promtool_reads_what_the_panels_ask(tmp_path):
    plain = [re.sub(r"\$__rate_interval|\$__interval|\$__range", "5m", it) for it in panel_expressions()]
    asked = [it for it in plain if not it.startswith("label_values")]
    rules = [{"record": f"panel:{i}", "expr": re.sub(r"\$\w+", ".*", it)} for i, it in enumerate(asked)]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    found = subprocess.run(["promtool", "check", "rules", tmp_path / "panels.yaml"], text=True, capture_output=True)
    assert found.returncode == 0, found.stdout + found.stderr
