#include "channel.h"

#include <sys/socket.h>

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>

namespace armature::bench {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

Channel::Channel(asio::io_context& context, asio::ssl::context& tls, const LoadOptions& options,
                 unsigned number)
    : options_(options), number_(number), stream_(context, tls) {
  stream_.set_verify_callback(asio::ssl::host_name_verification(options.host));
}

void Channel::exchange(std::string request, Done done) {
  request_ = std::move(request);
  done_ = std::move(done);
  heard_ = false;
  began = std::chrono::steady_clock::now();
  if (connected_)
    send();
  else
    connect();
}

void Channel::give_up() {
  gave_up_ = true;
  close();
}

void Channel::close() {
  error_code ignored;
  stream_.next_layer().close(ignored);
  connected_ = false;
}

bool Channel::is_quiet() {
  char byte = 0;
  if (!connected_ || buffer_.size() != 0) return false;
  const auto got = ::recv(stream_.next_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool Channel::failed(const error_code& error, const char* what) {
  if (!error) return false;
  finish(std::string(what) + ": " + error.message());
  return true;
}

void Channel::connect() {
  error_code error;
  auto& socket = stream_.next_layer();
  socket.open(asio::ip::tcp::v4(), error);
  if (!error && options_.source_addresses > 1) {
    const auto last = static_cast<std::uint32_t>(1 + number_ % options_.source_addresses);
    socket.bind({asio::ip::address_v4(0x7f000000u + last), 0}, error);
  }
  if (!error) socket.set_option(asio::ip::tcp::no_delay(true), error);
  if (failed(error, "socket")) return;
  const asio::ip::tcp::endpoint there(asio::ip::make_address(options_.address), options_.port);
  socket.async_connect(there, [self = shared_from_this()](error_code refused) {
    if (self->failed(refused, "connect")) return;
    if (self->options_.connect_to.empty())
      self->shake_hands();
    else
      self->ask_proxy();
  });
}

void Channel::ask_proxy() {
  auto text = std::make_shared<std::string>("CONNECT " + options_.connect_to +
                                            " HTTP/1.1\r\nHost: " + options_.connect_to + "\r\n");
  if (!options_.proxy_basic.empty()) {
    *text += "Proxy-Authorization: Basic " + options_.proxy_basic + "\r\n";
  }
  *text += "\r\n";
  const auto whole = asio::buffer(*text);
  asio::async_write(stream_.next_layer(), whole,
                    [self = shared_from_this(), text](error_code error, std::size_t) {
                      if (self->failed(error, "CONNECT")) return;
                      self->tunnel_.emplace();
                      self->tunnel_->skip(true);
                      http::async_read_header(
                          self->stream_.next_layer(), self->buffer_, *self->tunnel_,
                          [self](error_code failure, std::size_t) {
                            if (self->failed(failure, "CONNECT")) return;
                            const unsigned status = self->tunnel_->get().result_int();
                            if (status != 200)
                              return self->finish("CONNECT: HTTP " + std::to_string(status));
                            self->shake_hands();
                          });
                    });
}

void Channel::shake_hands() {
  SSL_set_tlsext_host_name(stream_.native_handle(), options_.host.c_str());
  stream_.async_handshake(asio::ssl::stream_base::client,
                          [self = shared_from_this()](error_code error) {
                            if (self->failed(error, "handshake")) return;
                            self->connected_ = true;
                            self->send();
                          });
}

void Channel::send() {
  asio::async_write(stream_, asio::buffer(request_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (self->failed(error, "send")) return;
                      self->receive();
                    });
}

void Channel::receive() {
  answer_.emplace();
  answer_->body_limit(std::uint64_t{64} << 20);
  http::async_read(stream_, buffer_, *answer_,
                   [self = shared_from_this()](error_code error, std::size_t bytes) {
                     self->heard_ = bytes > 0;
                     if (self->failed(error, "receive")) return;
                     ++self->served;
                     self->finish({});
                   });
}

void Channel::finish(const std::string& error) {
  last_used = std::chrono::steady_clock::now();
  Answer out;
  out.error = error;
  if (error.empty()) {
    out.status = answer_->get().result_int();
    out.keep_alive = answer_->get().keep_alive();
  } else if (gave_up_) {
    out.error = "no answer in time";
  } else {
    out.unheard = !heard_;
  }
  if (!out.keep_alive) close();
  const Done done = std::move(done_);
  done_ = nullptr;
  if (done) done(std::move(out));
}

}  // namespace armature::bench
