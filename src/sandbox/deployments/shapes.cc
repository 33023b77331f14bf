// Deployments in ARM's JSON.
#include <fmt/format.h>

#include "base/time.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/template/extensions.h"

namespace armature::sandbox {
namespace {

// HttpStatusCode's names: "BadRequest".
std::string status_name(int status) {
  std::string out(http::reason_phrase(status));
  std::erase(out, ' ');
  return out;
}

}  // namespace

// As .NET prints it: PT1M14.2498195S, no zeros at the end, PT0S for nothing.
std::string iso_duration(Instant from, Instant to) {
  const std::int64_t micros = to > from ? (to - from).count() : 0;
  const std::int64_t seconds = micros / 1'000'000;
  std::string out = "PT";
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "H";
  if (seconds / 60 % 60 > 0) out += std::to_string(seconds / 60 % 60) + "M";
  std::string fraction = fmt::format("{:06}", micros % 1'000'000);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (seconds % 60 > 0 || !fraction.empty() || micros < 1'000'000) {
    out += std::to_string(seconds % 60) + (fraction.empty() ? "" : "." + fraction) + "S";
  }
  return out;
}

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
  if (Json extensions = tmpl::shown_extensions(d.document); !extensions.get_array().empty()) {
    properties["extensions"] = std::move(extensions);
  }
  if (d.state == "Succeeded") {
    properties["outputs"] = d.outputs.is_null() ? Json(JsonObject{}) : d.outputs;
    properties["outputResources"] = d.output_resources;
  }
  if (!d.error.is_null()) properties["error"] = d.error;
  if (!d.debug_detail.empty()) {
    properties["debugSetting"] = JsonObject{
        {"detailLevel", d.debug_detail}
    };
  }
  if (!d.on_error.is_null()) properties["onErrorDeployment"] = d.on_error;
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

Json validated_json(const Prepared& prepared, const Outline& planned) {
  Deployment d = prepared.deployment;
  d.state = "Succeeded";
  Json out = deployment_json(d);
  auto& properties = out.get_object()["properties"].get_object();
  properties["duration"] = "PT0S";
  properties.erase("outputs");
  properties.erase("outputResources");
  JsonArray resources;
  for (const Planned& one : planned.resources) {
    resources.push_back(JsonObject{
        {"id", one.resource().id}
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
      {"statusCode",                       status_name(step.status)}
  };
  if (!step.request_id.empty()) properties["serviceRequestId"] = step.request_id;
  if (!step.message.is_null()) properties["statusMessage"] = step.message;
  if (!step.resource_id.empty()) {
    properties["targetResource"] = JsonObject{
        {"id",           step.resource_id},
        {"resourceType", step.type       },
        {"resourceName", step.name       }
    };
  }
  if (!step.request.is_null()) properties["request"] = step.request;
  if (!step.response.is_null()) properties["response"] = step.response;
  return JsonObject{
      {"id",          step.deployment + "/operations/" + step.operation_id},
      {"operationId", step.operation_id                                   },
      {"properties",  std::move(properties)                               }
  };
}

}  // namespace armature::sandbox
