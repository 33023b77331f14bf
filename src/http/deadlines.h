#pragma once
// Deadlines of one I/O thread: a sorted map and one timer, so that moving a deadline costs no
// system call. Used inside this room.
//
//   Threads   only the thread of the context
//   Lifetime  a Deadline ends before its Deadlines; its callback may set or clear any deadline
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "base/clock.h"

namespace armature::http {

class Deadlines;

class Deadline {
 public:
  Deadline(Deadlines& all, std::function<void()> passed);
  ~Deadline() { clear(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  void set(Micros from_now);
  void set_at(Ticks at);
  void clear();
  bool is_set() const { return armed_; }

 private:
  friend class Deadlines;
  Deadlines& all_;
  std::function<void()> passed_;
  bool armed_ = false;
  std::multimap<Ticks, Deadline*>::iterator place_;
};

class Deadlines {
 public:
  Deadlines(boost::asio::io_context& context, const Clock& clock);
  Ticks now() const { return clock_.ticks(); }
  void close();  // no timer runs any more: the context may run out of work

 private:
  friend class Deadline;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;
  void arm();
  void run_passed();

  const Clock& clock_;
  Timer timer_;
  std::multimap<Ticks, Deadline*> waiting_;
  Ticks armed_for_ = Ticks::max();
  bool closed_ = false;
};

}  // namespace armature::http
