#pragma once
// Id<Tag>: a string that knows what it names, so a RunId never stands where a DagId is meant.
//
//   Only parse() makes one. Whoever holds an Id holds 1..250 characters of [A-Za-z0-9._:+~@-]:
//   Airflow's key rule plus what its run ids carry (manual__2026-01-01T00:00:00+00:00).
//   No slash, no blank, no control character: safe as a path segment, a header value and a label.
#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace armature {

template <class Tag>
class Id {
 public:
  static Result<Id> parse(std::string_view text) {
    constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:+~@-";
    if (text.empty() || text.size() > 250 || text == "." || text == ".." ||
        text.find_first_not_of(kAllowed) != std::string_view::npos) {
      return fail(Code::kInvalid, std::string("not a ") + Tag::kName +
                                      ": 1 to 250 letters, digits or . _ : + ~ @ - are allowed");
    }
    return Id(std::string(text));
  }
  const std::string& str() const noexcept { return text_; }
  auto operator<=>(const Id&) const = default;

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct DagTag {
  static constexpr auto kName = "dag id";
};
struct RunTag {
  static constexpr auto kName = "run id";
};
struct TaskTag {
  static constexpr auto kName = "task id";
};
using DagId = Id<DagTag>;
using RunId = Id<RunTag>;
using TaskId = Id<TaskTag>;

}  // namespace armature

template <class Tag>
struct std::hash<armature::Id<Tag>> {
  std::size_t operator()(const armature::Id<Tag>& id) const noexcept {
    return std::hash<std::string>()(id.str());
  }
};
