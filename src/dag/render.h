#pragma once
// The Jinja subset of DAG files: strict undefined, bounded, no I/O. Pure.
//
//   render_text    always a string
//   render_value   walks a JSON value; a string that is exactly one {{ expression }} keeps its type
//   Errors   kInvalid with line and column in the template and, for an unknown name, the known ones
//   Limits   256 KiB in, 1 MiB out, depth 64, 100,000 loop steps
//   Source   jinja.palletsprojects.com/templates; what is in and what is not: docs/formats/dag.md
//   Threads  a Template may be used from any thread
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::dag {

class Template {
 public:
  static Result<Template> parse(std::string_view text);
  bool is_plain() const;                   // no {{ or {% in it
  bool is_expression() const;              // exactly one {{ expression }}: keeps its type
  std::vector<std::string> names() const;  // top-level names it reads: "params", "tasks"
  std::vector<std::string> paths()
      const;  // dotted where known: "params.env", "tasks.deploy.output"
  Result<std::string> render_text(const JsonObject& context) const;
  Result<Json> render_value(const JsonObject& context) const;

  struct Node;

 private:
  explicit Template(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

Result<std::string> render_text(std::string_view text, const JsonObject& context);
Result<Json> render_value(const Json& value, const JsonObject& context);
Result<bool> render_condition(std::string_view text, const JsonObject& context);  // Jinja truth

}  // namespace armature::dag
