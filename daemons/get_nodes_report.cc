#include "daemons/get_nodes_report.h"

#include <utility>

#include "common/files.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::string_view kRingSuffix = ".ring.gz";
constexpr std::string_view kObjectRings = "object-";
constexpr std::string_view kHandoffMark = " # [Handoff]";

// As Python's urllib.parse.quote.
std::string Quoted(std::string_view text) {
  constexpr std::string_view kPlain = "_.-~/";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
      continue;
    }
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
  }
  return out;
}

// The policy of an object ring's name ("object-1"); empty for the first policy and other rings.
std::string_view PolicyIndexOf(std::string_view ring_name) {
  return ring_name.starts_with(kObjectRings) ? ring_name.substr(kObjectRings.size()) : "";
}

std::string DataDir(const Location& location) {
  const std::string_view policy = PolicyIndexOf(location.ring_name);
  std::string objects = policy.empty() ? "objects" : StrCat("objects-", policy);
  if (!location.item.object.empty()) return objects;
  if (!location.item.container.empty()) return "containers";
  if (!location.item.account.empty()) return "accounts";
  return policy.empty() ? StrCat(location.ring_name, "s") : objects;
}

// Below a device's directory.
std::string PathOnDevice(const Location& location) {
  std::string partition = StrCat(DataDir(location), "/", location.partition.value());
  if (location.hash.empty()) return partition;
  return StrCat(partition, "/", std::string_view(location.hash).substr(29), "/", location.hash);
}

std::string Warning(const Location& location) {
  const ItemName& item = location.item;
  if (item.account.empty() || !item.object.empty()) return "";
  const std::string_view wanted = item.container.empty() ? "account" : "container";
  if (location.ring_name == wanted) return "";
  return StrCat("Warning: ", item.container.empty() ? "account" : "account/container",
                " specified but ring not named \"", wanted, "\"\n");
}

std::string NamesText(const ItemName& item) {
  if (item.account.empty()) return "";
  std::string text = StrCat("\nAccount  \t", Quoted(item.account), "\n");
  if (!item.container.empty()) text += StrCat("Container\t", Quoted(item.container), "\n");
  if (!item.object.empty()) text += StrCat("Object   \t", Quoted(item.object), "\n\n\n");
  return text;
}

std::string CurlCommand(const Location& location, const Device& device) {
  const ItemName& item = location.item;
  std::string target = item.account.empty() ? "None" : item.account;
  if (!item.container.empty()) target += StrCat("/", item.container);
  if (!item.object.empty()) target += StrCat("/", item.object);
  const bool is_ipv6 = device.ip.find(':') != std::string::npos;
  std::string command = StrCat("curl -g -I -XHEAD \"http://", is_ipv6 ? "[" : "", device.ip,
                               is_ipv6 ? "]" : "", ":", device.port, "/", device.device, "/",
                               location.partition.value(), "/", Quoted(target), "\"");
  if (const std::string_view policy = PolicyIndexOf(location.ring_name);
      !policy.empty() && !item.object.empty()) {
    command += StrCat(" -H \"X-Backend-Storage-Policy-Index: ", policy, "\"");
  }
  return command + " --path-as-is";
}

std::string SshCommand(const Location& location, const Device& device) {
  return StrCat("ssh ", device.ip, " \"ls -lah ${DEVICE:-/srv/node*}/", device.device, "/",
                PathOnDevice(location), "\"");
}

// One line a device, handoffs marked.
template <class Line>
std::string Lines(const Location& location, std::string_view handoff_mark, Line line) {
  std::string text;
  for (const Device* device : location.primaries) text += StrCat(line(*device), "\n");
  for (const Device* device : location.handoffs) text += StrCat(line(*device), handoff_mark, "\n");
  return text;
}

JsonValue NodeJson(const Location& location, const Device& device, const char* index_name,
                   std::size_t index) {
  JsonValue json = DeviceToJson(device);
  json.Set(index_name, static_cast<std::int64_t>(index));
  json.Set("path", StrCat(device.device, "/", PathOnDevice(location)));
  return json;
}

}  // namespace

std::string RingName(std::string_view ring_path) {
  std::string name = BaseName(ring_path);
  if (name.ends_with(kRingSuffix)) name.resize(name.size() - kRingSuffix.size());
  return name;
}

Location Locate(const Ring& ring, PartitionId partition, bool all_handoffs) {
  Location location;
  location.partition = partition;
  location.primaries = ring.PrimaryNodes(partition);
  Handoffs handoffs = ring.HandoffsOf(partition);
  while (all_handoffs || location.handoffs.size() < location.primaries.size()) {
    const Device* device = handoffs.Next();
    if (device == nullptr) break;
    location.handoffs.push_back(device);
  }
  return location;
}

std::string LocationText(const Location& location) {
  const auto server = [](const Device& device) {
    return StrCat("Server:Port Device\t", device.ip, ":", device.port, " ", device.device);
  };
  const auto curl = [&](const Device& device) { return CurlCommand(location, device); };
  const auto ssh = [&](const Device& device) { return SshCommand(location, device); };
  return StrCat(
      Warning(location), NamesText(location.item), "Partition\t", location.partition.value(),
      "\nHash     \t", location.hash.empty() ? "None" : location.hash, "\n\n",
      Lines(location, "\t [Handoff]", server), "\n\n", Lines(location, kHandoffMark, curl),
      "\n\nUse your own device location of servers:\n"
      "such as \"export DEVICE=/srv/node\"\n",
      Lines(location, kHandoffMark, ssh),
      "\nnote: `/srv/node*` is used as default value of `devices`, the real value is set "
      "in the config file on each storage node.\n");
}

JsonValue LocationJson(const Location& location) {
  JsonValue json(JsonValue::Object{});
  if (!location.item.account.empty()) json.Set("account", location.item.account);
  if (!location.item.container.empty()) json.Set("container", location.item.container);
  if (!location.item.object.empty()) json.Set("object", location.item.object);
  json.Set("partition", std::int64_t{location.partition.value()});
  json.Set("hash", location.hash.empty() ? JsonValue() : JsonValue(location.hash));
  json.Set("datadir", DataDir(location));
  JsonValue::Array primaries;
  for (std::size_t i = 0; i < location.primaries.size(); ++i) {
    primaries.push_back(NodeJson(location, location.primaries[i], "index", i));
  }
  JsonValue::Array handoffs;
  for (std::size_t i = 0; i < location.handoffs.size(); ++i) {
    handoffs.push_back(NodeJson(location, *location.handoffs[i], "handoff_index", i));
  }
  json.Set("primaries", std::move(primaries));
  json.Set("handoffs", std::move(handoffs));
  return json;
}

}  // namespace dbrepl
