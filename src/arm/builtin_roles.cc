// The table of Azure's built-in roles: one role a line, the common ones first, then by id, of the
// form
// {"id":"guid","name":"…",["common":true,]"permissions":[…]}. Nearly every question is about a
// common role, so ids and names of the others are read only when none of those is meant, and the
// permissions of a role when somebody asks for it: the program stays small as long as it can.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <mutex>

#include "arm/role.h"
#include "base/bytes.h"

namespace armature::embedded {
extern const std::string_view kBuiltinRoles;
}

namespace armature::arm {
namespace {

constexpr std::string_view kBeforeId = R"({"id":")";
constexpr std::string_view kBeforeName = R"(","name":")";
constexpr std::string_view kCommon = R"(","common":true,)";
constexpr std::string_view kPermissions = R"("permissions":)";
constexpr std::size_t kIdSize = 36;

bool less_ci(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::lexicographical_compare(a, b, {}, low, low);
}

// The table is part of the program: one that cannot be read is a broken build.
class Part {
 public:
  void add(std::string_view line) {
    line = line.substr(0, line.rfind('}') + 1);
    const std::size_t start = kBeforeId.size() + kIdSize + kBeforeName.size();
    const std::size_t end = line.find('"', start);
    if (!line.starts_with(kBeforeId) || end == std::string_view::npos) std::abort();
    Entry& entry = entries_.emplace_back();
    entry.line = line;
    entry.role.id = line.substr(kBeforeId.size(), kIdSize);
    entry.role.name = line.substr(start, end - start);
    entry.role.assignable_scopes = {"/"};
  }
  void close() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      by_name_.push_back(static_cast<std::uint16_t>(i));
    }
    std::ranges::sort(by_name_, less_ci, [&](std::uint16_t i) { return entries_[i].role.name; });
    if (entries_.empty() || !std::ranges::is_sorted(entries_, less_ci, id_of)) std::abort();
  }

  const Role* by_id(std::string_view id) {
    const auto found = std::ranges::lower_bound(entries_, id, less_ci, id_of);
    return found != entries_.end() && equal_ci(found->role.id, id) ? found->get() : nullptr;
  }
  const Role* by_name(std::string_view name) {
    const auto name_at = [&](std::uint16_t i) { return std::string_view(entries_[i].role.name); };
    const auto found = std::ranges::lower_bound(by_name_, name, less_ci, name_at);
    const bool hit = found != by_name_.end() && equal_ci(name_at(*found), name);
    return hit ? entries_[*found].get() : nullptr;
  }
  void append_to(std::vector<const Role*>& out) {
    for (Entry& entry : entries_) out.push_back(entry.get());
  }

 private:
  struct Entry {
    Role role;
    std::string_view line;
    std::once_flag once;

    const Role* get() {
      std::call_once(once, [this] {
        const auto json = parse_json(line);
        const Json* list = json ? find(*json, "permissions") : nullptr;
        auto permissions = permissions_from_json(list ? *list : Json(nullptr));
        if (!permissions) std::abort();
        role.permissions = *std::move(permissions);
      });
      return &role;
    }
  };
  static std::string_view id_of(const Entry& entry) { return entry.role.id; }

  std::deque<Entry> entries_;  // sorted by id; they never move
  std::vector<std::uint16_t> by_name_;
};

// Adds a text's roles to the part, or only the common ones that it begins with. Returns what is
// left.
std::string_view read_lines(std::string_view text, Part& part, bool common_only) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(kBeforeId)) {  // else one of the list's own brackets
      const bool common = line.substr(0, line.find(kPermissions)).find(kCommon) != line.npos;
      if (common_only && !common) return text;
      part.add(line);
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return text;
}

class BuiltinRoles {
 public:
  static BuiltinRoles& instance() {
    static BuiltinRoles table;
    return table;
  }

  template <class F>
  const Role* find(const F& look_up) {
    const Role* role = look_up(common_);
    return role ? role : look_up(others());
  }
  const std::vector<const Role*>& common() {
    std::call_once(common_listed_, [this] { common_.append_to(common_list_); });
    return common_list_;
  }
  const std::vector<const Role*>& all() {
    std::call_once(all_listed_, [this] {
      common_.append_to(all_);
      others().append_to(all_);
    });
    return all_;
  }

 private:
  BuiltinRoles() : rest_(read_lines(embedded::kBuiltinRoles, common_, true)) { common_.close(); }

  Part& others() {
    std::call_once(others_read_, [this] {
      read_lines(rest_, others_, false);
      others_.close();
    });
    return others_;
  }

  Part common_;
  const std::string_view rest_;  // the lines of the others
  Part others_;
  std::once_flag others_read_, common_listed_, all_listed_;
  std::vector<const Role*> common_list_;
  std::vector<const Role*> all_;
};

// How much a role permits, roughly: a wildcard weighs more the shorter it is, and what is taken out
// tells Contributor from Owner.
std::int64_t breadth(const Role& role) {
  std::int64_t total = 0;
  for (const Permission& permission : role.permissions) {
    for (const std::string& action : permission.actions) {
      total += action.find('*') == std::string::npos ? 1 : 10'000 / (std::ssize(action) + 1);
    }
    total += std::ssize(permission.data_actions) * 10 - std::ssize(permission.not_actions);
  }
  return total;
}

}  // namespace

const std::vector<const Role*>& builtin_roles() { return BuiltinRoles::instance().all(); }

const Role* find_builtin_role(std::string_view name_or_id) {
  auto& table = BuiltinRoles::instance();
  const auto slash = name_or_id.rfind('/');
  const auto last = slash == std::string_view::npos ? name_or_id : name_or_id.substr(slash + 1);
  if (is_uuid(last)) return table.find([&](Part& part) { return part.by_id(last); });
  return table.find([&](Part& part) { return part.by_name(name_or_id); });
}

const Role* smallest_builtin_role(std::string_view action) {
  return smallest_builtin_role(std::vector<std::string>{std::string(action)});
}

const Role* smallest_builtin_role(const std::vector<std::string>& actions) {
  const Role* best = nullptr;
  for (const Role* role : BuiltinRoles::instance().common()) {
    const bool enough =
        std::ranges::all_of(actions, [&](const std::string& a) { return permits(*role, a); });
    if (enough && (!best || breadth(*role) < breadth(*best))) best = role;
  }
  return best;
}

}  // namespace armature::arm
