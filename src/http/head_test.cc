#include "http/head.h"

#include <gtest/gtest.h>

namespace armature::http {
namespace {

using namespace std::literals;

std::string request(const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
  return line + "\r\n" + fields + "\r\n";
}

TEST(RequestHead, RefusesWhatIsAmbiguous) {
  const std::string host = "Host: a\r\n";
  const struct {
    const char* name;
    std::string head;
    int status;
  } kTable[] = {
      {"both framings",        request(host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400                },
      {"the other way round",  request(host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
       400                                                                                                               },
      {"two lengths",          request(host + "Content-Length: 3\r\nContent-Length: 4\r\n"),          400                },
      {"two equal lengths",    request(host + "Content-Length: 3\r\nContent-Length: 3\r\n"),          400                },
      {"a list of lengths",    request(host + "Content-Length: 3, 3\r\n"),                            400                },
      {"a signed length",      request(host + "Content-Length: +3\r\n"),                              400                },
      {"a negative length",    request(host + "Content-Length: -3\r\n"),                              400                },
      {"a hexadecimal length", request(host + "Content-Length: 0x3\r\n"),                             400                },
      {"an empty length",      request(host + "Content-Length: \r\n"),                                400                },
      {"a huge length",        request(host + "Content-Length: 99999999999999999999\r\n"),            400                },
      {"two codings",          request(host + "Transfer-Encoding: gzip, chunked\r\n"),                501                },
      {"repeated coding",
       request(host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),                400                },
      {"unknown coding",       request(host + "Transfer-Encoding: xchunked\r\n"),                     501                },
      {"1.0 with a coding",    request("Transfer-Encoding: chunked\r\n",                              "GET / HTTP/1.0"),   400},
      {"bare LF",                      "GET / HTTP/1.1\nHost: a\n\n",                                                                                   400                                                   },
      {"one bare LF",                      "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",                                                                               400},
      {"bare CR",                      request(host + "X: a\rb\r\n"),                                                                                   400                                                                   },
      {"obs-fold",                      request(host + "X: a\r\n b\r\n"),                                                                                  400},
      {"fold with a tab",                      request(host + "X: a\r\n\tb\r\n"),                                                                           400                                                           },
      {"NUL",                      request(host + "X: a\0b\r\n"s),                                                                                       400},
      {"blank before colon",                      request(host + "Content-Length : 3\r\n"),                                                                        400                                  },
      {"field without a name",                      request(host + ": x\r\n"),                                                                      400        },
      {"no host",                      request(""),                                                                                   400                                                             },
      {"two hosts",                      request(host + host),                                                                                 400},
      {"authority as target",                      request(host,                                                                       "GET a:80 HTTP/1.1"),                                                            400},
      {"star for GET",                   request(host,                                                                                        "GET * HTTP/1.1"),                                   400},
      {"two blanks",     request(host,"GET  / HTTP/1.1"),400},
      {"no version",      request(host,                                                                          "GET /"),                                                                                                                          400},
      {"HTTP/2",           request(host,                                                               "GET / HTTP/2.0"), 505},
      {"unknown expectation",                      request(host + "Expect: tea\r\n"),                                                                                    417                                                                                },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto parsed = parse_request_head(row.head);
    const auto* refused = std::get_if<RefusedHead>(&parsed);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->status, row.status) << refused->reason;
  }
}

RequestHead accepted(const std::string& head) {
  auto parsed = parse_request_head(head);
  if (auto* refused = std::get_if<RefusedHead>(&parsed)) {
    ADD_FAILURE() << refused->reason;
    return {};
  }
  return std::get<RequestHead>(std::move(parsed));
}

TEST(RequestHead, ReadsFramingAndConnection) {
  RequestHead head =
      accepted(request("Host: a\r\nContent-Length: 12\r\nX-A:  b \r\n", "PUT /x HTTP/1.1"));
  EXPECT_EQ(head.request.method, "PUT");
  EXPECT_EQ(head.request.target, "/x");
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.length, 12u);
  EXPECT_EQ(head.request.headers.get("x-a"), "b");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(accepted(request("Host: a\r\nTransfer-Encoding: Chunked\r\n")).framing,
            Framing::kChunked);
  EXPECT_FALSE(accepted(request("Host: a\r\nConnection: x, Close\r\n")).keep_alive);
  EXPECT_FALSE(accepted(request("", "GET / HTTP/1.0")).keep_alive);
  EXPECT_TRUE(accepted(request("Connection: keep-alive\r\n", "GET / HTTP/1.0")).keep_alive);
  EXPECT_TRUE(accepted(request("Host: a\r\nExpect: 100-Continue\r\n")).expect_continue);
}

TEST(RequestHead, AbsoluteTargetBecomesPathAndHost) {
  const RequestHead head = accepted(request("Host: wrong\r\n", "GET http://right:81/x?y HTTP/1.1"));
  EXPECT_EQ(head.request.target, "/x?y");
  EXPECT_EQ(head.request.headers.get("Host"), "right:81");
}

TEST(ResponseHead, FramingDependsOnMethodAndStatus) {
  const struct {
    const char* head;
    const char* method;
    Framing framing;
    bool keep_alive;
  } kTable[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",                    "GET",  Framing::kLength,     true },
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",                    "HEAD", Framing::kNone,       true },
      {"HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n",                    "GET",  Framing::kNone,       true },
      {"HTTP/1.1 304 No\r\n\r\n",                                         "GET",  Framing::kNone,       true },
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",           "GET",  Framing::kChunked,    true },
      {"HTTP/1.1 200 OK\r\n\r\n",                                         "GET",  Framing::kUntilClose, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",                    "GET",  Framing::kLength,     false},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "GET",  Framing::kLength,
       false                                                                                                 },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(std::string(row.method) + " " + row.head);
    const auto parsed = parse_response_head(row.head, row.method);
    const auto* head = std::get_if<ResponseHead>(&parsed);
    ASSERT_NE(head, nullptr) << std::get<RefusedHead>(parsed).reason;
    EXPECT_EQ(head->framing, row.framing);
    EXPECT_EQ(head->keep_alive, row.keep_alive);
  }
  const auto both = parse_response_head(
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "GET");
  EXPECT_TRUE(std::holds_alternative<RefusedHead>(both));
}

TEST(HeadEnd, IsFoundWhereverBytesBreak) {
  const std::string text = "GET / HTTP/1.1\r\nA: b\r\n\r\nrest";
  const std::size_t want = text.find("rest");
  for (std::size_t cut = 0; cut < want; ++cut) {
    EXPECT_EQ(head_end(text.substr(0, cut)), std::string::npos);
    EXPECT_EQ(head_end(text, cut), want) << cut;
  }
  EXPECT_EQ(head_end("a\n\nb"), 3u);
}

TEST(Writers, DropWhatCouldSplitAMessage) {
  Request out;
  out.method = "PUT";
  out.headers = {
      {"X",                 "a\r\nY: b"},
      {"Bad Name",          "x"        },
      {"Good",              "yes"      },
      {"Content-Length",    "9999"     },
      {"Connection",        "x-secret" },
      {"Transfer-Encoding", "a"        }
  };
  out.body = "abc";
  EXPECT_EQ(write_request_head(out, *parse_url("https://h:444/p?q")),
            "PUT /p?q HTTP/1.1\r\nHost: h:444\r\nGood: yes\r\nContent-Length: 3\r\n\r\n");
  Response response;
  response.status = 204;
  response.headers = {
      {"X\r\nY",         "1"},
      {"Content-Length", "5"}
  };
  EXPECT_EQ(write_response_head(response, "GET", true, false, "today"),
            "HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n");
  response.status = 200;
  EXPECT_EQ(write_response_head(response, "HEAD", false, false, ""),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
}

TEST(Chunks, DecodeInAnyPieces) {
  const std::string text = "5;x=\"y\"\r\nhello\r\n0A\r\n, world ok\r\n0\r\nTrailer: x\r\n\r\nnext";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    ChunkDecoder decoder(100, 100);
    std::string body;
    std::string left = text;
    std::string fed;
    auto state = ChunkDecoder::State::kMore;
    while (state == ChunkDecoder::State::kMore && !left.empty()) {
      fed += left.substr(0, step);
      left.erase(0, step);
      std::string_view in = fed;
      state = decoder.feed(in, body);
      fed.erase(0, fed.size() - in.size());
    }
    EXPECT_EQ(state, ChunkDecoder::State::kDone) << step;
    EXPECT_EQ(body, "hello, world ok");
    EXPECT_EQ(fed + left, "next");
  }
}

TEST(Chunks, RefuseWhatIsMalformedOrTooMuch) {
  using State = ChunkDecoder::State;
  const struct {
    std::string text;
    State state;
  } kTable[] = {
      {"5\nhello\r\n0\r\n\r\n",   State::kBad                         },
      {"g\r\n",                   State::kBad                         },
      {"\r\n",                    State::kBad                         },
      {"-1\r\n",                  State::kBad                         },
      {"0x5\r\n",                 State::kBad                         },
      {" 5\r\n",                  State::kBad                         },
      {"5 5\r\n",                 State::kBad                         },
      {"5\r\nhelloX\r\n",         State::kBad                         },
      {"fffffffffffffffff\r\n",   State::kBad                         },
      {"5;" + std::string(200,    'x'),                                 State::kBad},
      {"0\r\n" + std::string(200,                         'x'),                                     State::kBad},
      {"0\r\nA: b\r\n" + std::string("B: 0123456789\r\n") + std::string(120,              'c'),              State::kBad},
      {"ff\r\n",        State::kTooLarge                   },
      {"20\r\n" + std::string(32,                  'a') + "\r\n41\r\n",                               State::kTooLarge},
      {"ffffffffffffffff\r\n", State::kTooLarge},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.text);
    ChunkDecoder decoder(96, 100);
    std::string body;
    std::string_view in = row.text;
    EXPECT_EQ(decoder.feed(in, body), row.state);
  }
}

}  // namespace
}  // namespace armature::http
