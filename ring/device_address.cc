#include <algorithm>
#include <cctype>

#include <arpa/inet.h>

#include "common/strings.h"
#include "ring/device_text.h"

namespace dbrepl {

namespace {

std::optional<std::string> NormalIp(const std::string& text) {
  in6_addr address{};
  char buffer[INET6_ADDRSTRLEN];
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, text.c_str(), &address) != 1) continue;
    return std::string(::inet_ntop(family, &address, buffer, sizeof(buffer)));
  }
  return std::nullopt;
}

bool IsLabel(std::string_view label) {
  constexpr std::size_t kMaxLabel = 63;
  if (label.empty() || label.size() > kMaxLabel) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// RFC 1123: labels of letters, digits and inner dashes.
bool IsHostName(std::string_view name) {
  constexpr std::size_t kMaxName = 255;
  if (name.empty() || name.size() > kMaxName) return false;
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::vector<std::string_view> labels = Split(name, '.');
  return std::all_of(labels.begin(), labels.end(), IsLabel);
}

}  // namespace

Result<std::string> NormalizeIp(std::string_view text) {
  if (auto ip = NormalIp(AsciiLower(text))) return std::move(*ip);
  return Fail(Errc::kBadInput, StrCat("\"", Printable(text), "\" is not an address"));
}

Result<std::string> NormalizeAddress(std::string_view text) {
  std::string lower = AsciiLower(text);
  const bool bracketed = lower.starts_with('[') && lower.ends_with(']');
  if (bracketed) lower = lower.substr(1, lower.size() - 2);
  if (auto ip = NormalIp(lower)) return std::move(*ip);
  if (!bracketed && IsHostName(lower)) return lower;
  return Fail(Errc::kBadInput,
              StrCat("\"", Printable(text), "\" is neither an address nor a host name"));
}

}  // namespace dbrepl
