// Idle connections to peers, kept for the next request. Thread-safe. Internal to rpc/.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "common/mutex.h"
#include "rpc/event_loop.h"
#include "rpc/peer_address.h"
#include "rpc/peer_connection.h"
#include "rpc/timer.h"

namespace dbrepl {

class ConnectionPool {
 public:
  struct Options {
    std::size_t max_idle_per_peer = 8;
    std::size_t max_idle = 256;  // of all peers together
    // Shorter than the 60 s after which Swift's servers hang up.
    std::chrono::milliseconds max_idle_time{30'000};
  };

  // The loop closes those that nobody has asked for in a while.
  ConnectionPool(EventLoop& loop, const Options& options);
  // On the loop thread, or after the loop has ended. Closes them all.
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // The connection used last that is still good; nullptr when there is none.
  std::unique_ptr<PeerConnection> Take(const PeerAddress& peer);

  // Keeps it, or closes it when it is not reusable or there are enough.
  void Give(const PeerAddress& peer, std::unique_ptr<PeerConnection> connection);

 private:
  struct Idle {
    std::unique_ptr<PeerConnection> connection;
    std::chrono::steady_clock::time_point since;
  };
  struct Sweeper;

  std::unique_ptr<PeerConnection> TakeAny(const PeerAddress& peer);
  // True: there are none left.
  bool CloseOld();

  EventLoop& loop_;
  const Options options_;
  const std::shared_ptr<Sweeper> sweeper_;
  Mutex mutex_;
  std::map<PeerAddress, std::vector<Idle>> idle_ GUARDED_BY(mutex_);  // the oldest first
  std::size_t size_ GUARDED_BY(mutex_) = 0;
  bool sweeps_ GUARDED_BY(mutex_) = false;
};

}  // namespace dbrepl
