"""What a person types, the common mistakes among it."""
import json
import subprocess

from conftest import BINARY, ROOT


def run(*arguments, cwd=None):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, cwd=cwd, timeout=60)


def test_help_teaches_by_example():
    assert "Start here" in run("--help").stdout
    for verb in (["standalone"], ["dags", "list"], ["dags", "show"], ["dags", "validate"], ["dags", "schema"], ["dags", "render"], ["dags", "example"], ["dags", "fmt"], ["dags", "plan"], ["dags", "trigger"],
                 ["dags", "pause"], ["dags", "unpause"], ["runs", "list"], ["runs", "show"], ["runs", "watch"],
                 ["tasks", "logs"], ["tasks", "clear"], ["pools", "list"], ["pools", "get"], ["pools", "set"], ["pools", "delete"], ["audit", "list"], ["audit", "verify"],
                 ["access", "explain"], ["sandbox", "status"], ["sandbox", "start"], ["sandbox", "env"],
                 ["sandbox", "fault", "add"], ["sandbox", "fault", "list"], ["sandbox", "fault", "clear"],
                 ["sandbox", "clock", "show"], ["sandbox", "clock", "advance"], ["sandbox", "clock", "set"],
                 ["sandbox", "snapshot", "save"], ["sandbox", "snapshot", "load"], ["sandbox", "reset"], ["version"]):
        shown = run(*verb, "--help")
        assert shown.returncode == 0, verb
        assert "Example:" in shown.stdout, verb


def test_wrong_use_is_2_and_no_server_is_1(tmp_path):
    wrong = run("dags", "lsit")
    assert wrong.returncode == 2
    assert "did you mean 'list'" in wrong.stderr
    assert "did you mean 'dags'" in run("dag", "list").stderr
    assert run().returncode == 2
    alone = run("dags", "list", cwd=tmp_path)
    assert alone.returncode == 1
    assert "armature standalone" in alone.stderr


def test_validate_needs_no_server(tmp_path):
    good = run("dags", "validate", *map(str, (ROOT / "examples").glob("*.yaml")))
    assert good.returncode == 0, good.stderr
    broken = tmp_path / "broken.yaml"
    broken.write_text("dag_id: x\nschedule: null\ntasks:\n  - task_id: a\n    operator: bash\n    bash_comand: echo\n")
    bad = run("dags", "validate", str(broken))
    assert bad.returncode == 1
    assert f"{broken}:6:5" in bad.stderr and "bash_command" in bad.stderr
    listed = json.loads(run("dags", "validate", str(broken), "-o", "json").stdout)
    assert {"line": 6, "column": 5, "code": "unknown_key"}.items() <= listed[-1].items()


def test_an_unknown_setting_is_refused(tmp_path):
    refused = run("standalone", "--data-dir", str(tmp_path), "--set", "server.prot=1")
    assert refused.returncode == 2
    assert "did you mean 'server.port'" in refused.stderr


def test_a_second_server_on_the_same_data_is_refused(server):
    server.start()
    second = run("standalone", "--data-dir", str(server.data), "--set", "server.port=0")
    assert second.returncode == 1
    assert "another server" in second.stderr


def test_pause_params_clear_and_outputs(server):
    server.add_dag(ROOT / "examples" / "hello.yaml")
    server.start()
    server.trigger("hello", "one", name="Ada")
    assert server.finish("hello", "one") == "success", server.why("hello", "one")
    assert "someone said hello, Ada" in server.task_log("one", "repeat")
    assert server.cli("dags", "pause", "hello").stdout.split() == ["dag_id:", "hello", "paused:", "true"]
    assert server.json("dags", "list")[0]["is_paused"] is True
    server.cli("dags", "unpause", "hello")
    assert "state: success" in server.cli("runs", "show", "one", "-o", "yaml").stdout

    wrong = server.cli("dags", "trigger", "hello", "-p", "name=<script>", check=False)
    assert wrong.returncode == 1 and "name" in wrong.stderr
    unknown = server.cli("dags", "trigger", "helo", check=False)
    assert unknown.returncode == 1 and "helo" in unknown.stderr
    twice = server.cli("dags", "trigger", "hello", "--run-id", "one", check=False)
    assert twice.returncode == 1 and "one" in twice.stderr

    server.cli("tasks", "clear", "one", "greet", "--downstream")
    assert server.finish("hello", "one") == "success"
    assert server.tasks("hello", "one")["greet"]["try_number"] == 2


def test_a_broken_file_keeps_its_last_good_version(server):
    server.add_dag(ROOT / "examples" / "hello.yaml")
    server.start()
    server.wait_for_dag("hello")
    server.write_dag("hello.yaml", "dag_id: hello\ntasks: 3\n")
    from conftest import wait_for
    wait_for(lambda: server.api("GET", "/api/v2/importErrors")[1]["total_entries"] > 0, "the import error")
    assert "hello" in server.cli("dags", "list").stdout
    assert server.api("GET", "/api/v2/dags/hello")[1]["has_import_errors"] is True


def test_the_api_wants_its_token(server):
    import urllib.error
    import urllib.request
    server.start()
    assert urllib.request.urlopen(server.address["url"] + "/api/v2/version").status == 200
    try:
        urllib.request.urlopen(server.address["url"] + "/api/v2/dags")
        raise AssertionError("answered without a token")
    except urllib.error.HTTPError as error:
        assert error.code == 401
        assert error.headers["Content-Type"] == "application/problem+json"
