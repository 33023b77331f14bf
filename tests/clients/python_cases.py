"""The Python SDKs, as their own documentation uses them; only endpoint and trust differ."""
import json
import os
import sys
import traceback

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import (CertificateCredential, ClientAssertionCredential, ClientSecretCredential,
                            DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential,
                            WorkloadIdentityCredential)
from azure.keyvault.secrets import SecretClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient

sys.path.insert(0, os.path.dirname(__file__))
import templates

URL = os.environ["ARMATURE_SANDBOX_URL"]
TENANT, CLIENT = os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"]
SUBSCRIPTION = os.environ["AZURE_SUBSCRIPTION_ID"]
SCOPE = URL + "/.default"
OFFLINE = {"disable_instance_discovery": True}  # never ask login.microsoftonline.com about this authority
ARM = {"base_url": URL, "credential_scopes": [SCOPE]}


def case(name):
    def run(body):
        error = ""
        try:
            body()
        except Exception:  # whatever a client throws is the row's finding
            error = traceback.format_exc()
        print(json.dumps({"case": name, "error": error}), flush=True)
    return run


def secret_credential():
    return ClientSecretCredential(TENANT, CLIENT, os.environ["AZURE_CLIENT_SECRET"], **OFFLINE)


credential = secret_credential()
resources = ResourceManagementClient(credential, SUBSCRIPTION, **ARM)
deployments = DeploymentsMgmtClient(credential, SUBSCRIPTION, **ARM)
roles = AuthorizationManagementClient(credential, SUBSCRIPTION, **ARM)


@case("ClientSecretCredential.get_token")
def _():
    assert credential.get_token(SCOPE).token.count(".") == 2


@case("EnvironmentCredential.get_token")
def _():
    assert EnvironmentCredential(**OFFLINE).get_token("https://management.azure.com/.default").token


@case("DefaultAzureCredential.get_token")
def _():
    assert DefaultAzureCredential(**OFFLINE).get_token("https://management.azure.com/.default").token


ROBOT = os.environ["ARMATURE_ROBOT_ID"]
TOKEN_FILE = os.environ["AZURE_FEDERATED_TOKEN_FILE"]


@case("CertificateCredential.get_token")
def _():
    assert CertificateCredential(TENANT, ROBOT, os.environ["ARMATURE_ROBOT_PEM"], **OFFLINE).get_token(SCOPE).token


@case("WorkloadIdentityCredential.get_token")
def _():
    found = WorkloadIdentityCredential(tenant_id=TENANT, client_id=ROBOT, token_file_path=TOKEN_FILE, **OFFLINE)
    assert found.get_token(SCOPE).token


@case("ClientAssertionCredential.get_token")
def _():
    def assertion():
        with open(TOKEN_FILE) as file:
            return file.read()
    assert ClientAssertionCredential(TENANT, ROBOT, assertion, **OFFLINE).get_token(SCOPE).token


@case("ManagedIdentityCredential.get_token (IMDS)")
def _():
    for name in ("AZURE_FEDERATED_TOKEN_FILE",):  # else it would be taken for a workload identity
        os.environ.pop(name)
    assert ManagedIdentityCredential().get_token("https://management.azure.com/.default").token


@case("ClientSecretCredential with a wrong secret")
def _():
    try:
        ClientSecretCredential(TENANT, CLIENT, "wrong", **OFFLINE).get_token(SCOPE)
    except ClientAuthenticationError as refused:
        assert "AADSTS7000215" in str(refused), refused
    else:
        raise AssertionError("it was accepted")


@case("resource_groups.create_or_update")
def _():
    made = resources.resource_groups.create_or_update("py", {"location": "westeurope", "tags": {"a": "b"}})
    assert made.properties.provisioning_state == "Succeeded" and made.tags == {"a": "b"}


@case("resource_groups.list")
def _():
    assert "py" in [group.name for group in resources.resource_groups.list()]


@case("resource_groups.check_existence")
def _():
    assert resources.resource_groups.check_existence("py") and not resources.resource_groups.check_existence("none")


@case("resource_groups.get of nothing")
def _():
    try:
        resources.resource_groups.get("none")
    except ResourceNotFoundError as refused:
        assert refused.error.code == "ResourceGroupNotFound", refused
    else:
        raise AssertionError("it was found")


STORE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/py/providers/Microsoft.Storage/storageAccounts/pystore"


@case("resources.begin_create_or_update_by_id")
def _():
    made = resources.resources.begin_create_or_update_by_id(STORE, {
        "location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}, api_version="2022-09-01").result()
    assert made.id == STORE and made.properties["provisioningState"] == "Succeeded"


@case("resources.begin_create_or_update_by_id of a slow resource")
def _():
    machine = STORE.replace("Microsoft.Storage/storageAccounts/pystore", "Microsoft.Compute/virtualMachines/vm")
    made = resources.resources.begin_create_or_update_by_id(machine, {"location": "westeurope"},
                                                            api_version="2022-08-01", polling_interval=1).result()
    assert made.properties["provisioningState"] == "Succeeded"


@case("resources.list_by_resource_group")
def _():
    assert "pystore" in [one.name for one in resources.resources.list_by_resource_group("py")]


@case("resources.get_by_id")
def _():
    assert resources.resources.get_by_id(STORE, api_version="2022-09-01").kind == "StorageV2"


@case("tags.begin_create_or_update_at_scope")
def _():
    resources.tags.begin_create_or_update_at_scope(STORE, {"properties": {"tags": {"x": "y"}}}).result()
    assert resources.tags.get_at_scope(STORE).properties.tags == {"x": "y"}


@case("providers.list")
def _():
    assert "Microsoft.Storage" in [one.namespace for one in resources.providers.list()]


TEMPLATE = {"location": None, "properties": {"mode": "Incremental", "template": json.loads(
    "\n".join(line for line in templates.GROUP.splitlines() if "//" not in line or "http" in line))}}
del TEMPLATE["location"]


@case("deployments.begin_validate")
def _():
    checked = deployments.deployments.begin_validate("py", "one", TEMPLATE).result()
    assert checked.error is None, checked.error


@case("deployments.begin_what_if")
def _():
    told = deployments.deployments.begin_what_if("py", "one", TEMPLATE).result()
    assert "Create" in [change.change_type for change in told.properties.changes if hasattr(change, "change_type")] \
        if hasattr(told, "properties") else "Create" in [change.change_type for change in told.changes]


@case("deployments.begin_create_or_update")
def _():
    done = deployments.deployments.begin_create_or_update("py", "one", TEMPLATE).result()
    assert done.properties.provisioning_state == "Succeeded"
    assert done.properties.outputs["id"]["value"].startswith("/subscriptions/")


@case("deployment_operations.list")
def _():
    assert len(list(deployments.deployment_operations.list("py", "one"))) >= 1


@case("role_definitions.list")
def _():
    found = list(roles.role_definitions.list(f"/subscriptions/{SUBSCRIPTION}", filter="roleName eq 'Reader'"))
    assert [one.role_name for one in found] == ["Reader"]


ASSIGNMENT = "0b0e3b5c-2d3f-4c57-9f0b-0d3f0e6c0a01"


@case("role_assignments.create")
def _():
    reader = list(roles.role_definitions.list(f"/subscriptions/{SUBSCRIPTION}", filter="roleName eq 'Reader'"))[0].id
    made = roles.role_assignments.create(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/py", ASSIGNMENT, {
        "role_definition_id": reader, "principal_id": "7b0e3b5c-2d3f-4c57-9f0b-0d3f0e6c0a02",
        "principal_type": "ServicePrincipal"})
    assert made.name == ASSIGNMENT


@case("role_assignments.list_for_scope")
def _():
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/py"
    assert ASSIGNMENT in [one.name for one in roles.role_assignments.list_for_scope(scope)]


@case("role_assignments.delete")
def _():
    roles.role_assignments.delete(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/py", ASSIGNMENT)


def vault_client():
    return SecretClient(VAULT["uri"], credential)


VAULT = {"uri": ""}


@case("a vault by ARM")
def _():
    vault_id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/py/providers/Microsoft.KeyVault/vaults/pyvault"
    made = resources.resources.begin_create_or_update_by_id(vault_id, {
        "location": "westeurope", "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"},
                                                 "enableRbacAuthorization": True, "accessPolicies": []}}, api_version="2023-07-01").result()
    VAULT["uri"] = made.properties["vaultUri"]


@case("SecretClient.set_secret")
def _():
    assert vault_client().set_secret("pass", "open sesame", tags={"a": "b"}).properties.version


@case("SecretClient.get_secret")
def _():
    assert vault_client().get_secret("pass").value == "open sesame"


@case("SecretClient.update_secret_properties")
def _():
    assert vault_client().update_secret_properties("pass", content_type="text/plain").content_type == "text/plain"


@case("SecretClient.list_properties_of_secrets")
def _():
    assert [one.name for one in vault_client().list_properties_of_secrets()] == ["pass"]


@case("SecretClient.list_properties_of_secret_versions")
def _():
    vault_client().set_secret("pass", "second")
    assert len(list(vault_client().list_properties_of_secret_versions("pass"))) == 2


@case("SecretClient.backup_secret, restore_secret_backup")
def _():
    client = vault_client()
    client.set_secret("kept", "x")
    backup = client.backup_secret("kept")
    client.begin_delete_secret("kept").wait()
    client.purge_deleted_secret("kept")
    client.restore_secret_backup(backup)
    assert client.get_secret("kept").value == "x"


@case("SecretClient.begin_delete_secret")
def _():
    assert vault_client().begin_delete_secret("pass").result().recovery_id


@case("SecretClient.begin_recover_deleted_secret")
def _():
    vault_client().begin_recover_deleted_secret("pass").wait()
    assert vault_client().get_secret("pass").value == "second"


@case("SecretClient.purge_deleted_secret")
def _():
    client = vault_client()
    client.begin_delete_secret("pass").wait()
    client.purge_deleted_secret("pass")


@case("SecretClient.get_secret of nothing")
def _():
    try:
        vault_client().get_secret("never")
    except ResourceNotFoundError as refused:
        assert refused.error.code == "SecretNotFound", refused
    else:
        raise AssertionError("it was found")


@case("resource_groups.begin_delete")
def _():
    resources.resource_groups.begin_delete("py", polling_interval=1).result()
    assert not resources.resource_groups.check_existence("py")
