"""A program for Azure as its documentation writes it: a group made, read and deleted, and one that it may not make."""
import os
import sys

from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource.resources import ResourceManagementClient

mine, other = sys.argv[1:]
endpoint = os.environ.get("ARM_ENDPOINT", "https://management.azure.com")  # of a cloud of one's own
client = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], base_url=endpoint,
                                  credential_scopes=["https://management.azure.com/.default"])
groups = client.resource_groups
print("created", groups.create_or_update(mine, {"location": "westeurope"}).name)
print("read", groups.get(mine).location)
groups.begin_delete(mine).result()
print("deleted", mine)
try:
    groups.create_or_update(other, {"location": "westeurope"})
except HttpResponseError as refused:
    print("denied", refused)
