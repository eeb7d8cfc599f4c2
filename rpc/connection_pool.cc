#include "rpc/connection_pool.h"

#include <algorithm>
#include <utility>

namespace dbrepl {

ConnectionPool::ConnectionPool(EventLoop& loop, const Options& options)
    : loop_(loop), options_(options) {}

ConnectionPool::~ConnectionPool() {
  for (auto& [peer, connections] : idle_)
    for (Idle& idle : connections) idle.connection->Close();
}

std::shared_ptr<ClientConnection> ConnectionPool::Take(const PeerAddress& peer) {
  const auto found = idle_.find(peer);
  if (found == idle_.end()) return nullptr;
  auto connection = std::move(found->second.back().connection);
  found->second.pop_back();
  if (found->second.empty()) idle_.erase(found);
  --size_;
  return connection;
}

void ConnectionPool::Give(std::shared_ptr<ClientConnection> connection) {
  if (!connection->is_reusable() || size_ >= options_.max_idle) return connection->Close();
  std::vector<Idle>& of_peer = idle_[connection->peer()];
  if (of_peer.size() >= options_.max_idle_per_peer) return connection->Close();
  connection->WatchIdle([this, raw = connection.get()] { Lost(raw); });
  of_peer.push_back({std::move(connection), std::chrono::steady_clock::now()});
  ++size_;
  if (!timer_) timer_ = std::make_unique<Timer>(loop_, [this] { CloseOld(); });
  if (size_ == 1) timer_->Start(options_.max_idle_time);
}

void ConnectionPool::Lost(ClientConnection* connection) {
  const auto found = idle_.find(connection->peer());
  if (found == idle_.end()) return;
  size_ -= std::erase_if(found->second, [connection](const Idle& idle) {
    return idle.connection.get() == connection;
  });
  if (found->second.empty()) idle_.erase(found);
}

void ConnectionPool::CloseOld() {
  const auto now = std::chrono::steady_clock::now();
  for (auto& [peer, connections] : idle_) {
    const auto young = std::find_if(connections.begin(), connections.end(), [&](const Idle& idle) {
      return now - idle.since < options_.max_idle_time;
    });
    for (auto idle = connections.begin(); idle != young; ++idle) idle->connection->Close();
    size_ -= static_cast<std::size_t>(young - connections.begin());
    connections.erase(connections.begin(), young);
  }
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
  if (size_ > 0) timer_->Start(options_.max_idle_time / 2);
}

}  // namespace dbrepl
