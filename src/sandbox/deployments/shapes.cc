// Deployments in ARM's JSON.
#include <fmt/format.h>

#include "base/time.h"
#include "sandbox/deployments/engine.h"

namespace armature::sandbox {
namespace {

std::string iso_duration(Instant from, Instant to) {
  const auto micros = to > from ? (to - from).count() : 0;
  return fmt::format("PT{}.{:07}S", micros / 1'000'000, micros % 1'000'000 * 10);
}

}  // namespace

Json deployment_json(const Deployment& d) {
  JsonObject properties{
      {"templateHash",      d.template_hash       },
      {"parameters",        d.shown_parameters    },
      {"mode",              d.mode                },
      {"provisioningState", d.state               },
      {"timestamp",         to_rfc3339(d.changed) },
      {"duration",          iso_duration(d.started, d.changed)},
      {"correlationId",                   d.correlation_id                          },
      {"providers",                   d.providers    },
      {"dependencies",                   d.dependencies                       }
  };
  if (!d.template_link.is_null()) properties["templateLink"] = d.template_link;
  if (d.state == "Succeeded") {
    properties["outputs"] = d.outputs.is_null() ? Json(JsonObject{}) : d.outputs;
    properties["outputResources"] = d.output_resources;
  }
  if (!d.error.is_null()) properties["error"] = d.error;
  JsonObject out{
      {"id",   d.id                             },
      {"name", d.name                           },
      {"type", "Microsoft.Resources/deployments"}
  };
  if (!d.location.empty()) out["location"] = d.location;
  if (!d.tags.is_null()) out["tags"] = d.tags;
  out["properties"] = std::move(properties);
  return out;
}

Json validated_json(const Prepared& prepared) {
  Deployment d = prepared.deployment;
  d.state = "Succeeded";
  Json out = deployment_json(d);
  auto& properties = out.get_object()["properties"].get_object();
  properties["duration"] = "PT0S";
  properties.erase("outputs");
  properties.erase("outputResources");
  JsonArray resources;
  for (const auto& resource : prepared.plan->resources()) {
    if (!resource.existing)
      resources.push_back(JsonObject{
          {"id", resource.id}
      });
  }
  properties["validatedResources"] = std::move(resources);
  return out;
}

Json step_json(const DeploymentStep& step) {
  JsonObject properties{
      {"provisioningOperation", step.verb                },
      {"provisioningState",     step.state               },
      {"timestamp",             to_rfc3339(step.changed) },
      {"duration",              iso_duration(step.started, step.changed)},
      {"trackingId",                       step.run_id                                    },
      {"statusCode",                       http::reason_phrase(step.status)},
      {"targetResource",
       JsonObject{
           {"id", step.resource_id}, {"resourceType", step.type}, {"resourceName", step.name}}                                }
  };
  if (!step.message.is_null()) properties["statusMessage"] = step.message;
  return JsonObject{
      {"id",          step.deployment + "/operations/" + step.operation_id},
      {"operationId", step.operation_id                                   },
      {"properties",  std::move(properties)                               }
  };
}

}  // namespace armature::sandbox
