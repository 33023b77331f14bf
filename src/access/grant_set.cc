#include "access/grant_set.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <span>
#include <unordered_map>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::access {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class Value>
using ByText = boost::unordered_flat_map<std::string, Value, TextHash, std::equal_to<>>;

using Number = std::uint32_t;
constexpr Number kNone = ~Number{};

// The ends of those beginnings of a path that end before a slash, and of the whole.
template <class Visit>
void each_beginning(std::string_view path, Visit visit) {
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i == path.size() || path[i] == '/') visit(path.substr(0, i));
  }
}

// Which permissions an action may be covered by. A pattern is kept under the text that whatever it
// covers must begin with: all of it, or what stands before the last slash before its first star.
class Patterns {
 public:
  struct Pattern {
    std::string text;
    std::vector<Number> permissions;  // rising
  };
  using Found = boost::container::small_vector<const Pattern*, 16>;

  void add(const std::string& text, Number permission) {
    const auto [known, is_new] = numbers_.try_emplace(to_lower(text), Number(patterns_.size()));
    if (is_new) {
      patterns_.push_back({known->first, {}});
      const std::string_view literal = std::string_view(known->first);
      const std::size_t star = literal.find('*');
      const std::size_t end = star == literal.npos ? star : literal.substr(0, star).rfind('/');
      const bool anywhere = star != literal.npos && end == literal.npos;
      buckets_[anywhere ? std::string() : std::string(literal.substr(0, end))].push_back(
          known->second);
    }
    std::vector<Number>& permissions = patterns_[known->second].permissions;
    if (permissions.empty() || permissions.back() != permission) permissions.push_back(permission);
  }

  Found covering(const std::string& action) const {
    Found out;
    const std::string lower = to_lower(action);
    const auto look = [&](std::string_view beginning) {
      const auto bucket = buckets_.find(beginning);
      if (bucket == buckets_.end()) return;
      for (const Number number : bucket->second) {
        if (arm::covers(patterns_[number].text, lower)) out.push_back(&patterns_[number]);
      }
    };
    if (!lower.starts_with('/')) look({});
    each_beginning(lower, look);
    return out;
  }

 private:
  ByText<Number> numbers_;
  ByText<std::vector<Number>> buckets_;
  std::vector<Pattern> patterns_;
};

// One permission at one scope, and the grants that give it there.
struct Held {
  Number permission;
  Number steps;  // where its steps begin; the next one's begin is their end
};

// A grant that was declared later counts only where it lasts longer than all before it.
struct Step {
  Instant until;
  Number grant;
};

struct Claim {
  Number scope;
  Number permission;
  Number grant;
  auto operator<=>(const Claim&) const = default;
};

// The first place from `begin` on whose key is not below `key`, found in steps that double: cheap
// where it is near, and never a walk through all.
template <class Iterator, class KeyOf>
Iterator skip_to(Iterator begin, Iterator end, Number key, KeyOf key_of) {
  std::ptrdiff_t reach = 1;
  while (reach < end - begin && key_of(begin[reach]) < key) reach *= 2;
  return std::partition_point(begin + reach / 2, std::min(begin + reach + 1, end),
                              [&](const auto& at) { return key_of(at) < key; });
}

template <class Visit>
void each_common(std::span<const Held> held, std::span<const Number> permissions, Visit visit) {
  auto h = held.begin();
  auto p = permissions.begin();
  while (h != held.end() && p != permissions.end()) {
    if (h->permission < *p) {
      h = skip_to(h, held.end(), *p, [](const Held& at) { return at.permission; });
    } else if (*p < h->permission) {
      p = skip_to(p, permissions.end(), h->permission, [](Number at) { return at; });
    } else {
      visit(*h);
      ++h;
      ++p;
    }
  }
}

// What is permitted where: a node per scope.
class Places {
 public:
  void add(std::string_view scope, Number permission, Number grant) {
    const auto node = nodes_.try_emplace(std::string(scope), Number(nodes_.size())).first;
    claims_.push_back({node->second, permission, grant});
  }

  // After the last add(). `until` says when a grant ends.
  template <class Until>
  void build(Until until) {
    std::ranges::sort(claims_);
    ends_.assign(nodes_.size() + 1, 0);
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      const Claim& claim = claims_[i];
      const bool goes_on = i > 0 && claims_[i - 1].scope == claim.scope &&
                           claims_[i - 1].permission == claim.permission;
      if (!goes_on) held_.push_back({claim.permission, Number(steps_.size())});
      ends_[claim.scope + 1] = Number(held_.size());
      if (!goes_on || steps_.back().until < until(claim.grant)) {
        steps_.push_back({until(claim.grant), claim.grant});
      }
    }
    held_.push_back({kNone, Number(steps_.size())});
    claims_ = {};
  }

  // Calls visit(permission, grant) with grants that lie at or above the scope, last at `now` and
  // give one of the permissions. Only grants below `limit` are looked at; visit may lower it.
  template <class Visit>
  void each(std::string_view lower_scope, const Patterns::Found& patterns, Instant now,
            const Number& limit, Visit visit) const {
    const auto look = [&](std::string_view scope) {
      const auto node = nodes_.find(scope);
      if (node == nodes_.end()) return;
      const std::span held(held_.data() + ends_[node->second],
                           held_.data() + ends_[node->second + 1]);
      for (const Patterns::Pattern* pattern : patterns) {
        each_common(held, pattern->permissions, [&](const Held& at) {
          if (steps_[at.steps].grant >= limit) return;
          const auto end = steps_.begin() + (&at)[1].steps;
          const auto step = std::partition_point(steps_.begin() + at.steps, end,
                                                 [&](const Step& s) { return s.until <= now; });
          if (step != end && step->grant < limit) visit(at.permission, step->grant);
        });
      }
    };
    each_beginning(lower_scope, look);
  }

 private:
  ByText<Number> nodes_;
  std::vector<Number> ends_;  // of node n: held_[ends_[n]] up to held_[ends_[n + 1]]
  std::vector<Held> held_;    // and one more at the end
  std::vector<Step> steps_;
  std::vector<Claim> claims_;
};

// As at_or_above() compares: without regard to case or to slashes at the end.
std::string canonical(std::string_view scope) {
  while (scope.ends_with('/')) scope.remove_suffix(1);
  return to_lower(scope);
}

bool same_permissions(const arm::Role& a, const arm::Role& b) {
  return std::ranges::equal(a.permissions, b.permissions, [](const auto& x, const auto& y) {
    return x.actions == y.actions && x.not_actions == y.not_actions && x.condition == y.condition;
  });
}

}  // namespace

struct GrantSet::Index {
  std::vector<Grant> grants;
  std::vector<const arm::Permission*> permissions;
  Patterns patterns;
  Places places;
  ByText<Places> assigning;  // by role id: the grants that may hand it out

  explicit Index(std::vector<Grant> list);
  std::vector<Number> permissions_of(const arm::Role& role);
  Number first(const Places& where, const arm::Need& need, Instant now) const;

 private:
  struct KnownRole {
    const arm::Role* role;
    std::vector<Number> permissions;
  };
  std::unordered_map<std::string, std::vector<KnownRole>> known_;  // by id
};

// Grants share few roles: each is taken apart once.
std::vector<Number> GrantSet::Index::permissions_of(const arm::Role& role) {
  std::vector<KnownRole>& same_id = known_[role.id];
  const auto known = std::ranges::find_if(
      same_id, [&](const KnownRole& one) { return same_permissions(*one.role, role); });
  if (known != same_id.end()) return known->permissions;
  std::vector<Number> numbers;
  for (const arm::Permission& permission : role.permissions) {
    if (!permission.condition.empty()) continue;  // permits nothing here, as arm/role.h says
    numbers.push_back(Number(permissions.size()));
    for (const std::string& action : permission.actions) patterns.add(action, numbers.back());
    permissions.push_back(&permission);
  }
  same_id.push_back({&role, numbers});
  return numbers;
}

GrantSet::Index::Index(std::vector<Grant> list) : grants(std::move(list)) {
  for (Number i = 0; i < grants.size(); ++i) {
    const Grant& grant = grants[i];
    if (grant.scope.empty()) continue;  // nothing was named: not the same as everything
    const std::string scope = canonical(grant.scope);
    for (const Number permission : permissions_of(grant.role)) {
      places.add(scope, permission, i);
      for (const arm::Role& role : grant.assignable_roles) {
        assigning[to_lower(role.id)].add(scope, permission, i);
      }
    }
  }
  known_ = {};
  const auto until = [&](Number grant) { return grants[grant].expires.value_or(Instant::max()); };
  places.build(until);
  for (auto& [role_id, where] : assigning) where.build(until);
}

Number GrantSet::Index::first(const Places& where, const arm::Need& need, Instant now) const {
  const Patterns::Found covering = patterns.covering(need.action);
  Number best = kNone;
  if (covering.empty()) return best;
  where.each(canonical(need.scope), covering, now, best, [&](Number permission, Number grant) {
    const auto takes_out = [&](const std::string& text) { return arm::covers(text, need.action); };
    if (std::ranges::none_of(permissions[permission]->not_actions, takes_out)) best = grant;
  });
  return best;
}

GrantSet::GrantSet(std::vector<Grant> grants)
    : index_(grants.empty() ? nullptr : std::make_shared<const Index>(std::move(grants))) {}

const std::vector<Grant>& GrantSet::list() const {
  static const std::vector<Grant> none;
  return index_ ? index_->grants : none;
}

const Grant* GrantSet::first(const arm::Need& need, Instant now) const {
  if (!index_) return nullptr;
  const Number found = index_->first(index_->places, need, now);
  return found == kNone ? nullptr : &index_->grants[found];
}

bool GrantSet::may_assign(const arm::Need& need, std::string_view role_id, Instant now) const {
  if (!index_) return false;
  const auto where = index_->assigning.find(to_lower(role_id));
  return where != index_->assigning.end() && index_->first(where->second, need, now) != kNone;
}

}  // namespace armature::access
