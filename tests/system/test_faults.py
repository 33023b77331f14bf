"""Faults of Azure: the run still succeeds and each resource is created once."""
import pytest

FAULTS = {
    "throttled": dict(kind="status", status=429, retry_after=1, times=2),
    "unavailable": dict(kind="status", status=503, times=2),
    "dropped before the effect": dict(kind="drop_before", times=2),
    "dropped after the effect": dict(kind="drop_after", times=2),
    "slow": dict(kind="latency", duration="2s", times=2),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_resource_is_created_once(provision, name):
    for path in ("/resourcegroups/rg-orders-dev?", "/deployments/", "/roleassignments/"):
        provision.fault(**FAULTS[name], method="PUT", path_contains=path)
    provision.trigger("azure_provision", "hurt")
    assert provision.finish("azure_provision", "hurt") == "success", provision.why("azure_provision", "hurt")
    status, faults = provision.api("GET", "/api/v2/armature/sandbox/faults")
    assert status == 200
    effects = provision.effects()
    assert len([resource for resource in effects if "/deployments/" in resource]) == 1
    for resource, effect in effects.items():
        assert effect["created"] == 1, (resource, effect)
        assert effect["deleted"] == 0, (resource, effect)
    assert provision.cli("audit", "verify").stdout.startswith("the chain holds")


def test_every_call_meets_a_fault_and_the_run_succeeds(provision):
    provision.fault(kind="drop_after", times=3)
    provision.fault(kind="status", status=503, times=3)
    provision.trigger("azure_provision", "hurt")
    assert provision.finish("azure_provision", "hurt") == "success", provision.why("azure_provision", "hurt")
    for resource, effect in provision.effects().items():
        assert effect["created"] == 1, (resource, effect)
