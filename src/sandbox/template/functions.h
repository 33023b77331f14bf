#pragma once
// The table of template functions. functions.cc lists the families; each family's rows stand at the
// end of its functions_*.cc.
//
//   Eager     gets its arguments evaluated; `max_arguments` kMany: any number
//   Special   gets the tree: branches that must not be evaluated, lambdas
//   Errors    ARM's texts where known, without the outer "Deployment template … failed" wrapper
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "sandbox/template/expression.h"
#include "sandbox/template/template.h"

namespace armature::sandbox::tmpl {

class Evaluator;
using Arguments = std::vector<Json>;

struct Function {
  std::string_view name;  // as ARM writes it; looked up without regard to case
  std::size_t min_arguments;
  std::size_t max_arguments;
  Outcome<Json> (*eager)(Evaluator&, const Arguments&) = nullptr;
  Outcome<Json> (*special)(Evaluator&, const Node&) = nullptr;
  bool run_time = false;  // legal only when resources exist: reference, list*
};

constexpr std::size_t kMany = 10000;

// nullptr when there is none. Every name that begins with "list" is a list function.
const Function* find_function(std::string_view name);

// Another language on the same grammar and values: Azure Policy's rules.
struct Dialect {
  const Function* (*find)(std::string_view name);  // in place of find_function
  bool missing_is_null = false;                    // a member that an object does not have
};

std::span<const Function> string_functions();
std::span<const Function> uri_functions();
std::span<const Function> array_functions();
std::span<const Function> object_functions();
std::span<const Function> lambda_functions();
std::span<const Function> logic_functions();
std::span<const Function> number_functions();
std::span<const Function> date_functions();
std::span<const Function> network_functions();
std::span<const Function> scope_functions();
std::span<const Function> resource_functions();

// Shared by the families.
TemplateError wrong_argument(std::string_view function, std::string_view expectation,
                             const Json& actual);
Outcome<std::string> text_argument(std::string_view function, const Arguments& arguments,
                                   std::size_t index);
Outcome<std::int64_t> integer_argument(std::string_view function, const Arguments& arguments,
                                       std::size_t index);
Outcome<bool> bool_argument(std::string_view function, const Arguments& arguments,
                            std::size_t index);
bool same_value(const Json& a, const Json& b);  // deep; 1 equals 1.0; strings by case
// .NET composite formatting with the invariant culture; `pattern` of utcNow and dateTimeAdd.
Outcome<std::string> format_text(const std::string& pattern, std::span<const Json> arguments);
Outcome<std::string> format_date(Instant at, const std::string& pattern);

}  // namespace armature::sandbox::tmpl
