#include "http/deadlines.h"

#include <algorithm>

namespace armature::http {

Deadline::Deadline(Deadlines& all, std::function<void()> passed)
    : all_(all), passed_(std::move(passed)) {}

void Deadline::set(Micros from_now) {
  constexpr Micros kLongest = std::chrono::hours(24 * 365);  // no sum below overflows
  set_at(all_.now() + std::min(from_now, kLongest));
}

void Deadline::set_at(Ticks at) {
  if (armed_) {  // the map's node is used again
    auto node = all_.waiting_.extract(place_);
    node.key() = at;
    place_ = all_.waiting_.insert(std::move(node));
  } else {
    place_ = all_.waiting_.emplace(at, this);
    armed_ = true;
  }
  if (at < all_.armed_for_) all_.arm();
}

void Deadline::clear() {
  if (!armed_) return;
  all_.waiting_.erase(place_);
  armed_ = false;
}

Deadlines::Deadlines(boost::asio::io_context& context, const Clock& clock)
    : clock_(clock), timer_(context.get_executor()) {}

void Deadlines::arm() {
  if (closed_ || waiting_.empty()) return;
  armed_for_ = waiting_.begin()->first;
  timer_.expires_at(armed_for_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) run_passed();
  });
}

void Deadlines::run_passed() {
  armed_for_ = Ticks::max();
  const Ticks now = clock_.ticks();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Deadline& deadline = *waiting_.begin()->second;
    deadline.clear();
    const auto passed = deadline.passed_;  // the callback may end the deadline
    passed();
  }
  arm();
}

void Deadlines::close() {
  closed_ = true;
  timer_.cancel();
}

}  // namespace armature::http
