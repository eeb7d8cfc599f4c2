#include "replicator/rsync_module.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include <arpa/inet.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

// An address that has colons of its own needs brackets before rsync's "::".
std::string RsyncHost(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1 ? StrCat('[', host, ']') : host;
}

std::optional<std::string> ValueOf(std::string_view variable, const Device& node) {
  if (variable == "ip") return RsyncHost(node.ip);
  if (variable == "port") return StrCat(node.port);
  if (variable == "replication_ip") return RsyncHost(node.replication_ip);
  if (variable == "replication_port") return StrCat(node.replication_port);
  if (variable == "region") return StrCat(node.region);
  if (variable == "zone") return StrCat(node.zone);
  if (variable == "device") return node.device;
  if (variable == "meta") return node.meta;
  return std::nullopt;
}

tl::unexpected<Error> BadTemplate(std::string_view module_template, std::string_view problem) {
  return Fail(Errc::kBadInput, StrCat("rsync_module = ", Printable(module_template), ": ", problem),
              "it may use {ip}, {port}, {replication_ip}, {replication_port}, {region}, {zone}, "
              "{device} and {meta}");
}

}  // namespace

Result<std::string> ExpandRsyncModule(std::string_view module_template, const Device& node) {
  std::string out;
  std::string_view rest = module_template;
  while (!rest.empty()) {
    const std::size_t brace = std::min(rest.find_first_of("{}"), rest.size());
    out += rest.substr(0, brace);
    rest.remove_prefix(brace);
    if (rest.empty()) break;
    if (rest.size() > 1 && rest[1] == rest[0]) {
      out += rest[0];
      rest.remove_prefix(2);
      continue;
    }
    const std::size_t end = rest.find('}');
    if (rest[0] == '}' || end == std::string_view::npos) {
      return BadTemplate(module_template, "a brace without its partner");
    }
    const std::string_view variable = rest.substr(1, end - 1);
    const std::optional<std::string> value = ValueOf(variable, node);
    if (!value) {
      return BadTemplate(module_template, StrCat("invalid variable: '", Printable(variable), "'"));
    }
    out += *value;
    rest.remove_prefix(end + 1);
  }
  return out;
}

Result<> ValidateRsyncModule(std::string_view module_template) {
  TRY(ExpandRsyncModule(module_template, Device{}));
  return {};
}

}  // namespace dbrepl
