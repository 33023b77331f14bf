"""Pools of the configuration and pools set by hand, on a running server."""
from conftest import wait_for

WAITS = """
dag_id: waits
tasks:
  - {task_id: a, operator: bash, pool: arm, bash_command: 'echo a'}
  - {task_id: b, operator: bash, pool: mine, pool_slots: 2, bash_command: 'echo b'}
"""


def test_a_task_waits_for_its_pool(server):
    (server.log.parent / "armature.yaml").write_text("pools:\n  arm: {slots: 2, description: ARM writes}\n")
    server.write_dag("waits.yaml", WAITS)
    server.start()
    server.trigger("waits", "r")
    wait_for(lambda: server.tasks("waits", "r")["b"]["state"] == "scheduled", "b to be ready")
    why = "/api/v2/dags/waits/dagRuns/r/taskInstances/b/dependencies"
    wait_for(lambda: server.api("GET", why)[1]["dependencies"], "a reason")
    assert server.api("GET", why)[1]["dependencies"][0]["reason"] == "there is no pool 'mine'"

    assert server.api("POST", "/api/v2/pools", {"name": "mine", "slots": 1})[0] == 201
    wait_for(lambda: "never" in server.api("GET", why)[1]["dependencies"][0]["reason"], "the new reason")
    server.cli("pools", "set", "mine", "2", "by hand")
    assert server.finish("waits", "r") == "success", server.why("waits", "r")

    server.stop()
    server.start()
    pools = {pool["name"]: pool for pool in server.json("pools", "list")}
    assert (pools["mine"]["slots"], pools["mine"]["description"], pools["mine"]["configured"]) == (2, "by hand", False)
    assert (pools["arm"]["open_slots"], pools["arm"]["configured"], pools["default_pool"]["slots"]) == (2, True, 128)


def test_what_the_api_refuses(server):
    (server.log.parent / "armature.yaml").write_text("pools: {arm: 2}\n")
    server.start()
    pools = "/api/v2/pools"
    for method, path, body, status in [
        ("PATCH", f"{pools}/arm", {"slots": 3}, 409),
        ("DELETE", f"{pools}/arm", None, 409),
        ("DELETE", f"{pools}/default_pool", None, 400),
        ("DELETE", f"{pools}/nowhere", None, 404),
        ("GET", f"{pools}/nowhere", None, 404),
        ("PATCH", f"{pools}/nowhere", {"slots": 3}, 404),
        ("PATCH", f"{pools}/default_pool", {"pool": "other", "slots": 3}, 400),
        ("POST", pools, {"name": "arm", "slots": 3}, 409),
        ("POST", pools, {"name": "p"}, 422),
        ("POST", pools, {"name": "", "slots": 3}, 422),
        ("POST", pools, {"name": "p", "slots": 3, "slotz": 3}, 422),
        ("POST", pools, {"name": "p", "slots": "3"}, 422),
        ("POST", pools, {"name": "p", "slots": -2}, 422),
        ("POST", pools, {"name": "p", "slots": 3, "include_deferred": True}, 422),
    ]:
        answer = server.api(method, path, body)
        assert answer[0] == status, (method, path, body, answer)
    assert server.api("PATCH", f"{pools}/default_pool", {"slots": 3})[1]["slots"] == 3
    assert server.cli("pools", "get", "nowhere", check=False).returncode == 1
