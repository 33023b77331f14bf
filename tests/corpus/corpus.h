#pragma once
// The corpus tool's vocabulary: documents found below a folder, and what the sandbox made of them.
//
//   discover   every JSON file below `root`, in the order of its path; one that does not parse is
//              a document whose `json` is null
//   families() what can be judged: one row each, chosen by content. To add one, write `owns` and
//              `judge` in a file of its own and add its row to families.cc
//   judge      gets all documents of its family; gives one verdict for each thing that it tried
//   Threads    one
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace armature::corpus {

struct Document {
  std::filesystem::path path;
  std::string name;  // the path below the root, with "/"
  Json json;
};

struct Verdict {
  std::string name;
  std::string group;                        // a line of the table in docs/coverage.md
  std::string failure;                      // empty: it passed
  std::vector<std::string> stand_ins = {};  // links to files that are not there; made up for it
};

struct Family {
  std::string_view title;  // "templates"
  bool (*owns)(const Document& document);
  std::vector<Verdict> (*judge)(std::span<const Document> documents);
};

std::vector<Document> discover(const std::filesystem::path& root);
// Null when the file is absent or no JSON; a byte order mark is passed over.
Json read_json(const std::filesystem::path& path);
std::span<const Family> families();

// templates.cc
bool is_template(const Document& document);
std::vector<Verdict> deploy_templates(std::span<const Document> documents);
// policies.cc
bool is_policy(const Document& document);
std::vector<Verdict> read_policies(std::span<const Document> documents);
// vectors.cc
bool is_vectors(const Document& document);
std::vector<Verdict> evaluate_vectors(std::span<const Document> documents);

}  // namespace armature::corpus
