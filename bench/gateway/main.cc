// bench_gateway_load: what bench/gateway's scripts load a proxy with. Prints JSON lines: what came
// since the last report, then the total. Tokens come from files, never from the command line.
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <iterator>

#include "load.h"

namespace armature::bench {
namespace {

namespace json = boost::json;

json::object to_json(const Counts& counts, const char* what) {
  json::object by_kind;
  for (const auto& [key, number] : counts.by_kind) by_kind[key] = number;
  json::object errors;
  for (const auto& [key, number] : counts.errors) errors[key] = number;
  const auto micros = [&](double share) {
    return static_cast<double>(counts.latency.percentile(share)) / 1000;
  };
  return {
      {"what",        what                                             },
      {"due",         counts.due                                       },
      {"answered",    counts.answered                                  },
      {"expected",    counts.expected                                  },
      {"retried",     counts.retried                                   },
      {"connections", counts.connections                               },
      {"by_kind",     std::move(by_kind)                               },
      {"errors",      std::move(errors)                                },
      {"p50_us",      micros(0.5)                                      },
      {"p90_us",      micros(0.9)                                      },
      {"p99_us",      micros(0.99)                                     },
      {"p999_us",     micros(0.999)                                    },
      {"max_us",      static_cast<double>(counts.latency.most()) / 1000}
  };
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// {"host", "proxy_basic", "kinds": [{"name", "weight", "method", "target", "bearer", "body",
// "expected"}]}: all that may hold a secret, in a file.
void read_plan(const std::string& path, LoadOptions& options) {
  const json::object plan = json::parse(text_of(path)).as_object();
  options.host = json::value_to<std::string>(plan.at("host"));
  if (const auto* basic = plan.if_contains("proxy_basic")) {
    options.proxy_basic = json::value_to<std::string>(*basic);
  }
  for (const json::value& entry : plan.at("kinds").as_array()) {
    const json::object& one = entry.as_object();
    Kind kind;
    const auto text = [&](const char* key, std::string& into) {
      if (const auto* value = one.if_contains(key)) into = json::value_to<std::string>(*value);
    };
    text("name", kind.name);
    text("method", kind.method);
    text("target", kind.target);
    text("bearer", kind.bearer);
    text("body", kind.body);
    if (const auto* weight = one.if_contains("weight")) kind.weight = weight->to_number<unsigned>();
    if (const auto* expected = one.if_contains("expected")) {
      kind.expected = json::value_to<std::vector<unsigned>>(*expected);
    }
    options.kinds.push_back(std::move(kind));
  }
}

int run_main(int argc, char** argv) {
  CLI::App app("open-loop load for bench/gateway");
  LoadOptions options;
  std::string plan;
  bool idle = false;
  app.add_option("--plan", plan, "JSON file: host, kinds of requests, tokens")->required();
  app.add_option("--port", options.port, "of the server, or of the forward proxy")->required();
  app.add_option("--ca", options.ca_file, "PEM of the only trusted CA")->required();
  app.add_option("--connect-to", options.connect_to, "host:port: through a forward proxy");
  app.add_option("--connections", options.connections, "at most");
  app.add_option("--requests-each", options.requests_each, "of a connection, then a new one");
  app.add_option("--sources", options.source_addresses, "127.0.0.1, 127.0.0.2, … in turn");
  app.add_option("--rate", options.rate, "requests a second; 0: as fast as answers come");
  app.add_option("--warm-up", options.warm_up, "seconds");
  app.add_option("--seconds", options.seconds, "that are measured");
  app.add_option("--report-every", options.report_every, "seconds");
  app.add_flag("--idle", idle, "hold the connections until stdin ends");
  CLI11_PARSE(app, argc, argv);
  read_plan(plan, options);
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // a nanosecond: requests leave when they are due
  if (idle) {
    hold_idle(options, [] {
      std::cout << "ready" << std::endl;
      std::cin.ignore(std::numeric_limits<std::streamsize>::max());
    });
    return 0;
  }
  const auto report = [&](const Counts& counts) {
    if (options.report_every > 0) std::cout << to_json(counts, "interval") << std::endl;
  };
  std::cout << to_json(run(options, report), "total") << std::endl;
  return 0;
}

}  // namespace
}  // namespace armature::bench

int main(int argc, char** argv) {
  try {
    return armature::bench::run_main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "bench_gateway_load: " << error.what() << "\n";
    return 1;
  }
}
