#include "http/connection.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>

#include "http/cut.h"

namespace armature::http {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kChunkOverhead = 16 * 1024;  // of one chunk line, and of all trailers
constexpr std::size_t kLingerBytes = 256 * 1024;
constexpr Micros kLinger = std::chrono::seconds(1);
constexpr Micros kRest = std::chrono::milliseconds(250);

std::string http_date(Instant at) {
  thread_local std::chrono::sys_seconds last{};
  thread_local std::string text;
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  if (second == last) return text;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  char room[64];
  std::snprintf(room, sizeof room, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  last = second;
  text = room;
  return text;
}

}  // namespace

Response plain_answer(int status, const std::string& text) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = text + "\n";
  return response;
}

void Reply::State::answer(std::optional<Response> response) {
  if (!used.exchange(true)) receiver(std::move(response));
}

Reply::State::~State() { answer(plain_answer(500, "internal error")); }

void Reply::operator()(Response response) {
  if (state_) state_->answer(std::move(response));
}

void Reply::drop() {
  if (state_) state_->answer(std::nullopt);
}

void Reply::failed(const std::string& what) {
  if (state_ && state_->on_failure) state_->on_failure(what);
  (*this)(plain_answer(500, "internal error"));
}

Reply Reply::to(std::function<void(std::optional<Response>)> receiver) {
  auto state = std::make_shared<State>();
  state->receiver = std::move(receiver);
  return Reply(std::move(state));
}

// Leaves the server's list whichever way the coroutine ends.
struct Connection::Ended {
  std::shared_ptr<Connection> self;
  explicit Ended(std::shared_ptr<Connection> connection) : self(std::move(connection)) {}
  Ended(const Ended&) = delete;
  Ended& operator=(const Ended&) = delete;
  ~Ended() {
    self->deadline_.clear();
    self->wire_.close();
    self->settings_->ended(self);
  }
};

Connection::Connection(std::shared_ptr<const ServerSettings> settings, Socket socket)
    : settings_(std::move(settings)),
      wire_(std::move(socket)),
      deadline_(loop().deadlines, [this] { passed(); }) {}

void Connection::passed() {
  if (idle_ && !resting_) {
    resting_ = true;
    wire_.rest();
    deadline_.set_at(head_until_);
    return;
  }
  timed_out_ = true;
  wire_.cancel();
}

// A connection that stays idle keeps no buffers, and its deadline tells it first.
void Connection::wait_for_head() {
  const ServerOptions& options = settings_->options;
  const Ticks now = loop().deadlines.now();
  resting_ = !idle_ || first_;
  head_until_ = now + (resting_ ? options.header_timeout : options.idle_timeout);
  deadline_.set_at(resting_ ? head_until_ : std::min(head_until_, now + kRest));
}

Await<void> Connection::run(std::shared_ptr<Connection> self) {
  const Ended ended(self);
  try {
    co_await self->serve();
  } catch (const std::exception& e) {  // memory, or a library's own trouble
    if (self->settings_->options.on_failure) self->settings_->options.on_failure(e.what());
  }
}

Await<void> Connection::serve() {
  peer_ = wire_.peer();
  if (settings_->tls) {
    wire_.use_tls(server_session, settings_->tls.get());
    deadline_.set(settings_->options.header_timeout);
    const Status shaken = co_await wire_.handshake();
    if (!shaken) co_return;
    wire_.rest();
    if (!settings_->options.client_ca_pem.empty()) certificate_ = wire_.certificate();
  }
  bool more = true;
  while (more) more = co_await serve_one();
  wire_.end_writing();
  if (refused_) co_await linger();
}

Await<bool> Connection::serve_one() {
  const bool head = co_await read_head();
  if (!head) co_return false;
  if (method_ == "CONNECT" && settings_->options.connect) {
    const bool inside = co_await connect();
    co_return inside;
  }
  const bool body = co_await read_body();
  if (!body) co_return false;
  deadline_.clear();
  hand_on();
  if (!answered_) co_await answered();
  first_ = false;
  if (!answer_) co_return false;
  const bool more = co_await write_answer();
  co_return more;
}

// True with head_ set and its bytes taken; else the connection is over.
Await<bool> Connection::read_head() {
  const ServerOptions& options = settings_->options;
  if (settings_->draining && bytes_.empty()) co_return false;
  if (bytes_.empty()) std::string().swap(bytes_);
  idle_ = bytes_.empty();
  wait_for_head();
  std::size_t searched = 0, end = 0;
  for (;;) {
    if (searched == 0 && bytes_.starts_with("\r\n")) bytes_.erase(0, 2);  // RFC 9112 §2.2
    end = head_end(bytes_, searched);
    const std::size_t size = end == std::string::npos ? bytes_.size() : end;
    if (size > options.max_header_bytes) {
      co_await refuse(431, "the head is too large");
      co_return false;
    }
    if (end != std::string::npos) break;
    searched = bytes_.size();
    const bool got = co_await read_more(bytes_, kReadBytes);
    if (!got) co_return false;
    if (idle_ && !first_) deadline_.set(options.header_timeout);
    idle_ = false;
  }
  auto parsed = parse_request_head(std::string_view(bytes_).substr(0, end));
  bytes_.erase(0, end);
  if (auto* refused = std::get_if<RefusedHead>(&parsed)) {
    co_await refuse(refused->status, std::move(refused->reason));
    co_return false;
  }
  head_ = std::move(std::get<RequestHead>(parsed));
  method_ = head_.request.method;
  co_return true;
}

// False: the peer is gone, or the deadline passed and was answered 408.
Await<bool> Connection::read_more(std::string& into, std::size_t at_most) {
  const Wire::Read got = co_await wire_.read(into, at_most);
  if (got == Wire::Read::kBytes) co_return true;
  const bool asking = !idle_ && !(first_ && bytes_.empty() && method_.empty());
  if (timed_out_ && asking) co_await refuse(408, "the request did not arrive in time");
  co_return false;
}

Await<bool> Connection::read_body() {
  if (head_.framing == Framing::kNone) co_return true;
  if (head_.framing == Framing::kLength && head_.length > settings_->options.max_body_bytes) {
    co_await refuse(413, "the body is too large");
    co_return false;
  }
  deadline_.set(settings_->options.body_timeout);
  if (head_.expect_continue && bytes_.empty()) {
    const bool put = co_await wire_.write("HTTP/1.1 100 Continue\r\n\r\n", "");
    if (!put) co_return false;
  }
  if (head_.framing == Framing::kChunked) {
    const bool whole = co_await read_chunked_body();
    co_return whole;
  }
  const bool whole = co_await read_sized_body();
  co_return whole;
}

Await<bool> Connection::read_sized_body() {
  std::string& body = head_.request.body;
  const auto length = static_cast<std::size_t>(head_.length);
  body.reserve(std::min(length, kReadBytes));  // the peer's word alone costs us no more
  const std::size_t here = std::min(length, bytes_.size());
  body.append(bytes_, 0, here);
  bytes_.erase(0, here);
  while (body.size() < length) {
    const bool got = co_await read_more(body, length - body.size());
    if (!got) co_return false;
  }
  co_return true;
}

Await<bool> Connection::read_chunked_body() {
  ChunkDecoder decoder(settings_->options.max_body_bytes, kChunkOverhead);
  for (;;) {
    std::string_view in = bytes_;
    const auto state = decoder.feed(in, head_.request.body);
    bytes_.erase(0, bytes_.size() - in.size());
    if (state == ChunkDecoder::State::kDone) co_return true;
    if (state == ChunkDecoder::State::kTooLarge) {
      co_await refuse(413, "the body is too large");
      co_return false;
    }
    if (state == ChunkDecoder::State::kBad) {
      co_await refuse(400, "the chunked body is not well formed");
      co_return false;
    }
    const bool got = co_await read_more(bytes_, kReadBytes);
    if (!got) co_return false;
  }
}

void Connection::hand_on() {
  answered_ = false;
  answer_.reset();
  head_.request.peer = peer_;
  head_.request.certificate = certificate_;
  auto state = std::make_shared<Reply::State>();
  state->on_failure = settings_->options.on_failure;
  state->receiver = [weak = weak_from_this()](std::optional<Response> response) {
    if (const auto self = weak.lock()) self->deliver(std::move(response));
  };
  Reply reply(std::move(state));
  try {
    const Handler& handler = inside_ ? inside_->handler : settings_->handler;
    handler(std::move(head_.request), reply);
  } catch (const std::exception& e) {
    reply.failed(e.what());
  }
  head_.request = {};
}

void Connection::deliver(std::optional<Response> response) {
  boost::asio::dispatch(loop(),
                        [self = shared_from_this(), response = std::move(response)]() mutable {
                          self->settle(std::move(response));
                        });
}

void Connection::settle(std::optional<Response> response) {
  if (answered_) return;
  answered_ = true;
  answer_ = std::move(response);
  if (waiter_) waiter_();
}

Await<void> Connection::answered() {
  const boost::asio::use_awaitable_t<Executor> token;
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>&, void()>(
      [this](auto handler) { waiter_ = Resume::from(std::move(handler)); }, token);
}

Await<bool> Connection::write_answer() {
  const Response response = std::move(*answer_);
  answer_.reset();
  const auto wish = response.headers.get("Connection");
  const bool keep = head_.keep_alive && !settings_->draining && method_ != "CONNECT" &&
                    !(wish && *wish == "close");
  const std::string head = write_response_head(response, method_, keep, head_.http_1_0,
                                               http_date(loop().owner.clock.now()));
  if (is_cut_in_head(response)) {
    deadline_.set(settings_->options.body_timeout);
    co_await wire_.write(head.substr(0, head.size() / 2), {});
    co_return false;
  }
  const bool no_body = method_ == "HEAD" || response.status == 204 || response.status == 304;
  deadline_.set(settings_->options.body_timeout);
  std::string_view body = no_body ? std::string_view() : std::string_view(response.body);
  const auto cut = cut_of(response);
  if (cut) body = body.substr(0, *cut);
  const bool put = co_await wire_.write(head, body);
  co_return put&& keep && !cut;
}

Await<void> Connection::refuse(int status, std::string reason) {
  refused_ = true;
  timed_out_ = false;
  wire_.revive();
  deadline_.set(kLinger);
  const Response response = plain_answer(status, reason);
  const std::string head =
      write_response_head(response, "", false, false, http_date(loop().owner.clock.now()));
  const bool put = co_await wire_.write(head, response.body);
  if (!put) refused_ = false;  // nobody to wait for
}

// Closing with unread bytes would reset the connection and take the answer with it.
Await<void> Connection::linger() {
  deadline_.set(kLinger);
  std::string thrown_away;
  std::size_t total = 0;
  while (total < kLingerBytes) {
    const Wire::Read got = co_await wire_.read(thrown_away, kReadBytes);
    if (got != Wire::Read::kBytes) co_return;
    total += thrown_away.size();
    thrown_away.clear();
  }
}

void Connection::drain() {
  if (idle_ && bytes_.empty()) wire_.cancel();
}

void Connection::abort() {
  wire_.cancel();
  settle(std::nullopt);
}

}  // namespace armature::http
