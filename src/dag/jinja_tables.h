#pragma once
// The names a template may use: filters, tests, functions, macros and methods. The lists are read
// from the tables that hold their code, so none is announced that is not there.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armature::dag {

const std::vector<std::string>& filter_names();
const std::vector<std::string>& test_names();
const std::vector<std::string>& function_names();
const std::vector<std::string>& macro_names();
const std::vector<std::string>& method_names();

// Nothing when `word` is known; otherwise what to tell the author.
std::optional<std::string> unknown_word(std::string_view what, std::string_view word,
                                        const std::vector<std::string>& known);

}  // namespace armature::dag
