#pragma once
// The result of a run in words: lines for a person, and the generated part of docs/coverage.md.
//
//   replace_section  puts `text` between the two marks of `section` in `page`, and leaves the rest
//                    as it is; a page without the marks gets the section at its end
#include <string>
#include <vector>

#include "tests/corpus/corpus.h"

namespace armature::corpus {

struct Tally {
  std::string title;
  std::vector<Verdict> verdicts;

  std::size_t passed() const;
};

std::string coverage_section(const std::vector<Tally>& results);
std::string replace_section(const std::string& page, const std::string& section,
                            const std::string& text);

}  // namespace armature::corpus
