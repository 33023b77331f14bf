#include "access/audit_content.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/time.h"

namespace armature::access {
namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; });
}

// An object's members in the order of their names, which is the caller's care.
class CanonicalObject {
 public:
  CanonicalObject() { out_.reserve(1024); }
  void text(std::string_view name, std::string_view value) {
    key(name);
    if (!is_plain(value)) {
      out_ += canonical(Json(value));
      return;
    }
    out_ += '"';
    out_ += value;
    out_ += '"';
  }
  void number(std::string_view name, std::int64_t value) {
    key(name);
    out_ += std::to_string(value);
  }
  void json(std::string_view name, const Json& value) {
    key(name);
    out_ += value.is_null() ? "null" : canonical(value);
  }
  std::string end() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void key(std::string_view name) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_ += name;
    out_ += "\":";
  }
  std::string out_;
};

}  // namespace

JsonObject content_of(const AuditRecord& record) {
  JsonObject out;
  out["sequence"] = record.sequence;
  out["at"] = to_rfc3339(record.at);
  out["kind"] = record.kind;
  out["request_id"] = record.request_id;
  out["dag_id"] = record.dag_id;
  out["run_id"] = record.run_id;
  out["task_id"] = record.task_id;
  out["map_index"] = record.map_index;
  out["try_number"] = record.try_number;
  // Only where there is one: records of before hash as they did.
  if (!record.workload.empty()) out["workload"] = record.workload;
  out["identity"] = record.identity;
  out["method"] = record.method;
  out["action"] = record.action;
  out["scope"] = record.scope;
  out["target"] = record.target;
  out["decision"] = record.decision;
  out["layer"] = record.layer;
  out["reason"] = record.reason;
  out["rule"] = record.rule;
  out["status"] = record.status;
  out["sends"] = record.sends;
  out["correlation_id"] = record.correlation_id;
  out["detail"] = record.detail;
  return out;
}

std::string content_text(const AuditRecord& record, std::int64_t sequence) {
  CanonicalObject out;
  out.text("action", record.action);
  out.text("at", to_rfc3339(record.at));
  out.text("correlation_id", record.correlation_id);
  out.text("dag_id", record.dag_id);
  out.text("decision", record.decision);
  out.json("detail", record.detail);
  out.text("identity", record.identity);
  out.text("kind", record.kind);
  out.text("layer", record.layer);
  out.number("map_index", record.map_index);
  out.text("method", record.method);
  out.text("reason", record.reason);
  out.text("request_id", record.request_id);
  out.text("rule", record.rule);
  out.text("run_id", record.run_id);
  out.text("scope", record.scope);
  out.number("sends", record.sends);
  out.number("sequence", sequence);
  out.number("status", record.status);
  out.text("target", record.target);
  out.text("task_id", record.task_id);
  out.number("try_number", record.try_number);
  if (!record.workload.empty()) out.text("workload", record.workload);
  return out.end();
}

Result<AuditRecord> record_from(const std::string& content) {
  ARMATURE_TRY(const Json value, parse_json(content, 128));
  AuditRecord record;
  record.sequence = int_at(value, "sequence");
  ARMATURE_TRY(record.at, from_rfc3339(text_at(value, "at")));
  record.kind = text_at(value, "kind");
  record.request_id = text_at(value, "request_id");
  record.dag_id = text_at(value, "dag_id");
  record.run_id = text_at(value, "run_id");
  record.task_id = text_at(value, "task_id");
  record.map_index = static_cast<int>(int_at(value, "map_index", -1));
  record.try_number = static_cast<int>(int_at(value, "try_number"));
  record.workload = text_at(value, "workload");
  record.identity = text_at(value, "identity");
  record.method = text_at(value, "method");
  record.action = text_at(value, "action");
  record.scope = text_at(value, "scope");
  record.target = text_at(value, "target");
  record.decision = text_at(value, "decision");
  record.layer = text_at(value, "layer");
  record.reason = text_at(value, "reason");
  record.rule = text_at(value, "rule");
  record.status = static_cast<int>(int_at(value, "status"));
  record.sends = static_cast<int>(int_at(value, "sends"));
  record.correlation_id = text_at(value, "correlation_id");
  if (const Json* detail = find(value, "detail")) record.detail = *detail;
  return record;
}

std::string chained(std::string_view content, std::string_view previous_hash) {
  std::string text;
  text.reserve(content.size() + 1 + previous_hash.size());
  return sha256_hex(text.append(content).append("\n").append(previous_hash));
}

}  // namespace armature::access
