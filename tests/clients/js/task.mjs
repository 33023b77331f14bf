// A program for Azure as its documentation writes it: a group made, read and deleted, and one that it may not make.
import { DefaultAzureCredential } from "@azure/identity";
import { ResourceManagementClient } from "@azure/arm-resources";

const [mine, other] = process.argv.slice(2);
const endpoint = process.env.ARM_ENDPOINT ?? "https://management.azure.com"; // of a cloud of one's own
const client = new ResourceManagementClient(new DefaultAzureCredential(), process.env.AZURE_SUBSCRIPTION_ID, {
  endpoint,
  credentials: { scopes: ["https://management.azure.com/.default"] },
});
const groups = client.resourceGroups;
console.log("created", (await groups.createOrUpdate(mine, { location: "westeurope" })).name);
console.log("read", (await groups.get(mine)).location);
await groups.delete(mine);
console.log("deleted", mine);
try {
  await groups.createOrUpdate(other, { location: "westeurope" });
} catch (refused) {
  console.log("denied", refused.code, refused.message);
}
