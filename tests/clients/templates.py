"""Templates and bodies that the cases deploy."""
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SUBSCRIPTION_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"

# With a comment and a parameter, as people write them: az sends the text of the file as it is.
GROUP = """{
  "$schema": "%s",
  "contentVersion": "1.0.0.0",
  // a comment
  "parameters": {"name": {"type": "string", "defaultValue": "[concat('st', uniqueString(resourceGroup().id))]"}},
  "resources": [{
    "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2022-09-01", "name": "[parameters('name')]",
    "location": "[resourceGroup().location]", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}
  }],
  "outputs": {"id": {"type": "string", "value": "[resourceId('Microsoft.Storage/storageAccounts', parameters('name'))]"}}
}
""" % SCHEMA

SUBSCRIPTION = """{
  "$schema": "%s",
  "contentVersion": "1.0.0.0",
  "resources": [{
    "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": "from-template",
    "location": "westeurope", "properties": {}
  }]
}
""" % SUBSCRIPTION_SCHEMA

# One machine after the other: long enough to be cancelled.
SLOW = """{
  "$schema": "%s",
  "contentVersion": "1.0.0.0",
  "resources": [{
    "type": "Microsoft.Compute/virtualMachines", "apiVersion": "2022-08-01", "name": "[concat('slow', copyIndex())]",
    "location": "westeurope", "copy": {"name": "all", "count": 300, "mode": "Serial", "batchSize": 1}
  }]
}
""" % SCHEMA

POLICY = '{"if": {"field": "location", "notIn": ["westeurope", "global"]}, "then": {"effect": "deny"}}'
