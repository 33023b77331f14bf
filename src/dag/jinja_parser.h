#pragma once
// parse_template: tokens to a tree that is at most kMaxTemplateDepth deep; unknown filters, tests,
// functions and statements are found here, before anything is rendered. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "dag/jinja_ast.h"

namespace armature::dag {

Result<NodePtr> parse_template(std::string_view text);

// Top-level names the tree reads that it does not bind itself, each with its dotted path as far as
// it is written out ("tasks.deploy.output").
std::vector<std::string> read_paths(const Template::Node& root);

}  // namespace armature::dag
