"""The Azure CLI: what a person types in a day."""
import json
import pathlib
import subprocess
import time

import robot
import templates

PATIENCE = 60
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"  # the built-in role
READER_OF_ROBOT = "5b0e3b5c-2d3f-4c57-9f0b-0d3f0e6c0a03"
ACCOUNT = '{"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{}}'


class Az:
    def __init__(self, client, sandbox, home, results):
        self.client, self.results, self.home = client, results, home
        self.environment = {**sandbox.environment(), "AZURE_CONFIG_DIR": str(home / "az"),
                            "AZURE_CORE_NO_COLOR": "true", "AZURE_CORE_COLLECT_TELEMETRY": "false",
                            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no", "PYTHONWARNINGS": "ignore"}
        (home / "az").mkdir(exist_ok=True)

    def run(self, *arguments, env=None):
        return subprocess.run([*self.client.command, *map(str, arguments)], env={**self.environment, **(env or {})},
                              capture_output=True, text=True, timeout=PATIENCE, cwd=self.home)

    def case(self, command, *arguments, check=None, refused=None, env=None):
        """Runs one command as a row. check sees the answer; refused is a text that the refusal must hold."""
        if not self.results.wanted(self.client.name, command):
            # Later cases stand on this one's effect.
            done = self.run(*arguments, env=env)
            return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip().startswith(("{", "[")) else None
        started = time.monotonic()
        try:
            done = self.run(*arguments, env=env)
        except subprocess.TimeoutExpired:
            self.results.add(self.client.name, command, f"no end after {PATIENCE} s", started)
            return None
        error, answer = None, None
        if refused:
            if done.returncode == 0 or refused not in done.stderr:
                error = f"expected a refusal with {refused}: {done.stdout[-800:]}{done.stderr[-800:]}"
        elif done.returncode != 0:
            error = (done.stderr or done.stdout)[-3000:]
        else:
            try:
                answer = json.loads(done.stdout) if done.stdout.strip() else None
                if check and not check(answer):
                    error = "unexpected answer: " + done.stdout[:1500]
            except (ValueError, KeyError, TypeError, IndexError) as wrong:
                error = f"unexpected answer ({wrong!r}): {done.stdout[:1500]}"
        self.results.add(self.client.name, command, error, started)
        return answer


def sign_in(az, sandbox):
    env, data = az.environment, sandbox.data
    url = sandbox.address["sandbox"]["url"]
    az.case("cloud register --endpoint-resource-manager", "cloud", "register", "-n", "by-url",
            "--endpoint-resource-manager", url)
    az.case("cloud register --cloud-config", "cloud", "register", "-n", "armature", "--cloud-config",
            f"@{data / 'azure-cloud.json'}")
    az.case("cloud set", "cloud", "set", "-n", "armature")
    signed_in = az.case("login --service-principal (secret)", "login", "--service-principal", "-u", env["AZURE_CLIENT_ID"], "-p",
            env["AZURE_CLIENT_SECRET"], "--tenant", env["AZURE_TENANT_ID"],
            check=lambda said: said[0]["id"] == sandbox.subscription)
    az.case("account show", "account", "show", check=lambda said: said["tenantId"] == env["AZURE_TENANT_ID"])
    az.case("account list", "account", "list", check=lambda said: len(said) == 1)
    az.case("account get-access-token", "account", "get-access-token", check=lambda said: said["tokenType"] == "Bearer")
    az.case("account list-locations", "account", "list-locations",
            check=lambda said: "westeurope" in [one["name"] for one in said])
    wrong = {"AZURE_CONFIG_DIR": str(az.home / "wrong")}
    az.run("cloud", "register", "-n", "armature", "--cloud-config", f"@{data / 'azure-cloud.json'}", env=wrong)
    az.run("cloud", "set", "-n", "armature", env=wrong)
    az.case("login with a wrong secret", "login", "--service-principal", "-u", env["AZURE_CLIENT_ID"], "-p", "wrong",
            "--tenant", env["AZURE_TENANT_ID"], env=wrong, refused="AADSTS7000215")
    return signed_in


def signed_in_as(az, sandbox, name, env=None):
    """Another configuration folder, with the cloud set: its environment."""
    folder = {"AZURE_CONFIG_DIR": str(az.home / f"az-{name}"), **(env or {})}
    az.run("cloud", "register", "-n", "armature", "--cloud-config", f"@{sandbox.data / 'azure-cloud.json'}", env=folder)
    az.run("cloud", "set", "-n", "armature", env=folder)
    return folder


def other_sign_ins(az, sandbox):
    """Certificate, federated token and managed identity; the application is made by az itself."""
    certificate, pem = robot.make_certificate(az.home)
    issuer = robot.Issuer(az.home)
    tenant = az.environment["AZURE_TENANT_ID"]
    try:
        app = az.case("ad app create", "ad", "app", "create", "--display-name", "robot",
                      check=lambda said: said["displayName"] == "robot") or {"appId": "none", "id": "none"}
        principal = az.case("ad sp create", "ad", "sp", "create", "--id", app["appId"], check=lambda said: said["appId"] == app["appId"]) or {}
        az.case("ad app credential reset --cert", "ad", "app", "credential", "reset", "--id", app["appId"], "--cert",
                f"@{certificate}", "--append")
        (az.home / "federated.json").write_text(json.dumps(issuer.credential("robot")))
        az.case("ad app federated-credential create", "ad", "app", "federated-credential", "create", "--id", app["appId"],
                "--parameters", "federated.json", check=lambda said: said["subject"] == "robot")
        if not az.case("role assignment create --assignee APPID", "role", "assignment", "create", "--assignee", app["appId"],
                       "--role", "Reader", "--scope", f"/subscriptions/{sandbox.subscription}"):
            make_reader(az, sandbox, principal.get("id"))
        az.case("ad sp list", "ad", "sp", "list", "--display-name", "robot", check=lambda said: len(said) == 1)
        who = ("login", "--service-principal", "-u", app["appId"], "--tenant", tenant)
        with_certificate = ("-p", pem) if "2.45" in az.client.name else ("--certificate", pem)
        az.case("login --service-principal (certificate)", *who, *with_certificate, env=signed_in_as(az, sandbox, "certificate"),
                check=lambda said: said[0]["id"] == sandbox.subscription)
        az.case("login --service-principal (federated token)", *who, "--federated-token", issuer.token("robot"),
                env=signed_in_as(az, sandbox, "federated"), check=lambda said: said[0]["id"] == sandbox.subscription)
        managed = signed_in_as(az, sandbox, "managed", env=identity_endpoint(az, sandbox))
        az.case("login --identity", "login", "--identity", env=managed,
                check=lambda said: said[0]["id"] == sandbox.subscription)
        az.case("group list (managed identity)", "group", "list", env=managed,
                check=lambda said: "rg" in [one["name"] for one in said])
    finally:
        issuer.stop()


def make_reader(az, sandbox, principal):
    """For an az whose role commands are broken: the sign-ins that follow are to see the subscription."""
    scope = f"/subscriptions/{sandbox.subscription}/providers/Microsoft.Authorization"
    az.run("rest", "--method", "put", "--url", f"{scope}/roleAssignments/{READER_OF_ROBOT}?api-version=2022-04-01", "--body",
           json.dumps({"properties": {"principalId": principal, "principalType": "ServicePrincipal",
                                      "roleDefinitionId": f"{scope}/roleDefinitions/{READER}"}}))


def identity_endpoint(az, sandbox):
    """az before 2.7x knows App Service's endpoint of 2017 alone; later ones read what `sandbox env` gave."""
    if "2.45" not in az.client.name:
        return {}
    return {"APPSETTING_WEBSITE_SITE_NAME": "sandbox", "MSI_ENDPOINT": sandbox.address["sandbox"]["identity_endpoint"],
            "MSI_SECRET": pathlib.Path(sandbox.address["sandbox"]["identity_header_file"]).read_text().strip()}


def groups(az):
    az.case("group create", "group", "create", "-n", "rg", "-l", "westeurope", "--tags", "env=dev",
            check=lambda said: said["properties"]["provisioningState"] == "Succeeded")
    az.case("group show", "group", "show", "-n", "rg", check=lambda said: said["tags"] == {"env": "dev"})
    az.case("group list", "group", "list", check=lambda said: "rg" in [one["name"] for one in said])
    az.case("group list --tag", "group", "list", "--tag", "env=dev", check=lambda said: len(said) == 1)
    az.case("group exists", "group", "exists", "-n", "rg", check=lambda said: said is True)
    az.case("group update", "group", "update", "-n", "rg", "--set", "tags.owner=ada",
            check=lambda said: said["tags"]["owner"] == "ada")
    az.case("group wait", "group", "wait", "-n", "rg", "--created", "--interval", "1")
    az.case("group show of nothing", "group", "show", "-n", "nowhere", refused="ResourceGroupNotFound")


def providers(az):
    az.case("provider list", "provider", "list", check=lambda said: len(said) > 10)
    az.case("provider show", "provider", "show", "-n", "Microsoft.Storage",
            check=lambda said: "storageAccounts" in [one["resourceType"] for one in said["resourceTypes"]])
    az.case("provider register", "provider", "register", "-n", "Microsoft.Storage", "--wait")


def resources(az, sandbox):
    name = ("-g", "rg", "-n", "armaturestore", "--resource-type", "Microsoft.Storage/storageAccounts")
    made = az.case("resource create", "resource", "create", *name, "--is-full-object", "--properties", ACCOUNT,
                   check=lambda said: said["properties"]["provisioningState"] == "Succeeded") or {}
    resource_id = made.get("id", f"/subscriptions/{sandbox.subscription}/resourceGroups/rg/providers/"
                                 "Microsoft.Storage/storageAccounts/armaturestore")
    az.case("resource show", "resource", "show", *name, check=lambda said: said["kind"] == "StorageV2")
    az.case("resource show --ids", "resource", "show", "--ids", resource_id, check=lambda said: said["name"] == "armaturestore")
    az.case("resource list", "resource", "list", "-g", "rg", check=lambda said: len(said) == 1)
    az.case("resource list --resource-type", "resource", "list", "--resource-type", "Microsoft.Storage/storageAccounts",
            check=lambda said: len(said) == 1)
    az.case("resource tag", "resource", "tag", "--ids", resource_id, "--tags", "a=b",
            check=lambda said: said["tags"] == {"a": "b"})
    az.case("resource list --tag", "resource", "list", "--tag", "a=b", check=lambda said: len(said) == 1)
    az.case("resource update", "resource", "update", "--ids", resource_id, "--set", "tags.c=d",
            check=lambda said: said["tags"]["c"] == "d")
    az.case("resource invoke-action", "resource", "invoke-action", "--ids", resource_id, "--action", "listKeys",
            check=lambda said: len((said if isinstance(said, dict) else json.loads(said))["keys"]) == 2)
    az.case("resource wait", "resource", "wait", "--ids", resource_id, "--created", "--interval", "1")
    az.case("storage account show", "storage", "account", "show", "-g", "rg", "-n", "armaturestore",
            check=lambda said: said["sku"]["name"] == "Standard_LRS")
    az.case("network vnet create", "network", "vnet", "create", "-g", "rg", "-n", "net", "--address-prefix", "10.0.0.0/16",
            "--subnet-name", "one", "--subnet-prefix", "10.0.1.0/24")
    az.case("network vnet subnet list", "network", "vnet", "subnet", "list", "-g", "rg", "--vnet-name", "net",
            check=lambda said: [one["name"] for one in said] == ["one"])
    az.case("rest", "rest", "--method", "get", "--url", f"{resource_id}?api-version=2022-09-01",
            check=lambda said: said["id"] == resource_id)
    return resource_id


def tags(az, resource_id):
    az.case("tag create --resource-id", "tag", "create", "--resource-id", resource_id, "--tags", "team=one",
            check=lambda said: said["properties"]["tags"] == {"team": "one"})
    az.case("tag update", "tag", "update", "--resource-id", resource_id, "--operation", "merge", "--tags", "stage=two",
            check=lambda said: said["properties"]["tags"] == {"team": "one", "stage": "two"})
    az.case("tag list --resource-id", "tag", "list", "--resource-id", resource_id,
            check=lambda said: said["properties"]["tags"]["team"] == "one")
    az.case("tag delete", "tag", "delete", "--resource-id", resource_id, "--yes")


def deployments(az):
    for name, text in (("group", templates.GROUP), ("sub", templates.SUBSCRIPTION), ("slow", templates.SLOW),
                       ("plain", templates.GROUP.replace("// a comment", "")),
                       ("broken", templates.GROUP.replace("uniqueString", "uniqueSting"))):
        (az.home / f"{name}.json").write_text(text)
    group = ("-g", "rg", "-f", "group.json")
    az.case("deployment group validate", "deployment", "group", "validate", *group,
            check=lambda said: said["properties"]["provisioningState"] == "Succeeded")
    az.case("deployment group what-if", "deployment", "group", "what-if", *group, "--no-pretty-print",
            check=lambda said: "Create" in [one["changeType"] for one in said["changes"]])
    az.case("deployment group create", "deployment", "group", "create", *group, "-n", "first",
            check=lambda said: said["properties"]["outputs"]["id"]["value"].startswith("/subscriptions/"))
    az.case("deployment group create -p", "deployment", "group", "create", *group, "-n", "second", "-p", "name=named1",
            check=lambda said: said["properties"]["parameters"]["name"]["value"] == "named1")
    az.case("deployment group show", "deployment", "group", "show", "-g", "rg", "-n", "first",
            check=lambda said: said["properties"]["provisioningState"] == "Succeeded")
    az.case("deployment group list", "deployment", "group", "list", "-g", "rg", check=lambda said: len(said) == 2)
    az.case("deployment operation group list", "deployment", "operation", "group", "list", "-g", "rg", "-n", "first",
            check=lambda said: said[0]["properties"]["provisioningState"] == "Succeeded")
    az.case("deployment group export", "deployment", "group", "export", "-g", "rg", "-n", "first",
            check=lambda said: "resources" in said)
    az.run("deployment", "group", "create", "-g", "rg", "-f", "slow.json", "-n", "slow", "--no-wait")
    az.case("deployment group cancel", "deployment", "group", "cancel", "-g", "rg", "-n", "slow")
    az.case("deployment group delete", "deployment", "group", "delete", "-g", "rg", "-n", "second")
    az.case("deployment group create of a broken template", "deployment", "group", "create", "-g", "rg", "-f",
            "broken.json", "-n", "bad", refused="InvalidTemplate")
    sub = ("-l", "westeurope", "-f", "sub.json")
    az.case("deployment sub validate", "deployment", "sub", "validate", *sub)
    az.case("deployment sub what-if", "deployment", "sub", "what-if", *sub, "--no-pretty-print",
            check=lambda said: said["changes"][0]["changeType"] == "Create")
    az.case("deployment sub create", "deployment", "sub", "create", *sub, "-n", "subone",
            check=lambda said: said["properties"]["provisioningState"] == "Succeeded")
    az.case("deployment sub show", "deployment", "sub", "show", "-n", "subone")
    az.case("deployment sub list", "deployment", "sub", "list", check=lambda said: "subone" in [one["name"] for one in said])
    az.case("deployment operation sub list", "deployment", "operation", "sub", "list", "-n", "subone",
            check=lambda said: len(said) >= 1)
    az.case("group export", "group", "export", "-n", "rg", check=lambda said: len(said["resources"]) >= 1)
    if "2.45" in az.client.name:
        return  # it knows no stacks yet
    az.case("stack group create", "stack", "group", "create", "-g", "rg", "-f", "plain.json", "-n", "stackone",
            "--deny-settings-mode", "none", "--action-on-unmanage", "detachAll", "--yes")
    az.case("stack group show", "stack", "group", "show", "-g", "rg", "-n", "stackone")
    az.case("stack group delete", "stack", "group", "delete", "-g", "rg", "-n", "stackone", "--action-on-unmanage",
            "detachAll", "--yes")


def roles(az, sandbox, principal):
    scope = f"/subscriptions/{sandbox.subscription}/resourceGroups/rg"
    az.case("role definition list", "role", "definition", "list", "--name", "Reader",
            check=lambda said: said[0]["roleType"] == "BuiltInRole")
    custom = {"Name": "Vm Starter", "Description": "starts", "Actions": ["Microsoft.Compute/virtualMachines/start/action"],
              "AssignableScopes": [f"/subscriptions/{sandbox.subscription}"]}
    (az.home / "role.json").write_text(json.dumps(custom))
    az.case("role definition create", "role", "definition", "create", "--role-definition", "role.json",
            check=lambda said: said["roleName"] == "Vm Starter")
    az.case("role definition list --custom-role-only", "role", "definition", "list", "--custom-role-only", "true",
            check=lambda said: [one["roleName"] for one in said] == ["Vm Starter"])
    az.case("role definition delete", "role", "definition", "delete", "--name", "Vm Starter")
    az.case("role assignment create --assignee-object-id", "role", "assignment", "create", "--assignee-object-id", principal,
            "--assignee-principal-type", "ServicePrincipal", "--role", "Reader", "--scope", scope,
            check=lambda said: said["principalId"] == principal)
    az.case("role assignment create --assignee", "role", "assignment", "create", "--assignee", principal,
            "--role", "Tag Contributor", "--scope", scope, check=lambda said: said["principalId"] == principal)
    az.case("role assignment list --all", "role", "assignment", "list", "--all", check=lambda said: len(said) >= 2)
    az.case("role assignment list --assignee", "role", "assignment", "list", "--assignee", principal, "--scope", scope,
            check=lambda said: {"Reader", "Tag Contributor"} <= {one["roleDefinitionName"] for one in said})
    az.case("role assignment delete", "role", "assignment", "delete", "--assignee", principal, "--role", "Tag Contributor",
            "--scope", scope)


def policies(az, sandbox):
    scope = f"/subscriptions/{sandbox.subscription}/resourceGroups/rg"
    (az.home / "rules.json").write_text(templates.POLICY)
    az.case("policy definition create", "policy", "definition", "create", "-n", "only-europe", "--rules", "rules.json",
            "--mode", "Indexed", check=lambda said: said["policyType"] == "Custom")
    az.case("policy definition show", "policy", "definition", "show", "-n", "only-europe")
    az.case("policy definition list", "policy", "definition", "list",
            check=lambda said: "only-europe" in [one["name"] for one in said])
    az.case("policy assignment create", "policy", "assignment", "create", "-n", "europe", "--policy", "only-europe",
            "--scope", scope, check=lambda said: said["scope"] == scope)
    az.case("policy assignment list", "policy", "assignment", "list", "--scope", scope,
            check=lambda said: "europe" in [one["name"] for one in said])
    az.case("resource create against a policy", "resource", "create", "-g", "rg", "-n", "armatureelsewhere",
            "--resource-type", "Microsoft.Storage/storageAccounts", "--is-full-object", "--properties",
            ACCOUNT.replace("westeurope", "eastus"), refused="RequestDisallowedByPolicy")
    az.case("policy state list", "policy", "state", "list", "-g", "rg")
    az.case("policy assignment delete", "policy", "assignment", "delete", "-n", "europe", "--scope", scope)
    az.case("policy definition delete", "policy", "definition", "delete", "-n", "only-europe")


def locks(az):
    az.case("lock create", "lock", "create", "-n", "keep", "-g", "rg", "--lock-type", "CanNotDelete",
            check=lambda said: said["level"] == "CanNotDelete")
    az.case("lock show", "lock", "show", "-n", "keep", "-g", "rg")
    az.case("lock list", "lock", "list", "-g", "rg", check=lambda said: [one["name"] for one in said] == ["keep"])
    az.case("group delete of a locked group", "group", "delete", "-n", "rg", "--yes", refused="ScopeLocked")
    az.case("lock delete", "lock", "delete", "-n", "keep", "-g", "rg")


def vaults(az, sandbox):
    vault = ("--vault-name", "armaturevault")
    az.case("keyvault create", "keyvault", "create", "-g", "rg", "-n", "armaturevault", "-l", "westeurope",
            "--enable-rbac-authorization", "true", check=lambda said: said["properties"]["vaultUri"].startswith("https://"))
    az.case("keyvault show", "keyvault", "show", "-n", "armaturevault")
    az.case("keyvault list", "keyvault", "list", "-g", "rg", check=lambda said: len(said) == 1)
    az.case("keyvault secret set", "keyvault", "secret", "set", *vault, "-n", "pass", "--value", "open sesame",
            check=lambda said: said["value"] == "open sesame")
    az.case("keyvault secret show", "keyvault", "secret", "show", *vault, "-n", "pass",
            check=lambda said: said["value"] == "open sesame")
    az.case("keyvault secret list", "keyvault", "secret", "list", *vault, check=lambda said: len(said) == 1)
    az.case("keyvault secret list-versions", "keyvault", "secret", "list-versions", *vault, "-n", "pass",
            check=lambda said: len(said) == 1)
    az.case("keyvault secret set-attributes", "keyvault", "secret", "set-attributes", *vault, "-n", "pass", "--enabled", "true")
    az.case("keyvault secret delete", "keyvault", "secret", "delete", *vault, "-n", "pass")
    az.case("keyvault secret list-deleted", "keyvault", "secret", "list-deleted", *vault, check=lambda said: len(said) == 1)
    az.case("keyvault secret recover", "keyvault", "secret", "recover", *vault, "-n", "pass")
    az.case("keyvault secret show after recover", "keyvault", "secret", "show", *vault, "-n", "pass",
            check=lambda said: said["value"] == "open sesame")
    az.run("keyvault", "secret", "delete", *vault, "-n", "pass")
    az.case("keyvault secret purge", "keyvault", "secret", "purge", *vault, "-n", "pass")
    az.case("keyvault delete", "keyvault", "delete", "-n", "armaturevault", "-g", "rg")
    az.case("keyvault list-deleted", "keyvault", "list-deleted", check=lambda said: len(said) == 1)
    az.case("keyvault recover", "keyvault", "recover", "-n", "armaturevault")
    az.run("keyvault", "delete", "-n", "armaturevault", "-g", "rg")
    az.case("keyvault purge", "keyvault", "purge", "-n", "armaturevault")


def identities(az, sandbox):
    made = az.case("identity create", "identity", "create", "-g", "rg", "-n", "worker", "-l", "westeurope",
                   check=lambda said: said["clientId"] and said["principalId"]) or {}
    az.case("identity list", "identity", "list", "-g", "rg", check=lambda said: len(said) == 1)
    return made


def history(az):
    az.case("monitor activity-log list", "monitor", "activity-log", "list", "-g", "rg", "--offset", "1d",
            check=lambda said: len(said) > 5)
    az.case("monitor activity-log list --correlation-id", "monitor", "activity-log", "list", "--correlation-id",
            "00000000-0000-4000-8000-000000000000", "--offset", "1d", check=lambda said: said == [])


def ending(az):
    az.case("resource delete", "resource", "delete", "-g", "rg", "-n", "armaturestore", "--resource-type",
            "Microsoft.Storage/storageAccounts")
    az.case("group delete", "group", "delete", "-n", "rg", "--yes")
    az.case("group exists after delete", "group", "exists", "-n", "rg", check=lambda said: said is False)
    az.case("logout", "logout")


def run(client, sandbox, home, results):
    az = Az(client, sandbox, home, results)
    if not sign_in(az, sandbox):
        return
    groups(az)
    other_sign_ins(az, sandbox)
    providers(az)
    resource_id = resources(az, sandbox)
    tags(az, resource_id)
    deployments(az)
    identity = identities(az, sandbox)
    roles(az, sandbox, identity.get("principalId", "00000000-0000-4000-8000-000000000001"))
    policies(az, sandbox)
    locks(az)
    vaults(az, sandbox)
    history(az)
    ending(az)
