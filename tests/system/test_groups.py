"""Task groups on a running server: ids, order, what templates and the API see of them."""
from conftest import ROOT


def test_a_group_runs_as_its_tasks(server):
    server.add_dag(ROOT / "examples" / "task_groups.yaml")
    server.start()
    server.trigger("task_groups", "r")
    assert server.finish("task_groups", "r") == "success", server.why("task_groups", "r")
    tasks = server.tasks("task_groups", "r")
    assert set(tasks) == {"build.compile", "build.pack", "check.unit", "check.lint", "report"}
    for below, above in [("build.pack", "build.compile"), ("check.unit", "build.pack"),
                         ("check.lint", "build.pack"), ("report", "check.unit"), ("report", "check.lint")]:
        assert tasks[below]["start_date"] >= tasks[above]["end_date"], (below, above)
    assert "packed orders 1.4, unit success" in server.task_log("r", "report")

    groups = server.api("GET", "/api/v2/dags/task_groups/details")[1]["task_groups"]
    assert groups == [{"group_id": "build", "parent_group_id": None, "tooltip": "What is shipped"},
                      {"group_id": "check", "parent_group_id": None, "tooltip": None}]
    listed = {task["task_id"]: task for task in server.api("GET", "/api/v2/dags/task_groups/tasks")[1]["tasks"]}
    assert listed["check.lint"]["task_group_id"] == "check"
    assert listed["check.lint"]["retries"] == 2
    assert listed["report"]["task_group_id"] is None
    assert sorted(listed["build.pack"]["downstream_task_ids"]) == ["check.lint", "check.unit"]
