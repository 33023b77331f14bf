#pragma once
// Condition: the text that narrows a role assignment or a permission (Azure ABAC), read once and
// asked often.
//
//   In        version 2.0 of the language (1.0 reads alike): ActionMatches{'…'},
//             SubOperationMatches{'…'}, [Not]Exists, comparisons of @Request, @Resource, @Principal
//             and @Environment attributes with values or with each other, all four ForAny/ForAll
//             quantifiers, NOT, AND, OR with their symbols; words without regard to case
//   Out       holds(): false also for what cannot be evaluated. An attribute that is not there
//   makes
//             its comparison false, for negative operators too, as in Azure; a comparison of values
//             that the operator cannot read (a text as a number) makes the whole condition false,
//             however it is negated
//   Errors    parse: kInvalid with the place, for whatever is not listed above (IpMatch, time of
//   day
//             in a named zone), AND beside OR without parentheses, more than 8 KB, deeper than 64
//   Source    conditions-format, conditions-authorization-actions-attributes pages of Azure RBAC
//   Threads   a value; const calls from any thread
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::arm {

// What a condition may ask about a call.
struct ConditionFacts {
  std::string action;
  std::string sub_operation;
  // By source and path in lower case,
  // "request[microsoft.authorization/roleassignments:principalid]"; a text, a number, a boolean, or
  // a list of one of them.
  std::map<std::string, Json, std::less<>> attributes;

  void set(std::string_view source, std::string_view path, Json value);
};

class Condition {
 public:
  static constexpr std::size_t kMaxSize = 8192;
  static Result<Condition> parse(std::string_view text);
  bool holds(const ConditionFacts& facts) const;

  struct Node;
  struct Operand {
    std::string attribute;  // its key in the facts; empty: the values
    std::vector<Json> values;
    bool is_set = false;
  };

 private:
  friend class ConditionParser;
  std::vector<Node> nodes_;  // children before parents; the last is the root
};

struct Condition::Node {
  enum class Kind { kAnd, kOr, kNot, kAction, kSubOperation, kExists, kCompare };
  enum class Type { kBool, kString, kNumeric, kDateTime, kTimeOfDay, kGuid };
  enum class Relation {
    kEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kStarts,
    kLike,
    kRange
  };
  Kind kind = Kind::kNot;
  std::size_t left = 0;  // of kAnd, kOr; the only one of kNot
  std::size_t right = 0;
  std::string text;  // of kAction, kSubOperation: the pattern; of kExists: the attribute
  Type type = Type::kString;
  Relation relation = Relation::kEqual;
  bool negated = false;      // of a comparison and of kExists
  bool ignore_case = false;  // of texts
  bool quantified = false;
  bool all_left = false;   // ForAllOf…, else ForAnyOf…
  bool all_right = false;  // …OfAllValues, else …OfAnyValues
  Operand lhs;
  Operand rhs;
};

}  // namespace armature::arm
