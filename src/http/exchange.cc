#include "http/exchange.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace armature::http {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kMaxHead = 128 * 1024;
constexpr std::size_t kChunkOverhead = 16 * 1024;

}  // namespace

struct Exchange::Lookup {
  explicit Lookup(Loop& loop) : resolver(loop.get_executor()) {}
  void wake() {
    if (waiter) waiter();
  }
  ip::basic_resolver<ip::tcp, Executor> resolver;
  std::vector<Endpoint> endpoints;
  error_code error;
  bool done = false;
  Resume waiter;
};

Exchange::Exchange(Client::Impl& client, Loop& loop, const Request& request, bool& sent)
    : client_(client),
      loop_(loop),
      pool_(client.pools.at(&loop)),
      request_(request),
      deadline_(loop.deadlines, [this] { stop_waiting(); }),
      sent_(sent) {
  pool_.running.insert(this);
}

Exchange::~Exchange() { pool_.running.erase(this); }

Await<Result<Response>> Exchange::run(Ticks until) {
  until_ = until;
  deadline_.set_at(until);
  Result<Response> response = fail(Code::kInternal, "");
  try {
    response = co_await perform();
  } catch (const std::exception& e) {  // memory, or a library's own trouble
    keep_ = false;
    response = fail(Code::kInternal, e.what());
  }
  deadline_.clear();
  if (keep_ && wire_ && !stopped_) pool_.put(host_, std::move(wire_));
  co_return response;
}

void Exchange::stop_waiting() {
  stopped_ = true;
  if (cancel_connecting_) cancel_connecting_();
  if (wire_) wire_->cancel();
}

void Exchange::abort() {
  aborted_ = true;
  stop_waiting();
}

Error Exchange::broken(const std::string& what) const {
  const std::string where = url_.host + ":" + url_.port + ": ";
  if (aborted_) return fail(Code::kUnavailable, where + "the client was stopped");
  if (stopped_) return fail(Code::kUnavailable, where + "no answer in time");
  return fail(Code::kUnavailable, where + what);
}

Await<Result<Response>> Exchange::perform() {
  auto url = parse_url(request_.target);
  if (!url || !is_token(request_.method)) {
    co_return fail(Code::kInvalid, "not a request to an absolute http or https URL");
  }
  url_ = *std::move(url);
  host_ = url_.scheme + "://" + url_.host + ":" + url_.port;
  if (client_.closed || client_.runtime.stopping) aborted_ = stopped_ = true;
  for (;;) {
    wire_ = stopped_ ? nullptr : pool_.take(host_);
    reused_ = wire_ != nullptr;
    if (!reused_) {
      Status connected = co_await connect();
      if (!connected) co_return std::move(connected).error();
    }
    const bool put = co_await write_request();
    if (put || sent_) break;
    if (!reused_ || stopped_) {
      co_return broken("the connection ended before the request was sent");
    }
  }
  Result<Response> response = co_await read_response();
  co_return response;
}

// True when all is out. sent_ tells whether any byte is.
Await<bool> Exchange::write_request() {
  const std::string head = write_request_head(request_, url_);
  const std::uint64_t before = wire_->sent();
  sent_ = true;  // until it is known better: the coroutine may be let go in the middle
  const bool put = co_await wire_->write(head, request_.body);
  sent_ = wire_->sent() > before;
  keep_ = put;
  co_return put;
}

Await<Status> Exchange::connect() {
  if (stopped_) co_return broken("");
  SSL_CTX* tls = nullptr;
  if (url_.scheme == "https") {
    ARMATURE_CO_TRY(tls, client_.tls());
  }
  deadline_.set_at(std::min(until_, loop_.deadlines.now() + client_.options.connect_timeout));
  Status status = co_await find_endpoints();
  if (!status) co_return status;
  for (const Endpoint& endpoint : endpoints_) {
    status = co_await connect_to(endpoint);
    if (status || stopped_) break;
  }
  if (!status) co_return status;
  if (tls != nullptr) {
    wire_->use_tls(tls, url_.host);
    status = co_await wire_->handshake();
    if (!status) co_return broken(status.error().message);
  }
  deadline_.set_at(until_);
  co_return Ok();
}

Await<Status> Exchange::find_endpoints() {
  error_code error;
  endpoints_.clear();
  const auto port = static_cast<std::uint16_t>(std::stoul(url_.port));
  const ip::address literal = ip::make_address(url_.host, error);
  if (!error) {
    endpoints_.emplace_back(literal, port);
    co_return Ok();
  }
  const auto lookup = std::make_shared<Lookup>(loop_);
  co_await look_up(lookup);
  cancel_connecting_ = nullptr;
  if (!lookup->done || stopped_) co_return broken("the name could not be looked up");
  if (lookup->error) co_return broken("the name is not known: " + lookup->error.message());
  endpoints_ = lookup->endpoints;
  co_return Ok();
}

// Waits for the answer or for cancel_connecting_, whichever is first: the system's resolver cannot
// be interrupted, and a deadline must not wait for it.
Await<void> Exchange::look_up(std::shared_ptr<Lookup> lookup) {
  const boost::asio::use_awaitable_t<Executor> token;
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>&, void()>(
      [this, lookup](auto handler) {
        lookup->waiter = Resume::from(std::move(handler));
        cancel_connecting_ = [lookup] { lookup->wake(); };
        lookup->resolver.async_resolve(url_.host, url_.port,
                                       [lookup](const error_code& error, const auto& found) {
                                         lookup->done = true;
                                         lookup->error = error;
                                         for (const auto& entry : found)
                                           lookup->endpoints.push_back(entry.endpoint());
                                         lookup->wake();
                                       });
      },
      token);
}

Await<Status> Exchange::connect_to(Endpoint endpoint) {
  error_code error;
  Socket socket(loop_.get_executor());
  cancel_connecting_ = [&socket] {
    error_code ignored;
    socket.close(ignored);
  };
  const boost::asio::use_awaitable_t<Executor> token;
  co_await socket.async_connect(endpoint, boost::asio::redirect_error(token, error));
  cancel_connecting_ = nullptr;
  if (error || stopped_) co_return broken("cannot connect: " + error.message());
  wire_ = std::make_unique<Wire>(std::move(socket));
  ++client_.opened;
  co_return Ok();
}

Await<Result<Response>> Exchange::read_response() {
  const bool whole_request_out = keep_;
  Result<ResponseHead> head = co_await read_head();
  if (!head) {
    keep_ = false;
    co_return std::move(head).error();
  }
  Status body = co_await read_body(*head);
  // Bytes after the answer belong to no request: such a connection is not trusted again.
  keep_ = body && whole_request_out && head->keep_alive && bytes_.empty();
  if (!body) co_return std::move(body).error();
  co_return std::move(head->response);
}

Await<Result<ResponseHead>> Exchange::read_head() {
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = head_end(bytes_, searched);
    if (end == std::string::npos) {
      if (bytes_.size() > kMaxHead) co_return broken("the head of the answer is too large");
      searched = bytes_.size();
      const Wire::Read got = co_await wire_->read(bytes_, kReadBytes);
      if (got != Wire::Read::kBytes) {
        co_return broken("the connection ended before an answer came");
      }
      continue;
    }
    auto parsed = parse_response_head(std::string_view(bytes_).substr(0, end), request_.method);
    bytes_.erase(0, end);
    searched = 0;
    if (const auto* refused = std::get_if<RefusedHead>(&parsed)) {
      co_return broken("not an HTTP answer: " + refused->reason);
    }
    auto& head = std::get<ResponseHead>(parsed);
    if (head.response.status == 101) co_return broken("switched protocols unasked");
    if (head.response.status >= 200) co_return std::move(head);
  }
}

Await<Status> Exchange::read_body(ResponseHead& head) {
  const std::size_t limit = client_.options.max_body_bytes;
  std::string& body = head.response.body;
  if (head.framing == Framing::kNone) co_return Ok();
  if (head.framing == Framing::kChunked) {
    Status status = co_await read_chunked_body(body);
    co_return status;
  }
  const bool sized = head.framing == Framing::kLength;
  if (sized && head.length > limit) {
    co_return fail(Code::kInvalid, "the answer's body is beyond the limit");
  }
  const std::size_t wanted = sized ? static_cast<std::size_t>(head.length) : limit + 1;
  const std::size_t here = std::min(wanted, bytes_.size());
  body.assign(bytes_, 0, here);
  bytes_.erase(0, here);
  while (body.size() < wanted) {
    const Wire::Read got = co_await wire_->read(body, wanted - body.size());
    if (got == Wire::Read::kEnd && !sized) co_return Ok();
    if (got != Wire::Read::kBytes) co_return broken("the answer was cut short");
  }
  if (!sized) co_return fail(Code::kInvalid, "the answer's body is beyond the limit");
  co_return Ok();
}

Await<Status> Exchange::read_chunked_body(std::string& body) {
  ChunkDecoder decoder(client_.options.max_body_bytes, kChunkOverhead);
  for (;;) {
    std::string_view in = bytes_;
    const auto state = decoder.feed(in, body);
    bytes_.erase(0, bytes_.size() - in.size());
    if (state == ChunkDecoder::State::kDone) co_return Ok();
    if (state == ChunkDecoder::State::kTooLarge) {
      co_return fail(Code::kInvalid, "the answer's body is beyond the limit");
    }
    if (state == ChunkDecoder::State::kBad) co_return broken("a chunk is not well formed");
    const Wire::Read got = co_await wire_->read(bytes_, kReadBytes);
    if (got != Wire::Read::kBytes) co_return broken("the answer was cut short");
  }
}

}  // namespace armature::http
