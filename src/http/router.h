#pragma once
// Router: method and path pattern → plain handler. Patterns: "/api/v2/dags/{dag_id}/dagRuns".
//
//   A {name} matches one segment, percent-decoded; the last may be {name*} for the rest of the
//   path. Match     exact segments before {name}; among equals the first added Misses    404 for no
//   path, 405 with Allow for no method: through the two hooks, so that each face
//             answers in its own error shape
//   Threads   add before use; find from any thread
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace armature::http {

struct Call {
  const Request& request;
  std::map<std::string, std::string, std::less<>> path;  // {name} → value
  std::vector<std::pair<std::string, std::string>> query;

  std::string query_value(std::string_view name, std::string_view otherwise = "") const;
};
using Route = std::function<Response(const Call&)>;

class Router {
 public:
  void add(std::string_view method, std::string_view pattern, Route route);
  Response handle(const Request& request) const;
  std::function<Response(const Request&)> not_found;
  std::function<Response(const Request&, const std::string& allow)> method_not_allowed;
  std::vector<std::pair<std::string, std::string>> routes() const;  // method, pattern

 private:
  struct Entry {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    Route route;
  };
  std::vector<Entry> entries_;
};

}  // namespace armature::http
