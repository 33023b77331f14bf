#pragma once
// What the links of the template under way reach: its own text, the files beside and below it, and
// a stand-in for a linked template that is not there.
//
//   A URL names a file by the tail of its path, the longest first: templates link to their own
//   folder at some server, and never to themselves
//   Threads   the reader of content may be another thread than the one that opens; never at once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "tests/corpus/corpus.h"

namespace armature::corpus {

class Library {
 public:
  static constexpr std::string_view kHost = "https://corpus.example/";

  void open(const Document& document);
  Result<std::string> read(const std::string& uri);
  const std::vector<std::string>& stand_ins() const { return stand_ins_; }

 private:
  const Document* document_ = nullptr;
  std::vector<std::string> stand_ins_;  // the links that only got one
};

}  // namespace armature::corpus
