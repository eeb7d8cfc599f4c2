// An rsync daemon on a loopback port, and a wire to it that can be cut or held. For tests; one
// thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/check.h"
#include "common/child_process.h"
#include "common/strings.h"
#include "common/unique_fd.h"

namespace dbrepl {

// A listening socket on a free port of 127.0.0.1, or one connected to such a port.
class LoopbackSocket {
 public:
  static UniqueFd Listen(int& port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = Address(0);
    socklen_t size = sizeof(address);
    CHECK(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::listen(fd.get(), 8) == 0);
    CHECK(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    return fd;
  }
  // Empty when nobody listens.
  static UniqueFd Connect(int port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = Address(port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      return {};
    return fd;
  }

 private:
  static sockaddr_in Address(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
};

// Exports `devices` as the module "container"; its own files lie in `folder`.
class RsyncDaemon {
 public:
  RsyncDaemon(const std::string& folder, const std::string& devices) {
    LoopbackSocket::Listen(port_);  // free again at once
    const std::string conf = StrCat(folder, "/rsyncd-", port_, ".conf");
    std::ofstream(conf) << "use chroot = no\n"
                        << (::geteuid() == 0 ? "uid = root\ngid = root\n" : "")
                        << "pid file = " << folder << "/rsyncd-" << port_ << ".pid\n"
                        << "log file = " << folder << "/rsyncd-" << port_ << ".log\n"
                        << "[container]\npath = " << devices << "\nread only = false\n";
    thread_ = std::jthread([this, conf](const std::stop_token& stop) {
      ChildOptions options;
      options.stop = stop;
      while (!stop.stop_requested()) {  // again if somebody had the port
        RunChild({"rsync", "--daemon", "--no-detach", "--address=127.0.0.1",
                  StrCat("--port=", port_), StrCat("--config=", conf)},
                 options);
      }
    });
    while (!LoopbackSocket::Connect(port_))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  int port() const { return port_; }

 private:
  int port_ = 0;
  std::jthread thread_;
};

// Passes bytes on in both directions, of the client's only the first `limit`; then it cuts the
// connection or holds it open and silent.
class Wire {
 public:
  enum class Then { kCut, kHold };
  Wire(int target_port, std::size_t limit, Then then) {
    UniqueFd listening = LoopbackSocket::Listen(port_);
    thread_ = std::jthread([this, target_port, limit, then,
                            listening = std::move(listening)](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        pollfd waiting{listening.get(), POLLIN, 0};
        if (::poll(&waiting, 1, 20) <= 0) continue;
        const UniqueFd client(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const UniqueFd server = LoopbackSocket::Connect(target_port);
        Pass(client, server, limit, then, stop);
      }
    });
  }
  int port() const { return port_; }
  bool reached_limit() const { return reached_limit_; }

 private:
  void Pass(const UniqueFd& client, const UniqueFd& server, std::size_t limit, Then then,
            const std::stop_token& stop) {
    std::array<pollfd, 2> ends{{{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}}};
    std::size_t passed = 0;
    while (!stop.stop_requested()) {
      if (::poll(ends.data(), ends.size(), 20) <= 0) continue;
      if (ends[1].revents != 0 && !Move(server, client)) return;
      if (ends[0].revents == 0) continue;
      if (passed >= limit) {
        reached_limit_ = true;
        if (then == Then::kCut) return;
        ends = {{{-1, 0, 0}, {-1, 0, 0}}};
        continue;
      }
      const std::size_t moved = Move(client, server);
      if (moved == 0) return;
      passed += moved;
    }
  }
  static std::size_t Move(const UniqueFd& from, const UniqueFd& to) {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(from.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return 0;
    const auto count = static_cast<std::size_t>(got);
    return ::send(to.get(), bytes.data(), count, MSG_NOSIGNAL) == got ? count : 0;
  }

  int port_ = 0;
  std::atomic<bool> reached_limit_ = false;
  std::jthread thread_;
};

}  // namespace dbrepl
