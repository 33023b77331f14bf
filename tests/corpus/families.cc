#include "tests/corpus/corpus.h"

namespace armature::corpus {
namespace {

constexpr Family kFamilies[] = {
    {"templates", is_template, deploy_templates},
    {"policies",  is_policy,   read_policies   },
    {"vectors",   is_vectors,  evaluate_vectors},
};

}  // namespace

std::span<const Family> families() { return kFamilies; }

}  // namespace armature::corpus
