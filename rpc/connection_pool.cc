#include "rpc/connection_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dbrepl {

// The timer lives on the loop thread; jobs that were posted to it may outlive the pool.
struct ConnectionPool::Sweeper {
  ConnectionPool* pool = nullptr;  // null: it is gone
  std::unique_ptr<Timer> timer;

  void Start() {
    if (pool == nullptr) return;
    if (!timer) timer = std::make_unique<Timer>(pool->loop_, [this] { Sweep(); });
    timer->Start(std::max(pool->options_.max_idle_time / 2, std::chrono::milliseconds(1)));
  }
  void Sweep() {
    if (!pool->CloseOld()) Start();
  }
};

ConnectionPool::ConnectionPool(EventLoop& loop, const Options& options)
    : loop_(loop), options_(options), sweeper_(std::make_shared<Sweeper>()) {
  sweeper_->pool = this;
}

ConnectionPool::~ConnectionPool() {
  sweeper_->pool = nullptr;
  sweeper_->timer.reset();
}

std::unique_ptr<PeerConnection> ConnectionPool::TakeAny(const PeerAddress& peer) {
  const MutexLock lock(mutex_);
  const auto found = idle_.find(peer);
  if (found == idle_.end()) return nullptr;
  auto connection = std::move(found->second.back().connection);
  found->second.pop_back();
  if (found->second.empty()) idle_.erase(found);
  --size_;
  return connection;
}

std::unique_ptr<PeerConnection> ConnectionPool::Take(const PeerAddress& peer) {
  while (auto connection = TakeAny(peer))
    if (connection->IsQuiet()) return connection;
  return nullptr;
}

void ConnectionPool::Give(const PeerAddress& peer, std::unique_ptr<PeerConnection> connection) {
  if (!connection->is_reusable()) return;
  const MutexLock lock(mutex_);
  if (size_ >= options_.max_idle) return;
  std::vector<Idle>& of_peer = idle_[peer];
  if (of_peer.size() >= options_.max_idle_per_peer) return;
  of_peer.push_back({std::move(connection), std::chrono::steady_clock::now()});
  ++size_;
  if (!sweeps_) sweeps_ = loop_.Post([sweeper = sweeper_] { sweeper->Start(); });
}

bool ConnectionPool::CloseOld() {
  std::vector<Idle> old;  // closed when the lock is given back
  const MutexLock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  for (auto& [peer, connections] : idle_) {
    const auto young = std::find_if(connections.begin(), connections.end(), [&](const Idle& idle) {
      return now - idle.since < options_.max_idle_time;
    });
    std::move(connections.begin(), young, std::back_inserter(old));
    connections.erase(connections.begin(), young);
  }
  size_ -= old.size();
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
  sweeps_ = size_ > 0;
  return !sweeps_;
}

}  // namespace dbrepl
