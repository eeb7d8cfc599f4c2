// What HTTP itself costs: an HttpServer with a handler that does nothing, asked by a second process
// over kept-alive loopback connections.
//
// usage: rpc_bench [SECONDS]     one JSON line a case on stdout: connections, where the handler
//                                ran, requests/s, the server's CPU microseconds a request, its
//                                resident memory before and with all connections
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check.h"
#include "common/strings.h"
#include "common/worker_pool.h"
#include "rpc/event_loop.h"
#include "rpc/http_server.h"
#include "rpc/listener.h"

namespace dbrepl {
namespace {

const std::string kRequest = [] {
  const std::string body =
      R"(["sync", 3, "00000000000000000000000000000000", "remote-id", "1", "2", "0", ""])";
  return StrCat(
      "REPLICATE /sd3/828/cf0ab7263d7d2eff0a1ab2ae99d1ce68 HTTP/1.1\r\nHost: 127.0.0.1:6201\r\n"
      "Accept-Encoding: identity\r\nContent-Length: ",
      body.size(), "\r\nContent-Type: application/json\r\n\r\n", body);
}();

class EmptyHandler : public RequestHandler {
 public:
  explicit EmptyHandler(bool on_loop) : on_loop_(on_loop) {}
  Route RouteFor(const HttpRequestHead&, const PeerAddress&) override {
    if (on_loop_) return Answer();
    return ServeWhole{};
  }
  // Each request its own key, as the databases of a node would be.
  WorkOrder OrderFor(const HttpRequest&) override { return {StrCat(next_++ % 4096)}; }
  HttpResponse Serve(const HttpRequest&) override { return Answer(); }

 private:
  static HttpResponse Answer() {
    return MakeResponse(200, "text/html; charset=UTF-8", std::string(624, 'x'));
  }
  const bool on_loop_;
  unsigned next_ = 0;
};

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

// --- The asking process --------------------------------------------------------------------------

int ConnectTo(std::uint16_t port) {
  const auto address = NumericAddress({"127.0.0.1", port});
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0 && ::connect(fd, address->get(), address->size()) == 0);
  return fd;
}

// An answer is read up to its known length, so that asking costs little beside answering.
void AskOnce(const std::vector<int>& connections, std::size_t answer_bytes) {
  for (const int fd : connections)
    CHECK(::send(fd, kRequest.data(), kRequest.size(), 0) == static_cast<ssize_t>(kRequest.size()));
  std::vector<char> buffer(answer_bytes);
  for (const int fd : connections)
    CHECK(::recv(fd, buffer.data(), answer_bytes, MSG_WAITALL) ==
          static_cast<ssize_t>(answer_bytes));
}

std::size_t AnswerBytes(int fd) {
  CHECK(::send(fd, kRequest.data(), kRequest.size(), 0) > 0);
  std::string answer;
  char buffer[4096];
  std::size_t head = std::string::npos;
  do {
    const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
    CHECK(got > 0);
    answer.append(buffer, static_cast<std::size_t>(got));
    head = answer.find("\r\n\r\n");
  } while (head == std::string::npos || answer.size() < head + 4 + 624);
  return answer.size();
}

// Opens the connections, says so, asks until its stdin says stop. Runs in the child.
void Ask(std::uint16_t port, int count, int ready_fd, int stop_fd) {
  std::vector<int> connections;
  for (int i = 0; i < count; ++i) connections.push_back(ConnectTo(port));
  const std::size_t answer_bytes = AnswerBytes(connections.front());
  AskOnce(connections, answer_bytes);
  CHECK(::write(ready_fd, "r", 1) == 1);
  std::jthread asker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) AskOnce(connections, answer_bytes);
  });
  char byte = 0;
  CHECK(::read(stop_fd, &byte, 1) >= 0);
}

// --- The answering process -----------------------------------------------------------------------

void Measure(int connections, bool on_loop, double seconds) {
  ListenOptions listen;
  listen.bind_ip = "127.0.0.1";
  auto listener = OpenListener(listen);
  CHECK(listener.has_value());
  int ready[2];
  int stop[2];
  CHECK(::pipe(ready) == 0 && ::pipe(stop) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Ask(ListenerPort(listener->get()), connections, ready[1], stop[0]);
    ::_exit(0);
  }

  auto thread = LoopThread::Start();
  CHECK(thread.has_value());
  EmptyHandler handler(on_loop);
  WorkerPool workers({.threads = 4});
  std::unique_ptr<HttpServer> server;
  const double idle_mb = ResidentMegabytes();
  thread->loop().PostAndWait([&] {
    server = std::make_unique<HttpServer>(
        thread->loop(), HttpServerOptions{}, handler,
        [&workers](const std::string& key, JobLength length, std::function<void()> job) {
          return workers.TrySubmit(key, length, std::move(job));
        });
    CHECK(server->Serve(*std::move(listener)).has_value());
  });
  const auto requests = [&] {
    std::uint64_t count = 0;
    thread->loop().PostAndWait([&] { count = server->stats().requests; });
    return count;
  };
  char byte = 0;
  CHECK(::read(ready[0], &byte, 1) == 1);
  const std::uint64_t first = requests();
  const double cpu_before = CpuSeconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto served = static_cast<double>(requests() - first);
  const double cpu = CpuSeconds() - cpu_before;
  std::printf(
      "{\"connections\": %d, \"handler\": \"%s\", \"requests_per_second\": %.0f, "
      "\"cpu_microseconds\": %.2f, \"idle_mb\": %.1f, \"loaded_mb\": %.1f}\n",
      connections, on_loop ? "loop" : "worker", served / seconds, cpu / served * 1e6, idle_mb,
      ResidentMegabytes());
  std::fflush(stdout);
  CHECK(::write(stop[1], "s", 1) == 1);
  ::waitpid(child, nullptr, 0);
  thread->loop().PostAndWait([&] { server.reset(); });
  workers.Stop();
  for (const int fd : {ready[0], ready[1], stop[0], stop[1]}) ::close(fd);
}

}  // namespace
}  // namespace dbrepl

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 2;
  for (const bool on_loop : {true, false})
    for (const int connections : {1, 16, 500}) dbrepl::Measure(connections, on_loop, seconds);
  return 0;
}
