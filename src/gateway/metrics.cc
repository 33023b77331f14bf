#include "gateway/metrics.h"

#include <algorithm>

namespace armature::gateway {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"GET",   "HEAD",   "POST",    "PUT",
                                                    "PATCH", "DELETE", "OPTIONS", "other"};
constexpr std::array kLayerOrder = {access::Layer::kNone,           access::Layer::kToken,
                                    access::Layer::kGrant,          access::Layer::kCeiling,
                                    access::Layer::kAssignableRole, access::Layer::kRequest,
                                    access::Layer::kAzure,          access::Layer::kKillSwitch};
constexpr std::array kEndOrder = {CallEnd::kRefused,   CallEnd::kDenied, CallEnd::kHeldBack,
                                  CallEnd::kSucceeded, CallEnd::kFailed, CallEnd::kUnknown};

std::size_t place_of(std::string_view method) {
  return static_cast<std::size_t>(std::find(kNames.begin(), kNames.end() - 1, method) -
                                  kNames.begin());
}

template <class Count>
void add(Count& count, std::uint64_t by = 1) {
  count.fetch_add(by, std::memory_order_relaxed);
}

template <class Count>
double read(const Count& count) {
  return static_cast<double>(count.load(std::memory_order_relaxed));
}

}  // namespace

std::string_view to_string(CallEnd end) {
  constexpr std::array<std::string_view, 6> kWords = {"refused",   "denied", "held_back",
                                                      "succeeded", "failed", "unknown"};
  return kWords[static_cast<std::size_t>(end)];
}

void CallReport::deny(access::Layer by, std::string why) {
  end = CallEnd::kDenied;
  layer = by;
  reason = std::move(why);
}

void CallReport::end_as(bool held_back, std::string_view decision) {
  end = decision == "succeeded" ? CallEnd::kSucceeded : CallEnd::kFailed;
  if (decision == "unknown") end = CallEnd::kUnknown;
  if (held_back) end = CallEnd::kHeldBack;
}

void Metrics::ended(const CallReport& report) {
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  const std::size_t method = place_of(report.method);
  const auto status = static_cast<std::size_t>(std::clamp(report.status, 100, 599) - 100);
  add(requests_[method][status][static_cast<std::size_t>(report.end)]);
  durations_[method].observe(report.duration);
  const bool denied = report.end == CallEnd::kRefused || report.end == CallEnd::kDenied;
  if (denied) {
    add(denied_[static_cast<std::size_t>(report.layer)]);
  } else {
    add(allowed_);
  }
  if (report.sends == 0) return;
  upstream_.observe(report.upstream);
  add(sends_, static_cast<std::uint64_t>(report.sends));
  add(repeats_, static_cast<std::uint64_t>(report.sends - 1));
}

void Metrics::write(Exposition& out) const {
  out.family("armature_gateway_requests_total", "counter",
             "Requests that have ended, by method, status and how they ended.");
  for (std::size_t method = 0; method < kMethods; ++method) {
    for (std::size_t status = 0; status < kStatuses; ++status) {
      for (const CallEnd end : kEndOrder) {
        const double count = read(requests_[method][status][static_cast<std::size_t>(end)]);
        if (count == 0) continue;
        out.sample(
            {
                {"method",  kNames[method]              },
                {"status",  std::to_string(status + 100)},
                {"outcome", to_string(end)              }
        },
            count);
      }
    }
  }
  out.family("armature_gateway_request_duration_seconds", "histogram",
             "From a request's last byte to its answer.");
  for (std::size_t method = 0; method < kMethods; ++method) {
    if (durations_[method].count() > 0) {
      out.sample(
          {
              {"method", kNames[method]}
      },
          durations_[method]);
    }
  }
  out.gauge("armature_gateway_requests_in_flight", "Requests that have no answer yet.",
            read(in_flight_));
  out.family("armature_gateway_decisions_total", "counter",
             "Decisions, by verdict and by the layer that said no.");
  out.sample(
      {
          {"verdict", "allow"},
          {"layer",   "none" }
  },
      read(allowed_));
  for (const access::Layer layer : kLayerOrder) {
    if (layer == access::Layer::kNone) continue;
    out.sample(
        {
            {"verdict", "deny"                  },
            {"layer",   access::to_string(layer)}
    },
        read(denied_[static_cast<std::size_t>(layer)]));
  }
  out.counter("armature_gateway_upstream_sends_total", "Requests sent to Azure, looks included.",
              read(sends_));
  out.counter("armature_gateway_upstream_repeats_total",
              "Sends beyond the first of their request: repeats and looks.", read(repeats_));
  out.family("armature_gateway_upstream_duration_seconds", "histogram",
             "How long a request waited for Azure, all of its sends.");
  out.sample({}, upstream_);
}

}  // namespace armature::gateway
