#include "identity/secret_store.h"

#include "base/bytes.h"
#include "base/files.h"
#include "base/json.h"
#include "base/seal.h"

namespace armature::identity {
namespace {

constexpr std::size_t kMostBytes = 4u << 20;

Result<JsonObject> read(const std::filesystem::path& file) {
  auto text = read_file(file, kMostBytes);
  if (!text && text.error().code == Code::kNotFound) return JsonObject();
  if (!text) return std::move(text).error();
  auto values = parse_json(*text);
  if (!values || !values->is_object()) {
    return fail(Code::kInvalid, file.string() + " is no store of secrets");
  }
  return std::move(values->get_object());
}

std::vector<std::string> names_in(const JsonObject& values) {
  std::vector<std::string> out;
  for (const auto& one : values) out.emplace_back(one.key());
  return out;
}

}  // namespace

Result<Secret> SecretStore::get(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  ARMATURE_TRY(const JsonObject values, read(file_));
  const Json* sealed = values.if_contains(name);
  if (!sealed || !sealed->is_string()) {
    const std::string known = join(names_in(values), ", ");
    return fail(Code::kNotFound, "the encrypted store has no secret '" + name + "'; it has " +
                                     (known.empty() ? "none" : known));
  }
  auto opened = unseal(as_text(*sealed), key_);
  if (!opened) return std::move(opened).error().in("secret '" + name + "'");
  // The name is sealed with the value: nobody can give one name's secret to another.
  const std::string head = name + '\n';
  if (!opened->reveal().starts_with(head)) {
    return fail(Code::kInvalid, "secret '" + name + "' was sealed under another name");
  }
  return Secret(opened->reveal().substr(head.size()));
}

Status SecretStore::put(const std::string& name, const Secret& value) {
  if (name.empty() || name.find('\n') != std::string::npos || value.empty()) {
    return fail(Code::kInvalid, "a secret needs a name and a value");
  }
  const std::lock_guard lock(mutex_);
  ARMATURE_TRY(JsonObject values, read(file_));
  const Secret plain(name + '\n' + value.reveal());
  ARMATURE_TRY(values[name], seal(plain.reveal(), key_, random_));
  return write_file(file_, pretty(values) + "\n", 0600);
}

Result<std::vector<std::string>> SecretStore::names() const {
  const std::lock_guard lock(mutex_);
  ARMATURE_TRY(const JsonObject values, read(file_));
  return names_in(values);
}

}  // namespace armature::identity
