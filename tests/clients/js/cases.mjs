// The JavaScript SDKs, as their own documentation uses them; only endpoint and trust differ.
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} from "@azure/identity";
import { ResourceManagementClient } from "@azure/arm-resources";
import { DeploymentsClient } from "@azure/arm-resourcesdeployments";
import { SecretClient } from "@azure/keyvault-secrets";
import assert from "node:assert/strict";

const url = process.env.ARMATURE_SANDBOX_URL;
const tenant = process.env.AZURE_TENANT_ID;
const subscription = process.env.AZURE_SUBSCRIPTION_ID;
const offline = { disableInstanceDiscovery: true, authorityHost: url };
const credential = new ClientSecretCredential(tenant, process.env.AZURE_CLIENT_ID, process.env.AZURE_CLIENT_SECRET, offline);
const resources = new ResourceManagementClient(credential, subscription, { endpoint: url });
const deployments = new DeploymentsClient(credential, subscription, { endpoint: url });

async function run(name, body) {
  let error = "";
  try {
    await body();
  } catch (thrown) {
    error = String(thrown?.stack ?? thrown).slice(0, 3000);
  }
  console.log(JSON.stringify({ case: name, error }));
}

async function names(pages) {
  const out = [];
  for await (const one of pages) out.push(one.name);
  return out;
}

await run("ClientSecretCredential.getToken", async () => {
  assert.equal((await credential.getToken(url + "/.default")).token.split(".").length, 3);
});
await run("DefaultAzureCredential.getToken", async () => {
  assert.ok((await new DefaultAzureCredential(offline).getToken("https://management.azure.com/.default")).token);
});
await run("ClientSecretCredential with a wrong secret", async () => {
  const wrong = new ClientSecretCredential(tenant, process.env.AZURE_CLIENT_ID, "wrong", offline);
  await assert.rejects(wrong.getToken(url + "/.default"), /AADSTS7000215/);
});
const robot = process.env.ARMATURE_ROBOT_ID;
await run("ClientCertificateCredential.getToken", async () => {
  const found = new ClientCertificateCredential(tenant, robot, process.env.ARMATURE_ROBOT_PEM, offline);
  assert.ok((await found.getToken(url + "/.default")).token);
});
await run("WorkloadIdentityCredential.getToken", async () => {
  const found = new WorkloadIdentityCredential({ ...offline, tenantId: tenant, clientId: robot });
  assert.ok((await found.getToken(url + "/.default")).token);
});
delete process.env.AZURE_FEDERATED_TOKEN_FILE; // else it would be taken for a workload identity
await run("ManagedIdentityCredential.getToken (IMDS)", async () => {
  assert.ok((await new ManagedIdentityCredential().getToken("https://management.azure.com/.default")).token);
});
await run("resourceGroups.createOrUpdate", async () => {
  const made = await resources.resourceGroups.createOrUpdate("js", { location: "westeurope", tags: { a: "b" } });
  assert.equal(made.properties.provisioningState, "Succeeded");
});
await run("resourceGroups.list", async () => assert.ok((await names(resources.resourceGroups.list())).includes("js")));
await run("resourceGroups.checkExistence", async () => {
  const found = await resources.resourceGroups.checkExistence("js");
  assert.ok(found === undefined || found.body !== false);
});
await run("resourceGroups.get of nothing", async () => {
  await assert.rejects(resources.resourceGroups.get("none"), (refused) => refused.code === "ResourceGroupNotFound");
});

const store = `/subscriptions/${subscription}/resourceGroups/js/providers/Microsoft.Storage/storageAccounts/jsstore`;
const account = { location: "westeurope", kind: "StorageV2", sku: { name: "Standard_LRS" }, properties: {} };
await run("resources.createOrUpdateById", async () => {
  const made = await resources.resources.createOrUpdateById(store, "2022-09-01", account);
  assert.equal(made.id, store);
});
await run("resources.getById", async () => {
  assert.equal((await resources.resources.getById(store, "2022-09-01")).kind, "StorageV2");
});
await run("resources.listByResourceGroup", async () => {
  assert.deepEqual(await names(resources.resources.listByResourceGroup("js")), ["jsstore"]);
});

const template = {
  properties: {
    mode: "Incremental",
    template: {
      $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      contentVersion: "1.0.0.0",
      resources: [{ type: "Microsoft.Storage/storageAccounts", apiVersion: "2022-09-01", name: "jsother", ...account }],
      outputs: { where: { type: "string", value: "[resourceGroup().location]" } },
    },
  },
};
await run("deployments.createOrUpdate", async () => {
  const done = await deployments.deployments.createOrUpdate("js", "one", template);
  assert.equal(done.properties.provisioningState, "Succeeded");
  assert.equal(done.properties.outputs.where.value, "westeurope");
});
await run("deployments.whatIf", async () => {
  const told = await deployments.deployments.whatIf("js", "one", template);
  assert.ok(JSON.stringify(told).includes("NoChange"), JSON.stringify(told));
});

let secrets;
await run("a vault by ARM", async () => {
  const id = `/subscriptions/${subscription}/resourceGroups/js/providers/Microsoft.KeyVault/vaults/jsvault`;
  const made = await resources.resources.createOrUpdateById(id, "2023-07-01", {
    location: "westeurope",
    properties: { tenantId: tenant, sku: { family: "A", name: "standard" }, enableRbacAuthorization: true, accessPolicies: [] },
  });
  secrets = new SecretClient(made.properties.vaultUri, credential);
});
await run("SecretClient.setSecret", async () => assert.ok((await secrets.setSecret("pass", "open sesame")).properties.version));
await run("SecretClient.getSecret", async () => assert.equal((await secrets.getSecret("pass")).value, "open sesame"));
await run("SecretClient.listPropertiesOfSecrets", async () => {
  assert.deepEqual(await names(secrets.listPropertiesOfSecrets()), ["pass"]);
});
await run("SecretClient.beginDeleteSecret", async () => {
  await (await secrets.beginDeleteSecret("pass")).pollUntilDone();
});
await run("SecretClient.beginRecoverDeletedSecret", async () => {
  await (await secrets.beginRecoverDeletedSecret("pass")).pollUntilDone();
  assert.equal((await secrets.getSecret("pass")).value, "open sesame");
});
await run("SecretClient.purgeDeletedSecret", async () => {
  await (await secrets.beginDeleteSecret("pass")).pollUntilDone();
  await secrets.purgeDeletedSecret("pass");
});
await run("resourceGroups.delete", async () => {
  await resources.resourceGroups.delete("js");
  await assert.rejects(resources.resourceGroups.get("js"), (refused) => refused.code === "ResourceGroupNotFound");
});
