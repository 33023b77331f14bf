#include "orchestrator/task_files.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"
#include "orchestrator/task_log.h"

namespace armature::orchestrator {
namespace {

namespace fs = std::filesystem;

class TaskFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"dags/templates", "shared", "server"}) {
      fs::create_directories(temp_.path() / folder);
    }
    for (const char* file : {"dags/templates/app.json", "shared/base.json", "server/api_token"}) {
      ASSERT_TRUE(write_file(temp_.path() / file, "{}"));
    }
    fs::create_symlink(temp_.path() / "server" / "api_token", temp_.path() / "dags" / "link.json");
    dag_file_ = (temp_.path() / "dags" / "etl.yaml").string();
  }

  testing::TempDir temp_;
  std::string dag_file_;
};

TEST_F(TaskFilesTest, ReadsBesideTheDagAndBelowTheRootsAndNothingElse) {
  const TaskFiles files({(temp_.path() / "shared").string()});
  const std::string shared = (temp_.path() / "shared" / "base.json").string();
  const std::string token = (temp_.path() / "server" / "api_token").string();
  const struct {
    std::string name;
    std::optional<Code> refused;
  } kTable[] = {
      {"templates/app.json",               {}             },
      {shared,                             {}             },
      {"../shared/base.json",              {}             },
      {token,                              Code::kDenied  },
      {"../server/api_token",              Code::kDenied  },
      {"templates/../../server/api_token", Code::kDenied  },
      {"link.json",                        Code::kDenied  },
      {"templates/none.json",              Code::kNotFound},
      {"/etc/passwd",                      Code::kDenied  },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto found = files.locate(dag_file_, row.name);
    EXPECT_EQ(found.has_value(), !row.refused);
    if (!found && row.refused) {
      EXPECT_EQ(found.error().code, *row.refused);
    }
  }
}

TEST_F(TaskFilesTest, LogsAreRedactedAndBounded) {
  const fs::path file = temp_.path() / "logs" / "a" / "attempt=1.log";
  testing::FakeClock clock;
  Redactor redactor;
  redactor.add("hunter2hunter2");
  {
    TaskLog log(file, clock, redactor, 400);
    log.info("the password is hunter2hunter2\nsecond line");
    for (int i = 0; i < 50; ++i) log.warning("noise");
  }
  const auto text = read_file(file);
  ASSERT_TRUE(text);
  EXPECT_TRUE(
      text->starts_with("[2023-11-14T22:13:20Z] INFO - the password is ***\n"
                        "[2023-11-14T22:13:20Z] INFO - second line\n"))
      << *text;
  EXPECT_TRUE(text->ends_with("what follows is dropped\n"));
}

}  // namespace
}  // namespace armature::orchestrator
