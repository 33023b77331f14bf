#include "cli/conf_flags.h"

#include <CLI/CLI.hpp>

namespace armature::cli {

void add_conf_flags(CLI::App& verb, ConfFlags& flags) {
  verb.add_option("--conf", flags.conf, "Params as a JSON object");
  verb.add_option("-p,--param", flags.params, "One param as name=value, repeatable");
}

Result<JsonObject> conf_of(const ConfFlags& flags) {
  JsonObject conf;
  if (!flags.conf.empty()) {
    ARMATURE_TRY(Json parsed, parse_json(flags.conf));
    if (!parsed.is_object()) return fail(Code::kInvalid, "--conf: a JSON object is expected");
    conf = std::move(parsed.get_object());
  }
  for (const std::string& param : flags.params) {
    const auto equals = param.find('=');
    if (equals == std::string::npos) {
      return fail(Code::kInvalid, "-p " + param + ": write -p name=value");
    }
    const std::string text = param.substr(equals + 1);
    auto value = parse_json(text);
    conf.insert_or_assign(param.substr(0, equals), value ? std::move(*value) : Json(text));
  }
  return conf;
}

}  // namespace armature::cli
