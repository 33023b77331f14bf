#include "base/exposition.h"

#include <fmt/format.h>

#include <algorithm>

namespace armature {
namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

double seconds(std::int64_t micros) { return static_cast<double>(micros) / 1e6; }

}  // namespace

void Exposition::family(std::string_view name, std::string_view kind, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void Exposition::line(std::string_view suffix, Labels labels, std::string_view bound,
                      double value) {
  text_ += name_;
  text_ += suffix;
  std::string inside;
  for (const auto& [name, text] : labels) {
    inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", name, escaped(text));
  }
  if (!bound.empty()) inside += fmt::format("{}le=\"{}\"", inside.empty() ? "" : ",", bound);
  if (!inside.empty()) text_ += "{" + inside + "}";
  text_ += fmt::format(" {}\n", value);
}

void Exposition::sample(Labels labels, double value) { line("", labels, "", value); }

void Exposition::sample(Labels labels, const Histogram& histogram) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
    below += histogram.counts_[i].load(std::memory_order_relaxed);
    const std::string bound =
        i < Histogram::kBounds.size() ? fmt::format("{}", Histogram::kBounds[i]) : "+Inf";
    line("_bucket", labels, bound, static_cast<double>(below));
  }
  line("_sum", labels, "", seconds(histogram.sum_micros_.load(std::memory_order_relaxed)));
  line("_count", labels, "", static_cast<double>(below));
}

void Exposition::gauge(std::string_view name, std::string_view help, double value) {
  family(name, "gauge", help);
  sample({}, value);
}

void Exposition::counter(std::string_view name, std::string_view help, double value) {
  family(name, "counter", help);
  sample({}, value);
}

void Histogram::observe(Micros length) {
  const auto place =
      std::lower_bound(kBounds.begin(), kBounds.end(), seconds(length.count())) - kBounds.begin();
  counts_[static_cast<std::size_t>(place)].fetch_add(1, std::memory_order_relaxed);
  sum_micros_.fetch_add(length.count(), std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t all = 0;
  for (const auto& one : counts_) all += one.load(std::memory_order_relaxed);
  return all;
}

}  // namespace armature
