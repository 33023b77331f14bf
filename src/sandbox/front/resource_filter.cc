#include "sandbox/front/resource_filter.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "sandbox/bodies.h"

namespace armature::sandbox {
namespace {

using Node = ResourceFilter::Node;
constexpr std::size_t kMaxText = 4096;
constexpr int kMaxDepth = 16;

constexpr std::array<std::string_view, 14> kFields = {
    "location",      "resourcetype",   "name",
    "resourcegroup", "identity",       "identity/principalid",
    "plan",          "plan/publisher", "plan/product",
    "plan/name",     "plan/version",   "plan/promotioncode",
    "tagname",       "tagvalue"};

class Parser {
 public:
  Parser(std::string_view text, bool for_groups) : rest_(text), for_groups_(for_groups) {}

  std::optional<Node> whole() {
    auto node = any(0);
    skip_blanks();
    return node && rest_.empty() ? std::move(node) : std::nullopt;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view peek_word() {
    skip_blanks();
    std::size_t end = 0;
    while (end < rest_.size() &&
           (rest_[end] == '/' || rest_[end] == '_' || (rest_[end] >= 'a' && rest_[end] <= 'z') ||
            (rest_[end] >= 'A' && rest_[end] <= 'Z'))) {
      ++end;
    }
    return rest_.substr(0, end);
  }
  std::string_view word() {
    const std::string_view out = peek_word();
    rest_.remove_prefix(out.size());
    return out;
  }
  bool take_word(std::string_view wanted) {
    if (!equal_ci(peek_word(), wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  std::optional<std::string> quoted() {
    if (!take('\'')) return std::nullopt;
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c != '\'') {
        out += c;
      } else if (!rest_.empty() && rest_.front() == '\'') {
        out += c;
        rest_.remove_prefix(1);
      } else {
        return out;
      }
    }
    return std::nullopt;
  }

  bool allowed(std::string_view field) const {
    if (for_groups_) return field == "tagname" || field == "tagvalue";
    return std::ranges::find(kFields, field) != kFields.end();
  }

  std::optional<Node> any(int depth) {
    return joined(Node::kAny, "or", [&] { return all(depth); });
  }
  std::optional<Node> all(int depth) {
    return joined(Node::kAll, "and", [&] { return atom(depth); });
  }
  template <class F>
  std::optional<Node> joined(Node::Kind kind, std::string_view joint, F part) {
    auto first = part();
    if (!first || !equal_ci(peek_word(), joint)) return first;
    Node out;
    out.kind = kind;
    out.parts.push_back(*std::move(first));
    while (take_word(joint)) {
      auto next = part();
      if (!next) return std::nullopt;
      out.parts.push_back(*std::move(next));
    }
    return out;
  }

  std::optional<Node> atom(int depth) {
    if (depth > kMaxDepth) return std::nullopt;
    if (take('(')) {
      auto inner = any(depth + 1);
      return inner && take(')') ? std::move(inner) : std::nullopt;
    }
    Node out;
    const std::string first = to_lower(word());
    if (first == "substringof" || first == "startswith") return function(first);
    out.field = first;
    if (!allowed(first)) return std::nullopt;
    const std::string compare = to_lower(word());
    if (compare != "eq" && compare != "ne") return std::nullopt;
    out.kind = compare == "eq" ? Node::kEquals : Node::kDiffers;
    auto value = quoted();
    if (!value) return std::nullopt;
    out.value = first == "location" ? normal_location(*value) : *std::move(value);
    return out;
  }

  std::optional<Node> function(const std::string& name) {
    Node out;
    if (!take('(')) return std::nullopt;
    std::optional<std::string> value;
    if (name == "substringof") {
      out.kind = Node::kContains;
      value = quoted();
      if (!value || !take(',')) return std::nullopt;
      out.field = to_lower(word());
      if (out.field != "name" && out.field != "resourcegroup") return std::nullopt;
    } else {
      out.kind = Node::kStartsWith;
      out.field = to_lower(word());
      if (out.field != "tagname" || !take(',')) return std::nullopt;
      value = quoted();
    }
    if (!value || !allowed(out.field) || !take(')')) return std::nullopt;
    out.value = to_lower(*value);
    return out;
  }

  std::string_view rest_;
  bool for_groups_;
};

const JsonObject* tags_of(const Record& record) {
  const Json* tags = find(record.body, "tags");
  return tags ? tags->if_object() : nullptr;
}

bool has_tag(const Record& record, std::string_view name, const std::string* value) {
  const JsonObject* tags = tags_of(record);
  const Json* tag = tags ? find_ci(*tags, name) : nullptr;
  return tag && (!value || (tag->is_string() && as_text(*tag) == *value));
}

bool any_tag(const Record& record, const Node& node) {
  const JsonObject* tags = tags_of(record);
  return tags && std::ranges::any_of(*tags, [&](const auto& tag) {
           if (node.kind == Node::kStartsWith) {
             return starts_with_ci(std::string_view(tag.key().data(), tag.key().size()),
                                   node.value);
           }
           return tag.value().is_string() && as_text(tag.value()) == node.value;
         });
}

std::string value_of(const std::string& key, const Record& record, const std::string& field) {
  if (field == "location") return text_at(record.body, "location");
  if (field == "resourcetype") return record.type;
  if (field == "name") return full_name(key);
  if (field == "resourcegroup") return std::string(group_in(key));
  if (field == "identity") return text_at(record.body, "identity.type");
  if (field == "identity/principalid") return text_at(record.body, "identity.principalId");
  if (field == "plan") return text_at(record.body, "plan.name");
  constexpr std::string_view kPlan = "plan/";
  std::string part = field.substr(kPlan.size());
  if (part == "promotioncode") part = "promotionCode";
  return text_at(record.body, "plan." + part);
}

bool holds_node(const Node& node, const std::string& key, const Record& record);

// tagName eq 'a' and tagValue eq 'b' speak of one tag.
bool holds_all(const Node& node, const std::string& key, const Record& record) {
  const auto plain = [](const Node& part, std::string_view field) {
    return part.kind == Node::kEquals && part.field == field;
  };
  const auto value =
      std::ranges::find_if(node.parts, [&](const Node& p) { return plain(p, "tagvalue"); });
  return std::ranges::all_of(node.parts, [&](const Node& part) {
    if (plain(part, "tagname")) {
      return has_tag(record, part.value, value == node.parts.end() ? nullptr : &value->value);
    }
    return holds_node(part, key, record);
  });
}

bool holds_node(const Node& node, const std::string& key, const Record& record) {
  const auto part_holds = [&](const Node& part) { return holds_node(part, key, record); };
  if (node.kind == Node::kAny) return std::ranges::any_of(node.parts, part_holds);
  if (node.kind == Node::kAll) return holds_all(node, key, record);
  if (node.field == "tagname" && node.kind != Node::kStartsWith) {
    return has_tag(record, node.value, nullptr) == (node.kind == Node::kEquals);
  }
  if (node.field == "tagname" || node.field == "tagvalue") {
    return any_tag(record, node) == (node.kind != Node::kDiffers);
  }
  const std::string value = value_of(key, record, node.field);
  if (node.kind == Node::kContains) {
    return to_lower(value).find(node.value) != std::string::npos;
  }
  return equal_ci(value, node.value) == (node.kind == Node::kEquals);
}

}  // namespace

std::optional<ResourceFilter> ResourceFilter::parse(std::string_view text, bool for_groups) {
  ResourceFilter out;
  if (trim(text).empty()) return out;
  if (text.size() > kMaxText) return std::nullopt;
  auto root = Parser(text, for_groups).whole();
  if (!root) return std::nullopt;
  out.root_ = *std::move(root);
  return out;
}

bool ResourceFilter::holds(const std::string& key, const Record& record) const {
  return holds_node(root_, key, record);
}

const std::string* ResourceFilter::demanded(std::string_view field) const {
  const auto says = [&](const Node& node) {
    return node.kind == Node::kEquals && node.field == field;
  };
  if (says(root_)) return &root_.value;
  if (root_.kind != Node::kAll) return nullptr;
  const auto found = std::ranges::find_if(root_.parts, says);
  return found == root_.parts.end() ? nullptr : &found->value;
}

std::string full_name(std::string_view key) {
  constexpr std::string_view kProviders = "/providers/";
  const std::size_t last = key.rfind(kProviders);
  if (last == std::string_view::npos) return std::string(key.substr(key.rfind('/') + 1));
  std::string_view rest = key.substr(last + kProviders.size());
  std::string out;
  for (int i = 0; !rest.empty(); ++i) {  // the namespace, then types and names by turns
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (i >= 2 && i % 2 == 0) {
      if (i > 2) out += '/';
      out += rest.substr(0, end);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string_view group_in(std::string_view key) {
  constexpr std::string_view kGroups = "/resourcegroups/";
  const std::size_t at = key.find(kGroups);
  if (at == std::string_view::npos || !key.starts_with("/subscriptions/")) return "";
  const std::string_view rest = key.substr(at + kGroups.size());
  return rest.substr(0, rest.find('/'));
}

}  // namespace armature::sandbox
