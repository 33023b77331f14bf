#pragma once
// Orchestrator values in the shapes of Airflow's REST API v2.
#include "base/json.h"
#include "orchestrator/orchestrator.h"

namespace armature::api {

Json dag_json(const orchestrator::DagInfo& info);
Json dag_details_json(
    const orchestrator::DagInfo& info);  // with params, as {name: {value, schema}}
Json task_json(const dag::DagDef& dag, const dag::TaskDef& task);
Json run_json(const orchestrator::RunInfo& run);
Json task_instance_json(const orchestrator::TaskInfo& task);
Json time_json(const std::optional<Instant>& at);  // ISO 8601 or null
Json page_json(std::string_view name, JsonArray entries, std::int64_t total);

}  // namespace armature::api
