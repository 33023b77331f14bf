#include "sandbox/front/tags.h"

#include <algorithm>
#include <set>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/bodies.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMostTags = 50;
constexpr std::size_t kLongestName = 512;
constexpr std::size_t kLongestStorageName = 128;
constexpr std::size_t kLongestValue = 256;

// Characters, not bytes: what begins a sequence counts.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view text_of(const boost::json::string_view text) { return {text.data(), text.size()}; }

bool is_bad(char c) {
  return std::string_view("<>%&\\?/").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::optional<ArmAnswer> check_pair(std::string_view name, const Json& value,
                                    std::string_view type) {
  const std::string shown(name);
  if (!value.is_string() && !value.is_null()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'the value of "
                  "the tag " +
                      shown + " is no text'.");
  }
  if (trim(name).empty()) return refuse(400, "InvalidTagName", "The tag name cannot be empty.");
  // "hidden-link:/subscriptions/…" is how the portal ties one resource to another.
  if (!starts_with_ci(name, "hidden-") && std::ranges::any_of(name, is_bad)) {
    return refuse(400, "InvalidTagNameCharacters",
                  "The tag names '" + shown +
                      "' have reserved characters '<,>,%,&,\\,?,/' or control characters.");
  }
  const bool storage = equal_ci(type, "Microsoft.Storage/storageAccounts");
  const std::size_t longest = storage ? kLongestStorageName : kLongestName;
  if (length(name) > longest) {
    return refuse(400, "TagNameTooLarge",
                  "Tag name too large. Following tag name '" + shown +
                      "' exceeded the maximum length. Maximum allowed length for tag name - '" +
                      std::to_string(longest) + "' characters.");
  }
  for (const char* prefix : {"microsoft", "azure", "windows"}) {
    if (starts_with_ci(name, prefix)) {
      return refuse(400, "ReservedTagName",
                    "The tag name '" + shown + "' begins with the reserved word '" + prefix + "'.");
    }
  }
  if (value.is_string() && length(as_text(value)) > kLongestValue) {
    return refuse(400, "TagValueTooLarge",
                  "Tag value too large. Following tag value '" + std::string(as_text(value)) +
                      "' exceeded the maximum length. Maximum allowed length for tag value - '" +
                      std::to_string(kLongestValue) + "' characters.");
  }
  return std::nullopt;
}

// What a tags/default speaks of, as it is in the table.
struct Target {
  std::string key;
  bool subscription = false;
  Record record;
};

std::string subscription_key(const Cloud& cloud) {
  return "/subscriptions/" + cloud.subscription() + "/providers/microsoft.resources/tags/default";
}

std::optional<Target> find_target(const Cloud& cloud, const State& state, const ArmCall& call) {
  Target out;
  out.key = to_lower(call.at.scope);
  if (out.key == "/subscriptions/" + cloud.subscription()) {
    out.key = subscription_key(cloud);
    out.subscription = true;
    const Record* kept = state.get<Record>(out.key);
    if (kept) {
      out.record = *kept;
    } else {
      out.record.id =
          "/subscriptions/" + cloud.subscription() + "/providers/Microsoft.Resources/tags/default";
      out.record.type = "Microsoft.Resources/tags";
      out.record.name = "default";
      out.record.body = JsonObject{};
      out.record.created = cloud.clock().now();
    }
    return out;
  }
  const Record* found = state.get<Record>(out.key);
  if (!found) return std::nullopt;
  out.record = *found;
  return out;
}

JsonObject tags_of(const Record& record) {
  const Json* tags = find(record.body, "tags");
  return tags && tags->is_object() ? tags->get_object() : JsonObject{};
}

ArmAnswer tags_answer(const ArmCall& call, const Record& record) {
  return answer(200, JsonObject{
                         {"id",         call.at.scope + "/providers/Microsoft.Resources/tags/default"},
                         {"name",       "default"                                                    },
                         {"type",       "Microsoft.Resources/tags"                                   },
                         {"properties", JsonObject{{"tags", tags_of(record)}}                        }
  });
}

ArmAnswer save(Cloud& cloud, Change& change, const ArmCall& call, Target target, JsonObject tags) {
  // Only pairs with text count; a null takes its name away.
  for (auto it = tags.begin(); it != tags.end();) {
    it = it->value().is_null() ? tags.erase(it) : it + 1;
  }
  const Json body = JsonObject{
      {"tags", tags}
  };
  const std::string_view type = target.subscription ? "" : std::string_view(target.record.type);
  if (auto refused = check_tags(body, type)) return *refused;
  const bool same = canonical(tags_of(target.record)) == canonical(tags);
  if (!same) {
    target.record.body.get_object()["tags"] = std::move(tags);
    target.record.changed = cloud.clock().now();
    target.record.changed_by = call.caller.object_id;
    change.updated(target.subscription ? call.at.scope : target.record.id);
    change.put(target.key, target.record);
  }
  return tags_answer(call, target.record);
}

std::optional<ArmAnswer> read_tags(const ArmCall& call, JsonObject& out) {
  const Json* tags = call.body ? at(*call.body, "properties.tags") : nullptr;
  if (tags && tags->is_object()) {
    out = tags->get_object();
    // Two names that are alike but for case cannot both be meant.
    return check_tags(
        JsonObject{
            {"tags", out}
    },
        "");
  }
  return refuse(400, "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: 'properties.tags "
                "is required and must be an object'.");
}

void merge(JsonObject& tags, const JsonObject& given) {
  for (const auto& pair : given) {
    if (Json* there = find_ci(tags, text_of(pair.key()))) {
      *there = pair.value();
    } else {
      tags[pair.key()] = pair.value();
    }
  }
}

// By name alone where no value is given, else the pair.
void take_out(JsonObject& tags, const JsonObject& given) {
  for (const auto& pair : given) {
    const Json* there = find_ci(tags, text_of(pair.key()));
    const bool any = pair.value().is_null() || as_text(pair.value()).empty();
    if (!there || (!any && *there != pair.value())) continue;
    const auto same = std::ranges::find_if(
        tags, [&](const auto& tag) { return equal_ci(text_of(tag.key()), text_of(pair.key())); });
    tags.erase(same);
  }
}

}  // namespace

std::optional<ArmAnswer> check_tags(const Json& body, std::string_view type) {
  const Json* tags = body.is_object() ? find_ci(body.get_object(), "tags") : nullptr;
  if (!tags || tags->is_null()) return std::nullopt;
  if (!tags->is_object()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'tags must be an "
                  "object'.");
  }
  std::set<std::string> names;
  for (const auto& pair : tags->get_object()) {
    if (auto refused = check_pair(text_of(pair.key()), pair.value(), type)) return refused;
    if (!names.insert(to_lower(text_of(pair.key()))).second) {
      return refuse(400, "DuplicateTagNames",
                    "The tag name '" + std::string(text_of(pair.key())) +
                        "' is given more than once; tag names are case-insensitive.");
    }
  }
  if (names.size() <= kMostTags) return std::nullopt;
  return refuse(400, "TooManyTags",
                "Too many tags on the resource/resource group. Requested tag count - '" +
                    std::to_string(names.size()) + "'. Maximum number of tags allowed - '" +
                    std::to_string(kMostTags) + "'.");
}

const Json* subscription_tags(const Cloud& cloud, const State& state) {
  const Record* kept = state.get<Record>(subscription_key(cloud));
  return kept ? find(kept->body, "tags") : nullptr;
}

ArmAnswer get_tags(const Cloud& cloud, const State& state, const ArmCall& call) {
  const auto target = find_target(cloud, state, call);
  return target ? tags_answer(call, target->record) : resource_not_found(call.at.scope);
}

ArmAnswer put_tags(Cloud& cloud, Change& change, const ArmCall& call) {
  auto target = find_target(cloud, change.state(), call);
  if (!target) return resource_not_found(call.at.scope);
  JsonObject given;
  if (auto refused = read_tags(call, given)) return *refused;
  return save(cloud, change, call, *std::move(target), std::move(given));
}

ArmAnswer patch_tags(Cloud& cloud, Change& change, const ArmCall& call) {
  auto target = find_target(cloud, change.state(), call);
  if (!target) return resource_not_found(call.at.scope);
  JsonObject given;
  if (auto refused = read_tags(call, given)) return *refused;
  JsonObject tags = tags_of(target->record);
  const std::string operation = text_at(*call.body, "operation");
  if (equal_ci(operation, "Merge")) {
    merge(tags, given);
  } else if (equal_ci(operation, "Replace")) {
    tags = std::move(given);
  } else if (equal_ci(operation, "Delete")) {
    take_out(tags, given);
  } else {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'the operation "
                  "must be one of Merge, Replace, Delete'.");
  }
  return save(cloud, change, call, *std::move(target), std::move(tags));
}

ArmAnswer delete_tags(Cloud& cloud, Change& change, const ArmCall& call) {
  auto target = find_target(cloud, change.state(), call);
  if (!target) return resource_not_found(call.at.scope);
  const ArmAnswer saved = save(cloud, change, call, *std::move(target), {});
  return saved.ok() ? answer(200) : saved;
}

}  // namespace armature::sandbox
