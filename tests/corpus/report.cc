#include "tests/corpus/report.h"

#include <algorithm>
#include <map>

namespace armature::corpus {
namespace {

std::string in_cell(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '`') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::size_t Tally::passed() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(verdicts, [](const Verdict& one) { return one.failure.empty(); }));
}

std::string coverage_section(const std::vector<Tally>& results) {
  std::string out;
  for (const Tally& result : results) {
    struct Row {
      std::size_t passed = 0;
      std::size_t all = 0;
    };
    std::map<std::string, Row> rows;
    for (const Verdict& one : result.verdicts) {
      Row& row = rows[one.group];
      ++row.all;
      row.passed += one.failure.empty() ? 1 : 0;
    }
    out += "### " + result.title + " " + std::to_string(result.passed()) + "/" +
           std::to_string(result.verdicts.size()) + "\n\n| what | passed | of |\n|---|---|---|\n";
    for (const auto& [group, row] : rows) {
      out += "| " + in_cell(group) + " | " + std::to_string(row.passed) + " | " +
             std::to_string(row.all) + " |\n";
    }
    out += '\n';
    const auto count = std::ranges::count_if(
        result.verdicts, [](const Verdict& one) { return !one.stand_ins.empty(); });
    if (count > 0) {
      out += std::to_string(count) +
             " link to templates that are not in their folder; those get a stand-in with the "
             "outputs that are read.\n";
    }
    out += '\n';
    if (result.passed() == result.verdicts.size()) continue;
    out += "| not passed | why |\n|---|---|\n";
    for (const Verdict& one : result.verdicts) {
      if (!one.failure.empty()) {
        out += "| " + in_cell(one.name) + " | " + in_cell(one.failure) + " |\n";
      }
    }
    out += '\n';
  }
  return out;
}

std::string replace_section(const std::string& page, const std::string& section,
                            const std::string& text) {
  const std::string begin = "<!-- begin " + section + " -->\n";
  const std::string end = "<!-- end " + section + " -->\n";
  const auto from = page.find(begin);
  const auto to = page.find(end);
  if (from == std::string::npos || to == std::string::npos || to < from) {
    return page + (page.empty() ? "" : "\n") + begin + text + end;
  }
  return page.substr(0, from + begin.size()) + text + page.substr(to);
}

}  // namespace armature::corpus
