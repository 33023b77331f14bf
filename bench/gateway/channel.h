#pragma once
// Channel: one connection to a server over TLS, maybe through a forward proxy's CONNECT. Sends a
// request, gives the answer's status. One exchange at a time; callbacks run on the context's
// thread.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "load.h"

namespace armature::bench {

struct Answer {
  unsigned status = 0;
  bool keep_alive = false;
  std::string error;     // empty: there is an answer
  bool unheard = false;  // with an error: no byte of an answer came
};

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Done = std::function<void(Answer)>;

  Channel(boost::asio::io_context& context, boost::asio::ssl::context& tls,
          const LoadOptions& options, unsigned number);
  // `request` is the whole message. Connects first when it is not connected.
  void exchange(std::string request, Done done);
  void close();
  void give_up();  // of an exchange that takes too long: it ends with an error
  // Connected, and neither closed nor written to by the other side.
  bool is_quiet();

  unsigned served = 0;
  Time last_used{};
  Time began{};

 private:
  void connect();
  void ask_proxy();
  void shake_hands();
  void send();
  void receive();
  void finish(const std::string& error);
  bool failed(const boost::system::error_code& error, const char* what);

  const LoadOptions& options_;
  unsigned number_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> answer_;
  std::optional<boost::beast::http::response_parser<boost::beast::http::empty_body>> tunnel_;
  std::string request_;
  Done done_;
  bool connected_ = false;
  bool heard_ = false;
  bool gave_up_ = false;
};

}  // namespace armature::bench
