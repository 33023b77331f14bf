// corpus DIR [--coverage PAGE] [--least PERCENT]
//
// Runs what it knows in DIR, prints a line for each failure and closes with "templates N/M" and its
// like. --coverage writes the section "corpus" of that page. Ends with 1 when a family that has
// members passes less than PERCENT of them (100 unless told).
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/files.h"
#include "tests/corpus/report.h"

namespace armature::corpus {
namespace {

std::vector<Tally> run(const std::filesystem::path& root) {
  const std::vector<Document> documents = discover(root);
  std::vector<Tally> out;
  for (const Family& family : families()) {
    std::vector<Document> mine;
    for (const Document& document : documents) {
      if (family.owns(document)) mine.push_back(document);
    }
    Tally result{std::string(family.title), {}};
    if (!mine.empty()) result.verdicts = family.judge(mine);
    out.push_back(std::move(result));
  }
  return out;
}

Status write_coverage(const std::filesystem::path& page, const std::vector<Tally>& results) {
  const auto old = read_file(page);
  return write_file(page, replace_section(old ? *old : "", "corpus", coverage_section(results)));
}

int report(const std::vector<Tally>& results, std::size_t least) {
  for (const Tally& result : results) {
    for (const Verdict& one : result.verdicts) {
      if (!one.failure.empty()) std::cout << one.name << ": " << one.failure << '\n';
    }
  }
  int exit_code = 0;
  for (const Tally& result : results) {
    std::cout << result.title << ' ' << result.passed() << '/' << result.verdicts.size() << '\n';
    if (result.passed() * 100 < result.verdicts.size() * least) exit_code = 1;
  }
  return exit_code;
}

}  // namespace
}  // namespace armature::corpus

int main(int argc, char** argv) {
  using namespace armature;
  std::filesystem::path root;
  std::filesystem::path page;
  std::size_t least = 100;
  CLI::App app("Runs a folder of templates, policies or vectors against a sandbox", "corpus");
  app.add_option("DIR", root, "the folder")->required()->check(CLI::ExistingDirectory);
  app.add_option("--coverage", page, "the page whose section 'corpus' is written");
  app.add_option("--least", least, "percent that must pass");
  CLI11_PARSE(app, argc, argv);
  const auto results = corpus::run(std::filesystem::canonical(root));
  if (!page.empty()) {
    if (const auto written = corpus::write_coverage(page, results); !written) {
      std::cerr << written.error().message << '\n';
      return 2;
    }
  }
  return corpus::report(results, least);
}
