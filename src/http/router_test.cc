#include "http/router.h"

#include <gtest/gtest.h>

namespace armature::http {
namespace {

Request ask(std::string method, std::string target) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

Route says(std::string name) {
  return [name](const Call& call) {
    Response response;
    response.body = name;
    for (const auto& [key, value] : call.path) response.body += " " + key + "=" + value;
    return response;
  };
}

TEST(Router, FollowsTheTable) {
  Router router;
  router.add("GET", "/dags/{dag}", says("dag"));
  router.add("GET", "/dags/mine", says("mine"));
  router.add("PATCH", "/dags/{dag}", says("patch"));
  router.add("GET", "/dags/{dag}/runs/{run}", says("run"));
  router.add("GET", "/files/{path*}", says("files"));
  router.add("GET", "/", says("root"));
  router.add("GET", "/files/known", says("known"));
  router.add("GET", "/dags/{again}", says("never: the first added wins"));
  const struct {
    const char* method;
    const char* target;
    int status;
    const char* body;
  } kTable[] = {
      {"GET",    "/dags/etl",          200, "dag dag=etl"                                       },
      {"GET",    "/dags/mine",         200, "mine"                                              },
      {"GET",    "/dags/m%69ne?x=1",   200, "mine"                                              },
      {"PATCH",  "/dags/mine",         200, "patch dag=mine"                                    },
      {"GET",    "/dags/a%2Fb",        200, "dag dag=a/b"                                       },
      {"GET",    "/dags/a/runs/b%20c", 200, "run dag=a run=b c"                                 },
      {"GET",    "/files/a/b%2Fc/d",   200, "files path=a/b/c/d"                                },
      {"GET",    "/files/known",       200, "known"                                             },
      {"GET",    "/",                  200, "root"                                              },
      {"HEAD",   "/dags/etl",          200, "dag dag=etl"                                       },
      {"GET",    "/dags/",             404, R"({"error":"not found"})"                          },
      {"GET",    "/dags/a%zz",         404, R"({"error":"not found"})"                          },
      {"GET",    "/nothing",           404, R"({"error":"not found"})"                          },
      {"GET",    "/dags/a/",           404, R"({"error":"not found"})"                          },
      {"DELETE", "/dags/etl",          405, R"({"error":"method not allowed"})"                 },
      {"GET",    "/dags/etl?x=%",      400, R"({"error":"the query string is not well formed"})"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(std::string(row.method) + " " + row.target);
    const Response response = router.handle(ask(row.method, row.target));
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.body, row.body);
  }
  EXPECT_EQ(router.handle(ask("DELETE", "/dags/etl")).headers.get("Allow"), "GET, PATCH");
  EXPECT_EQ(router.routes().size(), 8u);
}

TEST(Router, HooksShapeTheMisses) {
  Router router;
  router.add("PUT", "/a", says("a"));
  router.not_found = [](const Request& request) {
    return json_response(404, "no " + request.target);
  };
  router.method_not_allowed = [](const Request&, const std::string& allow) {
    return json_response(405, "only " + allow);
  };
  EXPECT_EQ(router.handle(ask("GET", "/b")).body, "no /b");
  EXPECT_EQ(router.handle(ask("GET", "/a")).body, "only PUT");
}

TEST(Call, QueryValueTakesTheFirst) {
  Router router;
  router.add("GET", "/q", [](const Call& call) {
    return json_response(200, call.query_value("a") + call.query_value("none", "?"));
  });
  EXPECT_EQ(router.handle(ask("GET", "/q?a=1&a=2")).body, "1?");
}

}  // namespace
}  // namespace armature::http
