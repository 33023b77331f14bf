#include "load.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "channel.h"

namespace armature::bench {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

Clock::duration length(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

std::string numbered(std::string text, std::uint64_t number) {
  for (auto at = text.find("{n}"); at != std::string::npos; at = text.find("{n}", at)) {
    text.replace(at, 3, std::to_string(number));
  }
  return text;
}

std::string message_of(const Kind& kind, const std::string& host, std::uint64_t number) {
  std::string out = kind.method + " " + numbered(kind.target, number) +
                    " HTTP/1.1\r\nHost: " + host + "\r\nAccept: application/json\r\n";
  if (!kind.bearer.empty()) out += "Authorization: Bearer " + kind.bearer + "\r\n";
  const std::string body = numbered(kind.body, number);
  if (!body.empty()) out += "Content-Type: application/json\r\n";
  if (!body.empty() || kind.method != "GET") {
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return out + "\r\n" + body;
}

asio::ssl::context trusting(const LoadOptions& options) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.load_verify_file(options.ca_file);
  tls.set_verify_mode(asio::ssl::verify_peer);
  return tls;
}

void merge(Counts& into, const Counts& from);

// Of the Host field: a forward proxy goes by its port.
std::string authority_of(const LoadOptions& options) {
  if (options.connect_to.empty() || options.connect_to.ends_with(":443")) return options.host;
  return options.connect_to;
}

struct Pending {
  const Kind* kind = nullptr;
  std::uint64_t number = 0;
  Time due{};
  bool measured = false;
  bool again = false;
};

class Run {
 public:
  Run(const LoadOptions& options, const std::function<void(const Counts&)>& report)
      : options_(options),
        authority_(authority_of(options)),
        report_(report),
        tls_(trusting(options)),
        pace_(context_),
        watch_(context_) {
    for (const Kind& kind : options.kinds) all_weights_ += kind.weight;
  }

  Counts go() {
    start_ = Clock::now();
    measured_from_ = start_ + length(options_.warm_up);
    end_ = measured_from_ + length(options_.seconds);
    next_report_ = measured_from_ + length(options_.report_every);
    if (options_.rate > 0) {
      due_next();
    } else {
      for (unsigned i = 0; i < options_.connections; ++i) ask_at_once();
    }
    watch();
    context_.run();
    if (options_.report_every > 0) flush();
    return total_;
  }

 private:
  // Kinds come in a fixed order in which each has its share, evenly spread.
  const Kind& next_kind() {
    constexpr std::uint64_t kStep = 2654435761u;  // Knuth's: prime to every sum of weights
    std::uint64_t place = (turn_++ * kStep) % all_weights_;
    for (const Kind& kind : options_.kinds) {
      if (place < kind.weight) return kind;
      place -= kind.weight;
    }
    return options_.kinds.back();
  }

  Pending make(Time due) {
    Pending out{&next_kind(), number_++, due, due >= measured_from_, false};
    if (out.measured) ++since_.due;
    return out;
  }

  void due_next() {
    const Time now = Clock::now();
    Time due = start_ + length(static_cast<double>(number_) / options_.rate);
    while (due <= now && due < end_) {
      put(make(due));
      due = start_ + length(static_cast<double>(number_) / options_.rate);
    }
    if (due >= end_) return;
    pace_.expires_at(due);
    pace_.async_wait([this](boost::system::error_code) { due_next(); });
  }

  void ask_at_once() {
    if (Clock::now() < end_) put(make(Clock::now()));
  }

  void put(Pending pending) {
    if (auto channel = take()) return send(std::move(channel), pending);
    waiting_.push_back(pending);
  }

  // The last used first: the others may grow old and go.
  std::shared_ptr<Channel> take() {
    while (!idle_.empty()) {
      auto channel = std::move(idle_.back());
      idle_.pop_back();
      if (Clock::now() - channel->last_used < length(options_.idle_limit) && channel->is_quiet()) {
        return channel;
      }
      drop(channel);
    }
    if (open_.size() >= options_.connections) return nullptr;
    return fresh();
  }

  std::shared_ptr<Channel> fresh() {
    ++since_.connections;
    auto channel = std::make_shared<Channel>(context_, tls_, options_, channels_++);
    open_.push_back(channel);
    return channel;
  }

  void drop(const std::shared_ptr<Channel>& channel) {
    channel->close();
    std::erase(open_, channel);
  }

  void send(std::shared_ptr<Channel> channel, const Pending& pending) {
    const bool reused = channel->served > 0;
    std::string message = message_of(*pending.kind, authority_, pending.number);
    Channel& there = *channel;
    there.exchange(std::move(message), [this, channel, pending, reused](Answer answer) {
      answered(channel, pending, reused, answer);
    });
  }

  void answered(const std::shared_ptr<Channel>& channel, Pending pending, bool reused,
                const Answer& answer) {
    const bool spent = options_.requests_each != 0 && channel->served >= options_.requests_each;
    const bool usable = answer.error.empty() && answer.keep_alive && !spent;
    if (usable)
      idle_.push_back(channel);
    else
      drop(channel);
    if (!answer.error.empty() && reused && answer.unheard && !pending.again &&
        pending.kind->method == "GET") {
      pending.again = true;
      if (pending.measured) ++since_.retried;
      return send(fresh(), pending);
    }
    if (pending.measured) count(pending, answer);
    if (!waiting_.empty()) {
      const Pending next = waiting_.front();
      waiting_.pop_front();
      return put(next);
    }
    if (options_.rate <= 0) ask_at_once();
  }

  void count(const Pending& pending, const Answer& answer) {
    if (!answer.error.empty()) {
      ++since_.errors[pending.kind->name + " " + answer.error];
      return;
    }
    ++since_.answered;
    ++since_.by_kind[pending.kind->name + " " + std::to_string(answer.status)];
    for (const unsigned status : pending.kind->expected) {
      if (status == answer.status) ++since_.expected;
    }
    since_.latency.add((Clock::now() - pending.due).count());
  }

  // Once in a while: who waits for too long, whether to report, whether all is over.
  void watch() {
    const Time now = Clock::now();
    for (const auto& channel : std::vector(open_)) {
      if (std::ranges::find(idle_, channel) != idle_.end()) continue;
      if (now - channel->began > length(options_.patience)) channel->give_up();
    }
    if (options_.report_every > 0 && now >= next_report_) {
      flush();
      next_report_ += length(options_.report_every);
    }
    if (now >= end_ && waiting_.empty() && idle_.size() == open_.size()) {
      idle_.clear();
      open_.clear();
      if (options_.report_every <= 0) flush();
      return;
    }
    watch_.expires_after(std::chrono::milliseconds(20));
    watch_.async_wait([this](boost::system::error_code) { watch(); });
  }

  void flush() {
    merge(total_, since_);
    if (report_) report_(since_);
    since_ = Counts();
  }

  const LoadOptions& options_;
  const std::string authority_;
  const std::function<void(const Counts&)>& report_;
  asio::io_context context_{1};
  asio::ssl::context tls_;
  asio::steady_timer pace_;
  asio::steady_timer watch_;
  std::vector<std::shared_ptr<Channel>> open_;
  std::vector<std::shared_ptr<Channel>> idle_;
  std::deque<Pending> waiting_;
  std::uint64_t all_weights_ = 0;
  std::uint64_t turn_ = 0;
  std::uint64_t number_ = 0;
  unsigned channels_ = 0;
  Time start_{}, measured_from_{}, end_{}, next_report_{};
  Counts since_;
  Counts total_;
};

void merge(Counts& into, const Counts& from) {
  into.due += from.due;
  into.answered += from.answered;
  into.expected += from.expected;
  into.retried += from.retried;
  into.connections += from.connections;
  for (const auto& [key, number] : from.by_kind) into.by_kind[key] += number;
  for (const auto& [key, number] : from.errors) into.errors[key] += number;
  into.latency.add(from.latency);
}

}  // namespace

Counts run(const LoadOptions& options, const std::function<void(const Counts&)>& report) {
  return Run(options, report).go();
}

void hold_idle(const LoadOptions& options, const std::function<void()>& released) {
  constexpr unsigned kAtOnce = 64;
  asio::io_context context(1);
  asio::ssl::context tls = trusting(options);
  std::vector<std::shared_ptr<Channel>> open;
  std::string error;
  std::function<void()> next = [&] {
    if (open.size() >= options.connections || !error.empty()) return;
    auto channel =
        std::make_shared<Channel>(context, tls, options, static_cast<unsigned>(open.size()));
    open.push_back(channel);
    channel->exchange(message_of(options.kinds.front(), authority_of(options), open.size()),
                      [&](const Answer& answer) {
                        if (!answer.error.empty()) error = answer.error;
                        if (answer.error.empty() && !answer.keep_alive) error = "not kept alive";
                        next();
                      });
  };
  for (unsigned i = 0; i < kAtOnce; ++i) next();
  context.run();
  std::size_t quiet = 0;
  for (const auto& channel : open) quiet += channel->is_quiet() ? 1 : 0;
  if (error.empty() && quiet != options.connections) {
    error = "only " + std::to_string(quiet) + " stayed open";
  }
  if (!error.empty()) throw std::runtime_error("idle connections: " + error);
  released();
}

}  // namespace armature::bench
