#!/usr/bin/env python3
"""Makes data/resource_types.txt and data/locations.txt, the facts that the sandbox knows of Azure's resource types and regions.

    scripts/make_resource_types.py RESOURCE_TYPES.json LOCATIONS.json

RESOURCE_TYPES.json: {namespace: {type: {apiVersions, readableScopes, writableScopes, required, has…, nameRule}}}, as one gets
it from the published type definitions (Azure/bicep-types-az, MIT). LOCATIONS.json: the answer of GET /subscriptions/S/locations.

Lines are sorted by their key in lower case, so that the program can search the text where it lies, without reading it:
  =n0001 MIN MAX PATTERN                a name rule; "-" where there is none
  =v0001 2024-01-01 2023-01-01 …        the api-versions of one or more types, newest first; "*" any
  Microsoft.Storage/storageAccounts READABLE WRITABLE FLAGS VERSIONS RULE
READABLE, WRITABLE: scopes, of T tenant, M management group, S subscription, G resource group, X any resource.
FLAGS: L location, l a location is required, T tags, I identity, K kind, S sku, Z zones, E etag.
"""
import json
import pathlib
import sys

LETTER = {"tenant": "T", "managementGroup": "M", "subscription": "S", "resourceGroup": "G", "extension": "X"}
FLAGS = {"hasLocation": "L", "hasTags": "T", "hasIdentity": "I", "hasKind": "K", "hasSku": "S", "hasZones": "Z", "hasEtag": "E"}
ANY = "TMSGX"

# What ARM's own routes take, all alike: subscriptions, groups, their lists, providers, tags, deployments.
OWN_VERSIONS = """2026-06-01 2025-04-01 2025-03-01 2024-11-01 2024-08-01 2024-07-01 2024-06-01-preview 2024-03-01 2023-07-01 2023-07-01-preview 2023-03-01-preview
2022-12-01 2022-11-01-preview 2022-09-01 2022-06-01 2022-05-01 2022-03-01-preview 2022-01-01 2021-10-01 2021-04-01 2021-01-01 2020-10-01 2020-09-01
2020-08-01 2020-07-01 2020-06-01 2020-05-01 2020-01-01 2019-11-01 2019-10-01 2019-09-01 2019-08-01 2019-07-01 2019-06-01 2019-05-10 2019-05-01 2019-03-01
2018-11-01 2018-09-01 2018-08-01 2018-07-01 2018-06-01 2018-05-01 2018-02-01 2018-01-01 2017-12-01 2017-08-01 2017-06-01 2017-05-10 2017-05-01 2017-03-01
2016-09-01 2016-07-01 2016-06-01 2016-02-01 2015-11-01 2015-01-01 2014-04-01-preview 2014-04-01 2014-01-01 2013-03-01"""

# What ARM serves beside the published definitions: its own routes, and types that were never published or are retired.
EXTRA_TYPES = {
    "Microsoft.Authorization/classicAdministrators": ("S", "", "", "2015-07-01 2015-06-01"),
    "Microsoft.Authorization/eligibleChildResources": (ANY, "", "", "2020-10-01"),
    "Microsoft.Authorization/operations": ("T", "", "", "*"),
    "Microsoft.Authorization/permissions": (ANY, "", "", "2022-04-01 2018-07-01 2018-01-01-preview 2015-07-01"),
    "Microsoft.Authorization/providerOperations": ("T", "", "", "2022-04-01 2018-01-01-preview 2015-07-01"),
    "Microsoft.CustomProviders/resourceProviders/*": ("G", "G", "", "2018-09-01-preview"),
    "Microsoft.DataFactory/datafactories": ("G", "G", "LlT", "2015-10-01 2015-09-01 2015-08-01"),
    "Microsoft.DataFactory/datafactories/datapipelines": ("G", "G", "", "2015-10-01 2015-09-01 2015-08-01"),
    "Microsoft.DataFactory/datafactories/datasets": ("G", "G", "", "2015-10-01 2015-09-01 2015-08-01"),
    "Microsoft.DataFactory/datafactories/gateways": ("G", "G", "", "2015-10-01 2015-09-01 2015-08-01"),
    "Microsoft.DataFactory/datafactories/linkedservices": ("G", "G", "", "2015-10-01 2015-09-01 2015-08-01"),
    "Microsoft.Features/features": ("S", "", "", "2021-07-01 2015-12-01"),
    "Microsoft.Features/providers": ("S", "", "", "2021-07-01 2015-12-01"),
    "Microsoft.Features/providers/features": ("S", "", "", "2021-07-01 2015-12-01"),
    "Microsoft.Insights/alertRules": ("G", "G", "LlT", "2016-03-01 2015-04-01 2014-04-01"),
    "Microsoft.Insights/eventcategories": ("T", "", "", "2017-03-01-preview 2015-04-01"),
    "Microsoft.Insights/eventtypes": ("TMS", "", "", "2017-03-01-preview 2015-04-01 2014-04-01"),
    "Microsoft.Insights/eventtypes/values": ("TMS", "", "", "2017-03-01-preview 2015-04-01 2014-04-01"),
    "Microsoft.Insights/metricDefinitions": (ANY, "", "", "2024-02-01 2023-10-01 2021-05-01 2018-01-01 2017-12-01-preview"),
    "Microsoft.Insights/metricNamespaces": (ANY, "", "", "2024-02-01 2018-01-01-preview 2017-12-01-preview"),
    "Microsoft.Insights/metrics": (ANY, "", "", "2024-02-01 2023-10-01 2021-05-01 2019-07-01 2018-01-01"),
    "Microsoft.KeyVault/deletedManagedHSMs": ("S", "", "", "*"),
    "Microsoft.KeyVault/deletedVaults": ("S", "", "", "*"),
    "Microsoft.Management/getEntities": ("T", "", "", "2023-04-01 2021-04-01 2020-05-01 2020-02-01 2018-03-01-preview"),
    "Microsoft.Management/managementGroups/descendants": ("T", "", "", "2023-04-01 2021-04-01 2020-05-01 2020-02-01 2018-03-01-preview"),
    "Microsoft.Media/mediaServices": ("G", "G", "LlT", "2023-01-01 2021-11-01 2021-06-01 2021-05-01 2020-05-01 2018-07-01 2015-10-01"),
    "Microsoft.OperationalInsights/workspaces/savedSearches/schedules": ("G", "G", "", "2015-11-01-preview 2015-03-20"),
    "Microsoft.OperationalInsights/workspaces/savedSearches/schedules/actions": ("G", "G", "", "2015-11-01-preview 2015-03-20"),
    "Microsoft.OperationalInsights/workspaces/views": ("G", "G", "L", "2015-11-01-preview"),
    "Microsoft.PolicyInsights/componentPolicyStates": (ANY, "", "", "2022-04-01"),
    "Microsoft.PolicyInsights/policyEvents": (ANY, "", "", "2024-10-01 2019-10-01 2018-07-01-preview 2018-04-04 2017-12-12-preview"),
    "Microsoft.PolicyInsights/policyStates": (ANY, "", "", "2024-10-01 2019-10-01 2018-07-01-preview 2018-04-04 2017-12-12-preview"),
    "Microsoft.PolicyInsights/policyTrackedResources": (ANY, "", "", "2018-07-01-preview"),
    "Microsoft.ResourceGraph/resources": ("TMS", "", "", "2024-04-01 2022-10-01 2021-03-01 2020-04-01-preview 2019-04-01 2018-09-01-preview"),
    "Microsoft.Resources/deployments/operations": (ANY, "", "", "*"),
    "Microsoft.Resources/deployments/operationStatuses": (ANY, "", "", "*"),
    "Microsoft.Resources/links": (ANY, "GX", "", "2019-08-01 2016-09-01 2015-01-01"),
    "Microsoft.Resources/subscriptions": ("T", "", "", OWN_VERSIONS),
    "Microsoft.Subscription/operationResults": ("T", "", "", "*"),
    "Microsoft.Synapse/workspaces/sqlPools/metadataSync": ("G", "G", "", "2021-06-01 2020-12-01 2019-06-01-preview"),
}
# Versions that ARM takes and the definitions no longer list.
EXTRA_VERSIONS = {
    "Microsoft.Authorization/denyAssignments": "2022-04-01 2018-07-01 2018-07-01-preview",
    "Microsoft.Authorization/roleAssignmentScheduleInstances": "2020-10-01 2020-10-01-preview",
    "Microsoft.Authorization/roleAssignmentScheduleRequests": "2020-10-01 2020-10-01-preview",
    "Microsoft.Authorization/roleAssignmentSchedules": "2020-10-01 2020-10-01-preview",
    "Microsoft.Authorization/roleEligibilityScheduleInstances": "2020-10-01 2020-10-01-preview",
    "Microsoft.Authorization/roleEligibilityScheduleRequests": "2020-10-01 2020-10-01-preview",
    "Microsoft.Authorization/roleEligibilitySchedules": "2020-10-01 2020-10-01-preview",
    "Microsoft.Authorization/roleManagementPolicies": "2020-10-01 2020-10-01-preview",
    "Microsoft.Authorization/roleManagementPolicyAssignments": "2020-10-01 2020-10-01-preview",
    "Microsoft.Compute/hostGroups": "2018-10-01",
    "Microsoft.Compute/hostGroups/hosts": "2018-10-01",
    "Microsoft.DevTestLab/labs": "2018-10-15-preview 2015-05-21-preview",
    "Microsoft.DevTestLab/labs/virtualMachines": "2018-10-15-preview 2015-05-21-preview",
    "Microsoft.DevTestLab/labs/virtualNetworks": "2018-10-15-preview 2015-05-21-preview",
    "Microsoft.Logic/workflows": "2017-07-01",
    "Microsoft.MachineLearningServices/workspaces/linkedServices": "2020-04-01-preview",
    "Microsoft.OperationalInsights/workspaces": "2017-03-15-preview 2017-03-03-preview 2017-01-01-preview 2015-03-20",
    "Microsoft.OperationalInsights/workspaces/savedSearches": "2015-11-01-preview 2017-03-15-preview",
    "Microsoft.RecoveryServices/vaults": "2018-01-10 2017-07-01 2016-12-01 2016-08-10 2015-12-15 2015-11-10",
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers": "2018-01-10",
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems": "2018-01-10",
    "Microsoft.RecoveryServices/vaults/backupPolicies": "2018-01-10",
    "Microsoft.Resources/deployments": OWN_VERSIONS,
    "Microsoft.Resources/resourceGroups": OWN_VERSIONS,
    "Microsoft.Resources/tags": OWN_VERSIONS,
    "Microsoft.Sql/servers": "2014-04-01-preview 2019-06-01-preview",
    "Microsoft.Sql/servers/auditingSettings": "2019-06-01-preview",
    "Microsoft.Sql/servers/databases": "2014-04-01-preview 2019-06-01-preview",
    "Microsoft.Sql/servers/databases/transparentDataEncryption": "2017-03-01-preview 2014-04-01-preview",
    "Microsoft.Sql/servers/firewallRules": "2014-04-01-preview 2019-06-01-preview",
    "Microsoft.Web/serverfarms": "2015-04-01 2015-02-01 2014-11-01 2014-06-01 2014-04-01",
    "Microsoft.Web/sites": "2015-04-01 2015-02-01 2014-11-01 2014-06-01 2014-04-01",
    "Microsoft.Web/sites/config": "2015-04-01 2015-02-01 2014-11-01 2014-06-01 2014-04-01",
    "Microsoft.Web/sites/extensions": "2015-08-01 2015-04-01 2015-02-01 2014-11-01 2014-06-01 2014-04-01",
}


def scopes(names):
    return "".join(LETTER[name] for name in LETTER if name in names) or "-"


def newest_first(versions):
    """By date; of one day the plain version before its previews."""
    return sorted(set(versions), key=lambda v: (v[:10], len(v) == 10, v), reverse=True)


class Shared:
    """Lines that several types refer to, numbered as they come."""

    def __init__(self, letter):
        self.letter, self.numbers = letter, {}

    def number(self, text):
        return f"{self.numbers.setdefault(text, len(self.numbers)):04d}"

    def lines(self):
        return [f"={self.letter}{number:04d} {text}" for text, number in self.numbers.items()]


def plain_hyphens(pattern):
    """In "[a-z-_]" and "[\\w-.]" the second hyphen stands for itself; said so, every library reads it alike."""
    out, at, inside, after_range = [], 0, False, False
    while at < len(pattern):
        unit = pattern[at:at + 2] if pattern[at] == "\\" else pattern[at]
        at += len(unit)
        if not inside:
            inside, start, after_range = unit == "[", at, False
        elif unit == "]" and at - 1 > start:
            inside = False
        elif unit == "-" and at - 1 > start and pattern[at:at + 1] != "]":
            if after_range:
                unit, after_range = "\\-", False
            else:  # the range's second end goes with it
                end = pattern[at:at + 2] if pattern[at] == "\\" else pattern[at]
                unit, after_range = "-" + end, True
                at += len(end)
        else:
            after_range = unit in ("\\w", "\\d", "\\W", "\\D", "\\s", "\\S")
        out.append(unit)
    return "".join(out)


def rule_text(rule):
    if not rule or not set(rule) & {"minLength", "maxLength", "pattern"}:
        return None
    return f"{rule.get('minLength', '-')} {rule.get('maxLength', '-')} {plain_hyphens(rule.get('pattern', '-'))}"


def resource_types(published):
    versions, rules, lines = Shared("v"), Shared("n"), []
    extra = {name.lower(): known for name, known in EXTRA_VERSIONS.items()}
    for namespace, types in published.items():
        for name, facts in types.items():
            full = f"{namespace}/{name}"
            flags = "".join(letter for key, letter in FLAGS.items() if facts.get(key))
            flags += "l" if "location" in facts["required"] and "L" in flags else ""
            rule = rule_text(facts.get("nameRule"))
            known = newest_first(facts["apiVersions"] + extra.pop(full.lower(), "").split())
            lines.append(f"{full} {scopes(facts['readableScopes'])} {scopes(facts['writableScopes'])} {flags or '-'} "
                         f"{versions.number(' '.join(known))} {rules.number(rule) if rule else '-'}")
    if extra:
        sys.exit(f"no such types: {sorted(extra)}")
    present = {line.split()[0].lower() for line in lines}
    for full, (readable, writable, flags, known) in EXTRA_TYPES.items():
        if full.lower() in present:
            sys.exit(f"{full} is published by now: take it out of EXTRA_TYPES")
        lines.append(f"{full} {readable or '-'} {writable or '-'} {flags or '-'} {versions.number(' '.join(known.split()))} -")
    lines += versions.lines() + rules.lines()
    # Bytes of the key alone, in lower case: "a/b" before "a/b/c" before "a/bc".
    return sorted(lines, key=lambda line: line.split(" ", 1)[0].lower().encode())


def locations(answer):
    """name|type|category|display|regional display|geography|group|longitude|latitude|place|pairs|logical=physical zones"""
    for item in sorted(answer["value"], key=lambda item: item["name"]):
        facts = item["metadata"]
        zones = ",".join(f"{zone['logicalZone']}={zone['physicalZone']}" for zone in item.get("availabilityZoneMappings", []))
        pairs = ",".join(pair["name"] for pair in facts.get("pairedRegion", []))
        yield "|".join([item["name"], facts["regionType"], facts["regionCategory"], item["displayName"], item["regionalDisplayName"],
                        facts.get("geography", ""), facts.get("geographyGroup", ""), facts.get("longitude", ""),
                        facts.get("latitude", ""), facts.get("physicalLocation", ""), pairs, zones])


def main():
    data = pathlib.Path(__file__).resolve().parent.parent / "data"
    published, regions = (json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:3])
    (data / "resource_types.txt").write_text("\n".join(resource_types(published)) + "\n")
    (data / "locations.txt").write_text("\n".join(locations(regions)) + "\n")


main()
