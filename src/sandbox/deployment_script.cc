#include "sandbox/deployment_script.h"

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view word_at(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_word(text[size])) ++size;
  return text.substr(0, size);
}

void skip(std::string_view& text, std::string_view what) {
  while (!text.empty() && what.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
}

// ['key'], ["key"] or .key after the name of PowerShell's table.
void power_shell(std::string_view script, JsonObject& out) {
  constexpr std::string_view kTable = "DeploymentScriptOutputs";
  for (auto at = script.find(kTable); at != std::string_view::npos;
       at = script.find(kTable, at + 1)) {
    std::string_view rest = script.substr(at + kTable.size());
    if (!rest.starts_with('[') && !rest.starts_with('.')) continue;
    skip(rest, "[. '\"");
    if (const auto key = word_at(rest); !key.empty()) out[key] = key;
  }
}

// key: after "{" or ",", quoted or not, in a line that writes the outputs' file.
void shell_line(std::string_view line, JsonObject& out) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '{' && line[i] != ',') continue;
    std::string_view rest = line.substr(i + 1);
    skip(rest, " \\\"'");
    const auto key = word_at(rest);
    if (key.empty()) continue;
    rest.remove_prefix(key.size());
    skip(rest, " \\\"'");
    if (rest.starts_with(':')) out[key] = key;
  }
}

}  // namespace

JsonObject script_outputs(std::string_view script) {
  JsonObject out;
  power_shell(script, out);
  for (const std::string& line : split(script, '\n')) {
    if (line.find("AZ_SCRIPTS_OUTPUT_PATH") != std::string::npos) shell_line(line, out);
  }
  return out;
}

std::optional<Json> script_log(const std::string& id, std::string_view type,
                               std::string_view name) {
  if (!equal_ci(type, "Microsoft.Resources/deploymentScripts/logs") || !equal_ci(name, "default")) {
    return std::nullopt;
  }
  JsonObject properties;
  properties["log"] = "";
  JsonObject out;
  out["id"] = id;
  out["name"] = "default";
  out["type"] = "Microsoft.Resources/deploymentScripts/logs";
  out["properties"] = std::move(properties);
  return Json(std::move(out));
}

}  // namespace armature::sandbox
