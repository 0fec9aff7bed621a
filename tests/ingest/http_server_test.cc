// The HTTP server over real sockets: framing, keep-alive, back-pressure, bounds, drain.
#include <gtest/gtest.h>

#include <future>

#include "ingest/dimse/socket.h"
#include "ingest/http/problem.h"
#include "ingest/http/router.h"
#include "ingest/http/server.h"

namespace argent::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    options_.port = 0;
    router_.Add("GET", "/hello/{name}", [](HttpExchange& exchange) {
      exchange.Respond({}, "hello " + std::string(exchange.request().PathParameter("name")))
          .IgnoreError("test");
    });
    router_.Add("POST", "/count", [](HttpExchange& exchange) { CountBody(exchange); });
    router_.Add("POST", "/ignore",
                [](HttpExchange& exchange) { RespondProblem(exchange, 409, "not wanted"); });
    router_.Add("GET", "/large", [](HttpExchange& exchange) { SendLarge(exchange, 3'000'000); });
    router_.Add("GET", "/cut", [](HttpExchange& exchange) {
      exchange.Begin({}).IgnoreError("test");
      exchange.Write(AsBytes(std::string(100'000, 'x'))).IgnoreError("test");
    });
    router_.Add("GET", "/forgotten", [](HttpExchange&) {});
    router_.Add("GET", "/late-error", [](HttpExchange& exchange) {
      exchange.Begin({}).IgnoreError("test");
      exchange.Write(AsBytes("[")).IgnoreError("test");
      exchange.Fail(Status::NotFound("gone meanwhile"));
    });
    router_.Add("GET", "/wait", [this](HttpExchange& exchange) {
      entered_.set_value();
      release_.get_future().wait();
      exchange.Respond({}, "waited").IgnoreError("test");
    });
  }

  static void CountBody(HttpExchange& exchange) {
    uint64_t bytes = 0;
    uint8_t buffer[1000];
    for (;;) {
      const auto count = exchange.ReadBody(buffer);
      if (!count.ok()) return exchange.Fail(count.status());
      if (*count == 0) break;
      bytes += *count;
    }
    exchange.Respond({}, std::to_string(bytes)).IgnoreError("test");
  }

  static void SendLarge(HttpExchange& exchange, size_t bytes) {
    exchange.Begin({}).IgnoreError("test");
    const std::string piece(10'000, 'L');
    for (size_t sent = 0; sent < bytes; sent += piece.size()) {
      if (!exchange.Write(AsBytes(piece)).ok()) return;
    }
    exchange.Finish().IgnoreError("test");
  }

  void Start() {
    server_ = std::make_unique<HttpServer>(options_, &router_);
    const Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
  }

  std::unique_ptr<Socket> Connect() {
    auto socket = Socket::Connect("127.0.0.1", server_->port(), seconds(5));
    EXPECT_TRUE(socket.ok());
    (*socket)->SetTimeouts(seconds(10), seconds(10));
    return std::move(socket).value();
  }

  static void Send(Socket* socket, std::string text) {
    iovec piece{text.data(), text.size()};
    EXPECT_TRUE(socket->WriteAll({&piece, 1}).ok());
  }

  static std::string ReadToEnd(Socket* socket) {
    std::string text;
    for (;;) {
      char buffer[16 * 1024];
      iovec space{buffer, sizeof buffer};
      const auto count = socket->Read({&space, 1});
      if (!count.ok()) return text;
      text.append(buffer, *count);
    }
  }

  static std::string ReadUntil(Socket* socket, std::string_view end) {
    std::string text;
    while (!text.ends_with(end)) {
      char c = 0;
      iovec space{&c, 1};
      if (!socket->Read({&space, 1}).ok()) return text + "<end>";
      text.push_back(c);
    }
    return text;
  }

  // One request on a connection of its own, to the connection's end.
  std::string Ask(const std::string& text) {
    auto socket = Connect();
    Send(socket.get(), text);
    return ReadToEnd(socket.get());
  }

  std::string Get(const std::string& path) {
    return Ask("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }

  HttpServerOptions options_;
  HttpRouter router_;
  std::unique_ptr<HttpServer> server_;
  std::promise<void> entered_;
  std::promise<void> release_;
};

TEST_F(HttpServerTest, SmallAnswersHaveTheirLength) {
  Start();
  const std::string answer = Get("/hello/J%C3%BCrgen");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Length: 13\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello Jürgen")) << answer;
}

TEST_F(HttpServerTest, LargeAnswersComeInChunks) {
  Start();
  const std::string answer = Get("/large");
  EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(std::count(answer.begin(), answer.end(), 'L'), 3'000'000);
  EXPECT_TRUE(answer.ends_with("\r\n0\r\n\r\n"));
}

TEST_F(HttpServerTest, Http10GetsItsAnswerUntilTheConnectionCloses) {
  Start();
  const std::string answer = Ask("GET /large HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 3'000'000u);
}

TEST_F(HttpServerTest, AConnectionTakesRequestAfterRequest) {
  Start();
  auto socket = Connect();
  for (int i = 0; i < 3; ++i) {
    Send(socket.get(), "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(ReadUntil(socket.get(), "hello a").starts_with("HTTP/1.1 200"));
  }
  // Sent together they are answered in order; and half a request waits for its rest.
  Send(socket.get(), "GET /hello/b HTTP/1.1\r\nHost: a\r\n\r\nGET /hello/c HTTP/1.1\r\nHo");
  EXPECT_TRUE(ReadUntil(socket.get(), "hello b").starts_with("HTTP/1.1 200"));
  Send(socket.get(), "st: a\r\n\r\n");
  EXPECT_TRUE(ReadUntil(socket.get(), "hello c").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(server_->counters().requests, 5u);
}

TEST_F(HttpServerTest, BodiesComeByLengthAndInChunks) {
  Start();
  EXPECT_TRUE(Ask("POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
                  .ends_with("\r\n\r\n5"));
  EXPECT_TRUE(Ask("POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\nhello\r\n8\r\n, world!\r\n0\r\n\r\n")
                  .ends_with("\r\n\r\n13"));
}

TEST_F(HttpServerTest, AMalformedChunkIsA400AndEndsTheConnection) {
  Start();
  const std::string answer =
      Ask("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST_F(HttpServerTest, ContinueIsSentWhenTheBodyIsWanted) {
  Start();
  auto socket = Connect();
  Send(socket.get(), "POST /count HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(ReadUntil(socket.get(), "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  Send(socket.get(), "ab");
  EXPECT_TRUE(ReadUntil(socket.get(), "\r\n\r\n2").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ARefusalComesWithoutTheBody) {
  Start();
  const std::string answer =
      Ask("POST /ignore HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 409 ")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(Ask("POST /count HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\nContent-Length: 1\r\n\r\n")
                  .starts_with("HTTP/1.1 417 "));
}

TEST_F(HttpServerTest, ASmallBodyNobodyReadDoesNotEndTheConnection) {
  Start();
  auto socket = Connect();
  Send(socket.get(), "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(ReadUntil(socket.get(), "\"not wanted\"}\n").starts_with("HTTP/1.1 409"));
  Send(socket.get(), "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(ReadUntil(socket.get(), "hello a").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ErrorsAreProblems) {
  Start();
  EXPECT_TRUE(Get("/nothing").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(Get("/a/../b").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(Get("/forgotten").starts_with("HTTP/1.1 500 "));
  const std::string wrong_method = Ask("PUT /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(wrong_method.starts_with("HTTP/1.1 405 ")) << wrong_method;
  EXPECT_NE(wrong_method.find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  EXPECT_NE(wrong_method.find("application/problem+json"), std::string::npos);
  const std::string options = Ask("OPTIONS /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(options.starts_with("HTTP/1.1 204 ")) << options;
  EXPECT_NE(options.find("Allow: POST, OPTIONS\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, AnErrorFoundLateReplacesWhatWasNotSent) {
  Start();
  EXPECT_TRUE(Get("/late-error").starts_with("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, AnAnswerThatBreaksOffHasNoEnd) {
  Start();
  const std::string answer = Get("/cut");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(answer.ends_with("0\r\n\r\n"));
  EXPECT_EQ(server_->counters().responses_cut, 1u);
}

TEST_F(HttpServerTest, HeadHasTheHeadAlone) {
  Start();
  const std::string answer = Ask("HEAD /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 7\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_TRUE(Ask("HEAD /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequestAndCloses) {
  Start();
  EXPECT_TRUE(Ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(Ask("GET / HTTP/1.1\nHost: a\n\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(Ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
                  .starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(Ask("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n").starts_with("HTTP/1.1 414 "));
  EXPECT_TRUE(Ask("GET / HTTP/1.1\r\nA: " + std::string(40'000, 'a')).starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, AHeadThatDoesNotComeIsA408) {
  options_.head_timeout = milliseconds(300);
  Start();
  auto socket = Connect();
  Send(socket.get(), "GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(ReadToEnd(socket.get()).starts_with("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosedInTime) {
  options_.idle_timeout = milliseconds(300);
  Start();
  auto socket = Connect();
  EXPECT_EQ(ReadToEnd(socket.get()), "");
}

TEST_F(HttpServerTest, ABodyThatStopsEndsTheRequest) {
  options_.read_timeout = milliseconds(300);
  Start();
  auto socket = Connect();
  Send(socket.get(), "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_TRUE(ReadToEnd(socket.get()).starts_with("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, MoreRequestsThanThreadsAreToldToComeBack) {
  options_.requests_max = 1;
  Start();
  auto first = Connect();
  Send(first.get(), "GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  entered_.get_future().wait();
  const std::string refused = Get("/hello/a");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("Retry-After"), std::string::npos);
  release_.set_value();
  EXPECT_TRUE(ReadToEnd(first.get()).ends_with("waited"));
}

TEST_F(HttpServerTest, ConnectionsHaveABound) {
  options_.connections_max = 2;
  Start();
  auto first = Connect();
  auto second = Connect();
  while (server_->counters().connections_waiting < 2) std::this_thread::yield();
  auto third = Connect();
  EXPECT_TRUE(ReadToEnd(third.get()).starts_with("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, StopFinishesWhatRunsAndClosesWhatWaits) {
  Start();
  auto idle = Connect();
  auto running = Connect();
  Send(running.get(), "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  entered_.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { server_->Stop(seconds(10)); });
  EXPECT_EQ(ReadToEnd(idle.get()), "");
  release_.set_value();
  const std::string answer = ReadToEnd(running.get());
  EXPECT_TRUE(answer.ends_with("waited")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  stopped.wait();
}

TEST_F(HttpServerTest, StopCutsWhatDoesNotEnd) {
  Start();
  auto stuck = Connect();
  Send(stuck.get(), "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  while (server_->counters().requests_running == 0) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  server_->Stop(milliseconds(200));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
  Start();
  options_.port = server_->port();
  HttpServer second(options_, &router_);
  const Status status = second.Start();
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
  EXPECT_NE(status.message().find("HTTP port " + std::to_string(options_.port)), std::string::npos);
}

}  // namespace
}  // namespace argent::ingest
