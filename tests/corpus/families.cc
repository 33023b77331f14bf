#include "tests/corpus/corpus.h"

namespace armature::corpus {
namespace {

constexpr Family kFamilies[] = {
    {"templates", is_template, deploy_templates},
    {"vectors",   is_vectors,  evaluate_vectors},
};

}  // namespace

std::span<const Family> families() { return kFamilies; }

}  // namespace armature::corpus
