#include "ring/local_device.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/strings.h"

namespace dbrepl {

namespace {

using AddrInfo = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// The addresses of a name; null when there are none.
AddrInfo Resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) found = nullptr;
  return {found, &::freeaddrinfo};
}

// The address as text, without port and scope; empty for families other than the two of IP.
std::string AddressText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address != nullptr && address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  } else if (address != nullptr && address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  }
  return text.data();
}

bool IsIpv4(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

// The shortest form of a literal IPv6 address; nullopt when it is none.
std::optional<std::string> ShortIpv6(const std::string& text) {
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, &address, out.data(), out.size());
  return std::string(out.data());
}

bool IsHostLabel(std::string_view label) {
  constexpr std::size_t kMaxLabel = 63;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), allowed);
}

bool IsHostName(std::string_view name) {
  constexpr std::size_t kMaxName = 255;
  if (name.empty() || name.size() > kMaxName) return false;
  if (name.back() == '.') name.remove_suffix(1);
  const std::vector<std::string_view> labels = Split(name, '.');
  return std::all_of(labels.begin(), labels.end(), IsHostLabel);
}

// What a device's address stands for, in the form in which our own addresses are.
std::vector<std::string> Candidates(const std::string& device_ip) {
  if (IsIpv4(device_ip)) return {device_ip};
  if (const auto ipv6 = ShortIpv6(device_ip)) return {*ipv6};
  if (!IsHostName(device_ip)) return {device_ip};
  std::vector<std::string> addresses;
  const AddrInfo found = Resolve(device_ip);
  for (const addrinfo* entry = found.get(); entry != nullptr; entry = entry->ai_next) {
    addresses.push_back(AddressText(entry->ai_addr));
  }
  return addresses;
}

}  // namespace

Result<std::vector<std::string>> WhatAreMyIps(const std::string& bind_ip) {
  const std::optional<std::string> ipv6 = ShortIpv6(bind_ip);
  const bool is_wildcard = bind_ip == "0.0.0.0" || ipv6 == "::";
  if ((IsIpv4(bind_ip) || ipv6) && !is_wildcard) return std::vector<std::string>{bind_ip};
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return Fail(ErrnoError(errno, "addresses of this machine"));
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<std::string> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    std::string address = AddressText(entry->ifa_addr);
    if (!address.empty()) addresses.push_back(std::move(address));
  }
  return addresses;
}

bool IsLocalDevice(const std::vector<std::string>& my_ips, std::optional<int> my_port,
                   const std::string& device_ip, int device_port) {
  if (my_port && device_port != *my_port) return false;
  const std::vector<std::string> candidates = Candidates(device_ip);
  return std::any_of(candidates.begin(), candidates.end(), [&](const std::string& candidate) {
    return std::find(my_ips.begin(), my_ips.end(), candidate) != my_ips.end();
  });
}

}  // namespace dbrepl
