#include "sandbox/deployment_script.h"

#include <gtest/gtest.h>

namespace armature::sandbox {
namespace {

TEST(DeploymentScript, OutputsAreTheKeysThatTheTextAssigns) {
  struct Row {
    const char* script;
    const char* outputs;
  };
  for (const Row& row : {
           Row{"$DeploymentScriptOutputs = @{}\n$DeploymentScriptOutputs['a'] = $x\n"
               "$DeploymentScriptOutputs[\"b\"] = 1; $DeploymentScriptOutputs.c = 2", R"({"a":"a","b":"b","c":"c"})"},
           Row{"echo $r | jq -c '{Result: map({id: .id})}' > $AZ_SCRIPTS_OUTPUT_PATH",
               R"({"Result":"Result","id":"id"})"                                                                                  },
           Row{"echo \"{\\\"text\\\":\\\"$1\\\", \\\"n\\\" : 1}\" > \"$AZ_SCRIPTS_OUTPUT_PATH\"",
               R"({"text":"text","n":"n"})"                                                                                        },
           Row{"echo '{\"x\": 1}'",                                                                  "{}"                          },
           Row{"",                                                                                   "{}"                          },
           Row{"$DeploymentScriptOutputs[",                                                          "{}"                          },
  }) {
    EXPECT_EQ(dump(script_outputs(row.script)), row.outputs) << row.script;
  }
}

}  // namespace
}  // namespace armature::sandbox
