// The table of Azure's built-in roles: one role a line, sorted by id, of the form
// {"id":"guid","name":"…",["common":true,]"permissions":[…]}. The first use reads ids and names
// only; the permissions of a role are read when somebody asks for it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
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
constexpr std::size_t kIdSize = 36;

bool less_ci(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::lexicographical_compare(a, b, {}, low, low);
}

class BuiltinRoles {
 public:
  static BuiltinRoles& instance() {
    static BuiltinRoles table;
    return table;
  }

  const std::vector<Role>& all() {
    for (std::size_t i = 0; i < roles_.size(); ++i) load(i);
    return roles_;
  }
  const Role* by_id(std::string_view id) {
    const auto found = std::ranges::lower_bound(roles_, id, less_ci, &Role::id);
    const bool hit = found != roles_.end() && equal_ci(found->id, id);
    return hit ? load(static_cast<std::size_t>(found - roles_.begin())) : nullptr;
  }
  const Role* by_name(std::string_view name) {
    const auto name_at = [&](std::uint16_t i) { return std::string_view(roles_[i].name); };
    const auto found = std::ranges::lower_bound(by_name_, name, less_ci, name_at);
    const bool hit = found != by_name_.end() && equal_ci(name_at(*found), name);
    return hit ? load(*found) : nullptr;
  }
  std::vector<const Role*> common() {
    std::vector<const Role*> out;
    for (const std::uint16_t i : common_) out.push_back(load(i));
    return out;
  }

 private:
  // The table is part of the program: one that cannot be read is a broken build.
  BuiltinRoles() {
    for (std::string_view rest = embedded::kBuiltinRoles; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (line.starts_with(kBeforeId)) add(line);
    }
    loaded_ = std::make_unique<std::once_flag[]>(roles_.size());
    for (std::size_t i = 0; i < roles_.size(); ++i) by_name_.push_back(narrow(i));
    std::ranges::sort(by_name_, less_ci, [&](std::uint16_t i) { return roles_[i].name; });
    if (roles_.empty() || !std::ranges::is_sorted(roles_, {}, &Role::id)) std::abort();
  }

  static std::uint16_t narrow(std::size_t i) { return static_cast<std::uint16_t>(i); }

  void add(std::string_view line) {
    line = line.substr(0, line.rfind('}') + 1);
    const std::string_view id = line.substr(kBeforeId.size(), kIdSize);
    const std::size_t start = kBeforeId.size() + kIdSize + kBeforeName.size();
    const std::size_t end = line.find('"', start);
    if (end == std::string_view::npos) std::abort();
    if (line.substr(end).starts_with(kCommon)) common_.push_back(narrow(roles_.size()));
    Role role;
    role.id = id;
    role.name = line.substr(start, end - start);
    role.assignable_scopes = {"/"};
    roles_.push_back(std::move(role));
    lines_.push_back(line);
  }

  const Role* load(std::size_t i) {
    std::call_once(loaded_[i], [&] {
      const auto entry = parse_json(lines_[i]);
      const Json* list = entry ? find(*entry, "permissions") : nullptr;
      auto permissions = permissions_from_json(list ? *list : Json(nullptr));
      if (!permissions) std::abort();
      roles_[i].permissions = *std::move(permissions);
    });
    return &roles_[i];
  }

  std::vector<Role> roles_;
  std::vector<std::string_view> lines_;
  std::unique_ptr<std::once_flag[]> loaded_;
  std::vector<std::uint16_t> by_name_;
  std::vector<std::uint16_t> common_;
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

const std::vector<Role>& builtin_roles() { return BuiltinRoles::instance().all(); }

const Role* find_builtin_role(std::string_view name_or_id) {
  auto& table = BuiltinRoles::instance();
  const auto slash = name_or_id.rfind('/');
  const auto last = slash == std::string_view::npos ? name_or_id : name_or_id.substr(slash + 1);
  if (last.size() == kIdSize) {
    if (const Role* role = table.by_id(last)) return role;
  }
  return table.by_name(name_or_id);
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
