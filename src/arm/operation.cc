#include "arm/operation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>

#include "arm/path.h"
#include "arm/repeat.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

constexpr std::string_view kGroups = "Microsoft.Resources/subscriptions/resourceGroups";
constexpr std::string_view kSubscriptions = "Microsoft.Resources/subscriptions";

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view w) { return equal_ci(word, w); });
}

bool reads(const Operation& op) { return op.method == "GET" || op.method == "HEAD"; }

Error no_route(const Operation& op) {
  return fail(Code::kInvalid, op.method + " is not possible on '" + op.target + "'");
}

std::string_view verb_of(const Operation& op) {
  if (reads(op)) return "/read";
  return op.method == "DELETE" ? "/delete" : "/write";
}

void classify(Operation& op) {
  op.repeat = repeat_of(op.method);
  op.mutates = op.repeat != Repeat::kSafe;
}

bool tells_secrets(std::string_view action) {
  return starts_with_ci(action, "list") || starts_with_ci(action, "regenerate") ||
         one_of(action, {"publishxml", "newPassword", "resetSecrets", "createQueryKey", "getSasUri",
                         "beginGetAccess", "renewToken", "generateCredentials"});
}

void set_action(Operation& op, const std::string& type, const std::string& name) {
  op.action = type + "/" + name + "/action";
  op.repeat = repeat_of_action(type, name);
  op.mutates = op.repeat != Repeat::kSafe;
  op.returns_secrets = tells_secrets(name);
}

bool is_poll_type(const std::vector<std::string>& types) {
  if (types.empty()) return false;
  if (one_of(types.back(), {"operationStatuses", "operationResults", "operationStatus",
                            "asyncOperations", "azureAsyncOperations",
                            "deploymentStackOperationStatus", "deploymentStackOperationResults"})) {
    return true;
  }
  // Compute's and Network's form: …/locations/{region}/operations/{id}.
  return types.size() == 2 && equal_ci(types[0], "locations") && equal_ci(types[1], "operations");
}

// "/subscriptions", "/tenants", and the words that stand directly below a subscription or a group.
Status read_bare(const Path& path, Operation& op) {
  const auto& rest = path.rest;
  op.scope = path.root_text();
  const std::string_view word = rest.front();
  if (path.subscription_id.empty()) {
    if (rest.size() != 1 || !reads(op)) return no_route(op);
    op.is_collection = true;
    if (equal_ci(word, "subscriptions")) op.action = std::string(kSubscriptions) + "/read";
    if (equal_ci(word, "tenants")) op.action = "Microsoft.Resources/tenants/read";
    return op.action.empty() ? Status(no_route(op)) : Ok{};
  }
  if (!path.resource_group.empty()) {
    if (rest.size() != 1) return no_route(op);
    if (reads(op) && equal_ci(word, "resources")) {
      op.is_collection = true;
      op.action = std::string(kGroups) + "/resources/read";
    } else if (op.method == "POST" &&
               one_of(word, {"moveResources", "validateMoveResources", "exportTemplate"})) {
      set_action(op, std::string(kGroups), rest.front());
    }
    return op.action.empty() ? Status(no_route(op)) : Ok{};
  }
  if (rest.size() == 1 && reads(op) && equal_ci(word, "resourceGroups")) {
    op.is_collection = true;
    op.action = std::string(kGroups) + "/read";
  } else if (rest.size() == 1 && reads(op) && one_of(word, {"resources", "locations"})) {
    op.is_collection = true;
    op.action = std::string(kSubscriptions) + "/" + to_lower(word) + "/read";
  } else if (rest.size() == 2 && reads(op) && equal_ci(word, "operationresults")) {
    op.is_operation_poll = true;
    op.action = std::string(kSubscriptions) + "/operationresults/read";
  } else if (equal_ci(word, "tagNames") && rest.size() <= 4 && op.method != "POST" &&
             (rest.size() < 3 || equal_ci(rest[2], "tagValues"))) {
    op.is_collection = rest.size() % 2 == 1;
    if (op.is_collection && !reads(op)) return no_route(op);
    op.action = std::string(kSubscriptions) + "/tagNames" + (rest.size() > 2 ? "/tagValues" : "") +
                std::string(verb_of(op));
  }
  return op.action.empty() ? Status(no_route(op)) : Ok{};
}

// A subscription or a group itself.
Status read_root(const Path& path, Operation& op) {
  op.scope = path.root_text();
  if (!path.resource_group.empty()) {
    if (op.method == "POST") return no_route(op);
    op.action = std::string(kGroups) + std::string(verb_of(op));
    return Ok{};
  }
  if (path.subscription_id.empty() || !reads(op)) return no_route(op);
  op.action = std::string(kSubscriptions) + "/read";
  return Ok{};
}

Status read_providers(const Path& path, Operation& op) {
  if (!reads(op) || path.blocks.size() > 1) return no_route(op);
  op.scope = path.root_text();
  op.is_collection = true;
  op.action = path.subscription_id.empty() ? "Microsoft.Resources/providers/read"
                                           : "Microsoft.Resources/subscriptions/providers/read";
  return Ok{};
}

// POST: the last type without a name is the action, on what stands before it.
Status read_action(const Path& path, Operation& op) {
  const ProviderBlock& block = path.blocks.back();
  if (block.types.size() == block.names.size()) return no_route(op);
  const std::size_t pairs = block.names.size();
  const std::size_t above = path.blocks.size() - 1;
  if (pairs > 0) {
    op.scope = path.text(path.blocks.size(), pairs);
  } else {
    op.scope =
        above == 0 ? path.root_text() : path.text(above, path.blocks[above - 1].names.size());
  }
  const std::string type = full_type(block, pairs);
  set_action(op, type, block.types.back());
  if (one_of(type, {"Microsoft.Resources/deployments", "Microsoft.Resources/deploymentStacks"})) {
    op.is_deployment = one_of(block.types.back(), {"validate", "whatIf"});
  }
  if (equal_ci(op.action, "Microsoft.ResourceGraph/resources/action")) {
    op.action = "Microsoft.ResourceGraph/resources/read";
  }
  return Ok{};
}

std::string scope_of_poll(const Path& path) {
  if (path.subscription_id.empty() && !path.management_group.empty() && path.blocks.size() > 1) {
    return path.text(1, 1);
  }
  return path.root_text();
}

Status read_resource(const Path& path, Operation& op) {
  const ProviderBlock& block = path.blocks.back();
  const std::size_t pairs = block.names.size();
  const bool instance = block.types.size() == pairs;
  if (!instance && !reads(op)) return no_route(op);
  op.is_collection = !instance;
  if (instance) {
    op.scope = op.target;
  } else {
    const std::size_t above = path.blocks.size() - 1;
    if (pairs > 0) {
      op.scope = path.text(path.blocks.size(), pairs);
    } else {
      op.scope =
          above == 0 ? path.root_text() : path.text(above, path.blocks[above - 1].names.size());
    }
  }
  const std::string type = full_type(block, block.types.size());
  op.action = type + std::string(verb_of(op));
  if (instance && reads(op) && is_poll_type(block.types)) {
    op.is_operation_poll = true;
    op.scope = scope_of_poll(path);
  }
  op.is_deployment = op.method == "PUT" && one_of(type, {"Microsoft.Resources/deployments",
                                                         "Microsoft.Resources/deploymentStacks"});
  return Ok{};
}

// Deployment operations of a group have a short form without the provider, which clients use.
void spell_out_provider(std::vector<std::string>& segments) {
  if (segments.size() >= 6 && equal_ci(segments[0], "subscriptions") &&
      equal_ci(segments[2], "resourceGroups") && equal_ci(segments[4], "deployments")) {
    const std::array<std::string, 2> provider = {"providers", "Microsoft.Resources"};
    segments.insert(segments.begin() + 4, provider.begin(), provider.end());
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = from_hex(text.substr(i + 1, 2)); byte && byte->size() == 1) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

// Two api-version parameters could be read as one by us and as the other by Azure.
Result<std::string> api_version_of(std::string_view query) {
  std::optional<std::string> found;
  for (const auto piece : std::views::split(query, '&')) {
    const std::string_view part(piece.begin(), piece.end());
    const auto equals = part.find('=');
    if (!equal_ci(trim(unescaped(part.substr(0, equals))), "api-version")) continue;
    if (found) return fail(Code::kInvalid, "the query has two api-version parameters");
    found = equals == std::string_view::npos ? "" : unescaped(part.substr(equals + 1));
  }
  return found.value_or("");
}

Status read_path(const Path& path, Operation& op) {
  if (!path.rest.empty()) {
    // Nothing of ARM's own stands below a resource outside its type/name pairs.
    return path.blocks.empty() ? read_bare(path, op) : Status(no_route(op));
  }
  if (path.bare_providers) return read_providers(path, op);
  if (path.blocks.empty()) return read_root(path, op);
  if (path.blocks.back().types.empty()) return read_providers(path, op);
  return op.method == "POST" ? read_action(path, op) : read_resource(path, op);
}

}  // namespace

Result<Operation> operation_of(std::string_view method, std::string_view request_target) {
  constexpr std::array<std::string_view, 6> kMethods = {"GET",  "HEAD",  "PUT",
                                                        "POST", "PATCH", "DELETE"};
  if (std::ranges::find(kMethods, method) == kMethods.end()) {
    return fail(Code::kInvalid, "the method is none of GET, HEAD, PUT, PATCH, POST, DELETE");
  }
  if (request_target.find('#') != std::string_view::npos) {
    return fail(Code::kInvalid, "the request target has a fragment");
  }
  const auto question = request_target.find('?');
  Operation op;
  op.method = method;
  if (question != std::string_view::npos) op.query = request_target.substr(question + 1);
  ARMATURE_TRY(op.api_version, api_version_of(op.query));
  ARMATURE_TRY(auto segments, split_path(request_target.substr(0, question), Encoding::kPercent));
  spell_out_provider(segments);
  ARMATURE_TRY(const Path path, parse_path(segments));
  op.target = path.text();
  classify(op);
  ARMATURE_CHECK(read_path(path, op));
  return op;
}

}  // namespace armature::arm
