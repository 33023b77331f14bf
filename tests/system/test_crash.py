"""kill -9 in the middle of a deployment: the run goes on, attaches, and deploys once."""
from conftest import wait_for


def deployments(server):
    return [resource for resource in server.effects() if "/deployments/" in resource]


def test_a_killed_server_attaches_to_the_running_deployment(provision):
    provision.stop()
    provision.start(**{"sandbox.provisioning_time": "4s"})
    provision.trigger("azure_provision", "crash")
    wait_for(lambda: deployments(provision), "the deployment to start")
    assert provision.tasks("azure_provision", "crash")["deploy"]["state"] == "running"
    provision.kill()
    provision.start(**{"sandbox.provisioning_time": "4s"})
    assert provision.finish("azure_provision", "crash") == "success", provision.why("azure_provision", "crash")
    assert len(deployments(provision)) == 1
    for resource, effect in provision.effects().items():
        assert effect["created"] == 1, (resource, effect)
    assert "attached to the deployment" in provision.task_log("crash", "deploy")
    assert provision.tasks("azure_provision", "crash")["deploy"]["try_number"] == 1
    assert provision.cli("audit", "verify").stdout.startswith("the chain holds")


def test_a_server_killed_between_tasks_goes_on(provision):
    for attempt in range(3):
        run = f"crash{attempt}"
        provision.trigger("azure_provision", run, app=f"app{attempt}")
        provision.kill()
        provision.start()
        assert provision.finish("azure_provision", run) == "success", provision.why("azure_provision", run)
    for resource, effect in provision.effects().items():
        assert effect["created"] == 1, (resource, effect)
