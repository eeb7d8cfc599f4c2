// Idle connections to peers, kept for the next request. Loop thread only. Internal to rpc/.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "rpc/client_connection.h"
#include "rpc/peer_address.h"

namespace dbrepl {

class ConnectionPool {
 public:
  struct Options {
    std::size_t max_idle_per_peer = 8;
    std::size_t max_idle = 256;  // of all peers together
    // Shorter than the 60 s after which Swift's servers hang up.
    std::chrono::milliseconds max_idle_time{30'000};
  };

  ConnectionPool(EventLoop& loop, const Options& options);
  // Closes them all.
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // The connection used last, nullptr when there is none.
  std::shared_ptr<ClientConnection> Take(const PeerAddress& peer);

  // Keeps it, or closes it when it is not reusable or there are enough.
  void Give(std::shared_ptr<ClientConnection> connection);

  std::size_t size() const { return size_; }

 private:
  struct Idle {
    std::shared_ptr<ClientConnection> connection;
    std::chrono::steady_clock::time_point since;
  };

  void Lost(ClientConnection* connection);
  void CloseOld();

  EventLoop& loop_;
  const Options options_;
  std::map<PeerAddress, std::vector<Idle>> idle_;  // of one peer: the oldest first
  std::size_t size_ = 0;
  std::unique_ptr<Timer> timer_;  // made with the first connection, on the loop thread
};

}  // namespace dbrepl
