#include "daemons/upstream_finder.h"

#include <utility>
#include <vector>

#include "common/percent.h"
#include "common/strings.h"
#include "ring/local_device.h"

namespace dbrepl {
namespace {

constexpr std::string_view kHint = "set `upstream = host:port` to name the node's ordinary server";

std::string DeviceIn(std::string_view target) {
  if (target.starts_with('/')) target.remove_prefix(1);
  return PercentDecode(target.substr(0, target.find_first_of("/?")));
}

}  // namespace

Result<PeerAddress> ParsePeerAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string_view::npos
                        ? std::nullopt
                        : ParseInt<std::uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool has_brackets = host.starts_with('[') && host.ends_with(']');
  if (has_brackets) host = host.substr(1, host.size() - 2);
  const bool is_plain = host.find_first_of("[]/ ") == std::string_view::npos &&
                        has_brackets == (host.find(':') != std::string_view::npos);
  if (!port || *port == 0 || host.empty() || !is_plain) {
    return Fail(Errc::kBadInput, StrCat("not an address: ", Printable(text)),
                "write host:port, or [address]:port for IPv6");
  }
  return PeerAddress{std::string(host), *port};
}

UpstreamFinder::UpstreamFinder(Options options) : options_(std::move(options)) {}

Result<PeerAddress> UpstreamFinder::Find(std::string_view target) const {
  if (options_.fixed) return *options_.fixed;
  MutexLock lock(mutex_);
  if (table_.empty()) return Fail(Errc::kNotFound, problem_, std::string(kHint));
  const auto named = table_.find(DeviceIn(target));
  return named != table_.end() ? named->second : table_.begin()->second;
}

UpstreamFinder::Table UpstreamFinder::MakeTable(const Ring& ring) const {
  Table table;
  const auto my_ips = WhatAreMyIps(options_.own.host);
  if (!my_ips) return table;
  const int my_port = options_.own.port;
  for (const std::optional<Device>& device : ring.data().devices) {
    if (!device || device->port <= 0 || device->port > 65535) continue;
    if (!IsLocalDevice(*my_ips, my_port, device->replication_ip, device->replication_port))
      continue;
    // One address for both: there is no other server to ask.
    if (IsLocalDevice(*my_ips, my_port, device->ip, device->port)) continue;
    table.emplace(device->device,
                  PeerAddress{device->ip, static_cast<std::uint16_t>(device->port)});
  }
  return table;
}

void UpstreamFinder::Refresh() {
  if (options_.fixed) return;
  if (watcher_ == nullptr) {
    auto opened = RingWatcher::Open(options_.ring_path, [logger = options_.logger](const Error& e) {
      logger.Error("ring: ", e.message);
    });
    if (!opened) {
      MutexLock lock(mutex_);
      problem_ = opened.error().message;
      return;
    }
    watcher_ = *std::move(opened);
  }
  auto ring = watcher_->Get();
  if (ring == ring_) return;
  ring_ = std::move(ring);
  Table table = MakeTable(*ring_);
  MutexLock lock(mutex_);
  table_ = std::move(table);
  problem_ = StrCat(options_.ring_path, " has no device with replication address ",
                    HostAndPort(options_.own), " and another client address");
}

}  // namespace dbrepl
