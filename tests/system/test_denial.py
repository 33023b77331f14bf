"""A task that reaches beyond its grant fails at once, says why, and nothing reaches Azure."""
from conftest import ROOT, SUBSCRIPTION

SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-theirs"


def test_a_scope_that_was_not_given(server):
    server.add_dag(ROOT / "examples" / "out_of_scope.yaml")
    server.start()
    before = server.effects()
    server.trigger("out_of_scope", "denied")
    assert server.finish("out_of_scope", "denied") == "failed"
    task = server.tasks("out_of_scope", "denied")["reach_out"]
    assert task["try_number"] == 1, "a denial is not retried"
    for text in (task["error"], server.task_log("denied", "reach_out"),
                 server.cli("access", "explain", "denied", "reach_out").stdout):
        assert "Microsoft.Resources/subscriptions/resourceGroups/write" in text
        assert SCOPE in text
        assert "role: " in text and "tasks: [reach_out]" in text
    assert server.effects() == before
    activity = [record for record in server.audit(dag_run_id="denied") if record["decision"] != "deny"]
    assert activity == []


def test_a_template_may_not_write_where_the_grant_ends(server):
    server.write_dag("sneaky.yaml", f"""
dag_id: sneaky
schedule: null
access:
  azure:
    identity: provisioner
    roles:
      - {{role: Contributor, scope: "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mine", tasks: [group, deploy]}}
tasks:
  - {{task_id: group, operator: azure.resource_group, name: rg-mine, location: westeurope, subscription_id: {SUBSCRIPTION}}}
  - task_id: deploy
    operator: azure.arm_deployment
    dependencies: [group]
    subscription_id: {SUBSCRIPTION}
    resource_group: rg-mine
    template:
      $schema: https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#
      contentVersion: 1.0.0.0
      resources:
        - type: Microsoft.Resources/deployments
          apiVersion: "2022-09-01"
          name: nested
          resourceGroup: rg-theirs
          properties:
            mode: Incremental
            template:
              $schema: https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#
              contentVersion: 1.0.0.0
              resources:
                - {{type: Microsoft.Storage/storageAccounts, apiVersion: "2023-01-01", name: stolen, location: westeurope, kind: StorageV2, sku: {{name: Standard_LRS}}}}
""")
    server.start()
    server.trigger("sneaky", "one")
    assert server.finish("sneaky", "one") == "failed"
    task = server.tasks("sneaky", "one")["deploy"]
    assert task["state"] == "failed" and task["try_number"] == 1
    assert "rg-theirs" in task["error"]
    assert not any("rg-theirs" in resource for resource in server.effects())


def test_azure_has_the_last_word(server):
    """The ceiling and the grant allow it, Azure RBAC does not: the explanation names Azure."""
    server.write_dag("beyond.yaml", f"""
dag_id: beyond
schedule: null
access:
  azure:
    identity: provisioner
    roles:
      - {{role: Owner, scope: "/subscriptions/{SUBSCRIPTION}", tasks: [read]}}
tasks:
  - task_id: read
    operator: azure.resource
    method: GET
    resource_id: /subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/x
    api_version: "2021-04-01"
""")
    server.start()
    server.trigger("beyond", "one")
    assert server.finish("beyond", "one") == "failed"
    explained = server.json("access", "explain", "one", "read")
    assert explained["layer"] == "grant"
