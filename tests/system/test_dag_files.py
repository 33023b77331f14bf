"""What the command line says of DAG files before they run."""
import json

from conftest import ROOT
from test_cli import run

HIDDEN = """
dag_id: hidden
schedule: "30 6 * * MON-FRI"
timezone: Europe/Amsterdam
params:
  pw: {type: string, format: password, default: correct-horse}
tasks:
  - task_id: login
    operator: bash
    bash_command: echo {{ ds }}
    env: {SAY: "{{ params.pw }}", CODE: "{{ params.pw | upper }}"}
  - task_id: use
    operator: bash
    dependencies: [login]
    bash_command: echo $X
    env: {X: "{{ tasks.login.output }}"}
"""


def test_a_file_is_rendered_as_its_run_would_be(tmp_path):
    file = tmp_path / "hidden.yaml"
    file.write_text(HIDDEN)
    shown = run("dags", "render", str(file), "--logical-date", "2026-03-01T06:00:00Z")
    assert shown.returncode == 0, shown.stderr
    assert "echo 2026-03-01" in shown.stdout
    assert "as written until the run is there: env.X" in shown.stdout
    assert "orse" not in shown.stdout.lower()
    (use,) = json.loads(run("dags", "render", str(file), "use", "-o", "json").stdout)
    assert use["fields"]["env"] == {"X": "{{ tasks.login.output }}"} and use["unknown"] == ["env.X"]
    assert run("dags", "render", str(file), "us").returncode == 1
    wrong = run("dags", "render", str(file), "-p", "pw=3")
    assert wrong.returncode == 1 and "params.pw" in wrong.stderr


def test_a_plan_names_grants_and_the_next_runs(server, tmp_path):
    plan = json.loads(run("dags", "plan", str(ROOT / "examples/azure_provision.yaml"), "-p", "env=test", "-o", "json").stdout)
    assert [task["task_id"] for task in plan["tasks"]] == ["resource_group", "deploy", "grant_reader", "check"]
    assert plan["tasks"][3]["grants"][0]["role"] == "Reader"
    assert plan["tasks"][3]["grants"][0]["scope"].endswith("/resourceGroups/rg-orders-test")
    assert plan["next_runs"] == []

    server.write_dag("hidden.yaml", HIDDEN)
    server.start()
    server.wait_for_dag("hidden")
    planned = server.json("dags", "plan", "hidden", "-n", "3")
    assert len(planned["next_runs"]) == 3
    assert all(run["local_time"].endswith("06:30:00") for run in planned["next_runs"])
    assert planned["next_runs"][0]["run_after"] == server.api("GET", "/api/v2/dags/hidden")[1]["next_dagrun_run_after"]
    assert planned["run_id"] == planned["next_runs"][0]["run_id"]
    assert "orse" not in server.cli("dags", "render", "hidden").stdout.lower()
