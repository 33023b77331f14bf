#pragma once
// Pages of lists: $top and $skiptoken in, "value" and "nextLink" out.
//
//   Token     opaque to clients: the key of the last item looked at, so that the next page begins
//             by a look-up and no item that stays is missed or told twice
//   Bounds    at most 1000 items and 10,000 looked at per page: a page may be short, or empty with
//             a nextLink, as ARM's own
//   Errors    400 InvalidQueryParameter for a $top or $skiptoken that cannot be read
//   Threads   pure
#include <cstddef>
#include <optional>
#include <string>

#include "sandbox/cloud.h"

namespace armature::sandbox {

class Page {
 public:
  // Reads the call's $top and $skiptoken.
  static Page read(const ArmCall& call);

  const std::optional<ArmAnswer>& refusal() const { return refusal_; }
  const std::string& after() const { return after_; }  // "": from the start
  // Before an item of that key is looked at: false when the page is full; then stop.
  bool goes_on(const std::string& key);
  void add(Json item) { items_.push_back(std::move(item)); }
  ArmAnswer answer(const Cloud& cloud, const ArmCall& call) &&;

 private:
  std::size_t top_ = 1000;
  std::size_t looked_at_ = 0;
  std::string after_;
  std::string last_;
  bool more_ = false;
  JsonArray items_;
  std::optional<ArmAnswer> refusal_;
};

// Cuts a list that came whole to its page, when it is longer than one.
void cut_to_page(const Cloud& cloud, const ArmCall& call, ArmAnswer& answer);

}  // namespace armature::sandbox
