"""The example runs end to end, every call through the gateway, and real templates deploy the same way."""
import pytest

from conftest import CORPUS, ROOT, SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-orders-dev"

# Of the corpus' resource group templates: those whose inputs the corpus holds.
TEMPLATES = (ROOT / "tests" / "cases" / "templates_deployed.txt").read_text().split()


def test_the_example_succeeds_and_the_audit_chain_holds(provision):
    provision.trigger("azure_provision", "first")
    assert provision.finish("azure_provision", "first") == "success", provision.why("azure_provision", "first")
    effects = provision.effects()
    assert effects[GROUP] == {"created": 1, "updated": 0, "deleted": 0}
    assert sum("/storageaccounts/" in resource and "/containers/" in resource for resource in effects) == 2
    assert sum("/roleassignments/" in resource for resource in effects if resource.startswith(GROUP)) == 1

    records = provision.audit(dag_run_id="first")
    assert {record["task_id"] for record in records} == {"resource_group", "deploy", "grant_reader", "check"}
    assert all(record["rule"] for record in records)
    decisions = [record for record in records if record["kind"] == "decision"]
    assert {record["task_id"] for record in decisions} >= {"resource_group", "deploy", "grant_reader"}
    assert {record["decision"] for record in decisions} == {"allow"}
    # The decision of a change stands before its outcome; a read is one record, at its end.
    first = {}
    for record in records:
        first.setdefault(record["request_id"], record)
    assert all(record["kind"] == ("outcome" if record["method"] == "GET" else "decision") for record in first.values())
    assert provision.cli("audit", "verify").stdout.startswith("the chain holds")


def test_running_it_again_creates_nothing_twice(provision):
    for run in ("one", "two"):
        provision.trigger("azure_provision", run)
        assert provision.finish("azure_provision", run) == "success", provision.why("azure_provision", run)
    for resource, effect in provision.effects().items():
        if "/deployments/" not in resource:
            assert effect["created"] == 1, resource


def test_a_changed_audit_record_is_found(provision):
    import sqlite3
    provision.trigger("azure_provision", "first")
    provision.finish("azure_provision", "first")
    provision.stop()
    with sqlite3.connect(provision.data / "armature.db") as database:
        database.execute("UPDATE audit SET content = replace(content, 'allow', 'deny') WHERE sequence = 1")
    provision.start()
    verified = provision.cli("audit", "verify", check=False)
    assert verified.returncode == 1
    assert "broken at record 1" in verified.stdout


@pytest.mark.skipif(not CORPUS.exists(), reason=f"no template corpus at {CORPUS}")
def test_real_templates_deploy_with_the_same_dag(provision):
    assert len(TEMPLATES) >= 25
    for name in TEMPLATES:
        provision.trigger("azure_provision", name, app="t" + str(TEMPLATES.index(name)) + "x",
                          template_file=str(CORPUS / "templates" / name / "azuredeploy.json"))
    failed = {}
    for name in TEMPLATES:
        if provision.finish("azure_provision", name) != "success":
            failed[name] = provision.why("azure_provision", name)
    assert not failed, "\n\n".join(f"{name}:\n{why}" for name, why in failed.items())
