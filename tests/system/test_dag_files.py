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


def test_an_example_is_a_file_to_begin_with(tmp_path):
    names = [one["name"] for one in json.loads(run("dags", "example", "-o", "json").stdout)]
    assert "hello" in names and "schedule" in names
    for name in names:
        file = tmp_path / f"{name}.yaml"
        file.write_text(run("dags", "example", name).stdout)
        assert run("dags", "validate", str(file)).returncode == 0
        assert run("dags", "fmt", "--check", str(file)).returncode == 0
    assert "did you mean 'hello'" in run("dags", "example", "helo").stderr


def test_fmt_writes_files_anew_or_says_which(tmp_path):
    file, broken = tmp_path / "a.yaml", tmp_path / "b.yaml"
    text = "# why\ntasks:\n- operator: empty   # beside\n  task_id: a\ndag_id: d\n"
    file.write_text(text)
    file.chmod(0o640)
    checked = run("dags", "fmt", "--check", str(file))
    assert checked.returncode == 1 and file.read_text() == text and f"would format {file}" in checked.stdout
    assert run("dags", "fmt", str(file)).stdout == f"formatted {file}\n"
    assert file.read_text() == "# why\ndag_id: d\ntasks:\n  - task_id: a\n    operator: empty   # beside\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert run("dags", "fmt", "--check", str(file)).returncode == 0
    broken.write_text("? dag_id\n: d\n")
    refused = run("dags", "fmt", str(broken))
    assert refused.returncode == 1 and f"{broken}:1:1: error" in refused.stderr
    assert broken.read_text() == "? dag_id\n: d\n"
