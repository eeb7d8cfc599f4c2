#include "ring/device_text.h"

#include <algorithm>
#include <cmath>

#include "common/strings.h"

namespace dbrepl {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  bool StartsWith(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool StartsWithDigit() const { return !rest_.empty() && IsDigit(rest_.front()); }

  bool Skip(char c) {
    if (!StartsWith(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Everything up to the first character that `stops` names.
  template <class Stops>
  std::string_view TakeUntil(Stops stops) {
    const auto end =
        static_cast<std::size_t>(std::find_if(rest_.begin(), rest_.end(), stops) - rest_.begin());
    const std::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return taken;
  }
  std::string_view TakeDigits() {
    return TakeUntil([](char c) { return !IsDigit(c); });
  }
  std::string_view TakeRest() {
    return TakeUntil([](char) { return false; });
  }

 private:
  std::string_view rest_;
};

// An address in brackets, or one that starts with a digit; nullopt when neither comes next.
Result<std::optional<std::string>> ScanIp(Scanner& scanner) {
  std::string_view text;
  if (scanner.Skip('[')) {
    text = scanner.TakeUntil([](char c) { return c == ']'; });
    if (!scanner.Skip(']')) return Fail(Errc::kBadInput, "an address lacks its \"]\"");
  } else if (scanner.StartsWithDigit()) {
    text = scanner.TakeUntil([](char c) { return !IsDigit(c) && c != '.'; });
  } else {
    return std::optional<std::string>();
  }
  TRY_ASSIGN(std::string ip, NormalizeIp(text));
  return std::optional<std::string>(std::move(ip));
}

Result<std::optional<int>> ScanPort(Scanner& scanner) {
  if (!scanner.Skip(':')) return std::optional<int>();
  TRY_ASSIGN(const int port, ParsePort(scanner.TakeDigits()));
  return std::optional<int>(port);
}

// [ip][:port][R[ip][:port]][/device][_meta]
Result<DeviceInfo> ScanInfo(Scanner& scanner) {
  DeviceInfo info;
  TRY_ASSIGN(info.ip, ScanIp(scanner));
  TRY_ASSIGN(info.port, ScanPort(scanner));
  if (scanner.Skip('R')) {
    TRY_ASSIGN(info.replication_ip, ScanIp(scanner));
    TRY_ASSIGN(info.replication_port, ScanPort(scanner));
  }
  if (scanner.Skip('/')) {
    info.device = std::string(scanner.TakeUntil([](char c) { return c == '_'; }));
  }
  if (scanner.Skip('_')) info.meta = std::string(scanner.TakeRest());
  if (!scanner.AtEnd()) {
    return Fail(Errc::kBadInput,
                StrCat("\"", Printable(scanner.TakeRest()), "\" is not understood"));
  }
  return info;
}

// A letter and its number; nullopt when the letter does not come next.
Result<std::optional<std::int64_t>> ScanNumber(Scanner& scanner, char letter) {
  if (!scanner.Skip(letter)) return std::optional<std::int64_t>();
  TRY_ASSIGN(const std::int64_t number, ParseLocation(scanner.TakeDigits()));
  return std::optional<std::int64_t>(number);
}

struct AddressAndPort {
  std::string ip;
  int port = 0;
};

// ip:port where both are required; the ip may be a host name.
Result<AddressAndPort> ScanAddressAndPort(Scanner& scanner) {
  AddressAndPort result;
  std::string_view ip;
  if (scanner.Skip('[')) {
    ip = scanner.TakeUntil([](char c) { return c == ']'; });
    scanner.Skip(']');
  } else {
    ip = scanner.TakeUntil([](char c) { return c == ':' || c == '/' || c == 'R'; });
  }
  TRY_ASSIGN(result.ip, NormalizeAddress(ip));
  if (!scanner.Skip(':')) return Fail(Errc::kBadInput, "a port is missing");
  TRY_ASSIGN(result.port, ParsePort(scanner.TakeDigits()));
  return result;
}

Result<AddValue> ScanAddValue(Scanner scanner) {
  AddValue value;
  Device& device = value.device;
  TRY_ASSIGN(const auto region, ScanNumber(scanner, 'r'));
  value.region_given = region.has_value();
  device.region = region.value_or(1);
  TRY_ASSIGN(const auto zone, ScanNumber(scanner, 'z'));
  if (!zone || !scanner.Skip('-')) return Fail(Errc::kBadInput, "must start with r<N>z<N>-");
  device.zone = *zone;
  TRY_ASSIGN(AddressAndPort address, ScanAddressAndPort(scanner));
  AddressAndPort replication = address;
  if (scanner.Skip('R')) {
    TRY_ASSIGN(replication, ScanAddressAndPort(scanner));
  }
  device.ip = std::move(address.ip);
  device.port = address.port;
  device.replication_ip = std::move(replication.ip);
  device.replication_port = replication.port;
  if (!scanner.Skip('/')) return Fail(Errc::kBadInput, "a \"/\" and the device's name are missing");
  TRY_ASSIGN(device.device, CheckDeviceName(scanner.TakeUntil([](char c) { return c == '_'; })));
  if (scanner.Skip('_')) device.meta = std::string(scanner.TakeRest());
  return value;
}

Result<DeviceSearch> ScanSearchValue(Scanner scanner) {
  if (scanner.AtEnd()) return Fail(Errc::kBadInput, "is empty");
  DeviceSearch search;
  TRY_ASSIGN(const auto id, ScanNumber(scanner, 'd'));
  if (id) search.id = static_cast<DeviceId>(*id);
  TRY_ASSIGN(search.region, ScanNumber(scanner, 'r'));
  TRY_ASSIGN(search.zone, ScanNumber(scanner, 'z'));
  scanner.Skip('-');
  TRY_ASSIGN(search.info, ScanInfo(scanner));
  return search;
}

template <class T>
bool Fits(const std::optional<T>& wanted, const T& have) {
  return !wanted || *wanted == have;
}

// Addresses compare in their normal form; a device's that has none never fits.
bool AddressFits(const std::optional<std::string>& wanted, const std::string& have) {
  if (!wanted) return true;
  const auto normal = NormalizeAddress(have);
  return normal && *normal == *wanted;
}

std::string InBrackets(const std::string& ip) {
  return ip.find(':') == std::string::npos ? ip : StrCat("[", ip, "]");
}

}  // namespace

bool DeviceInfo::IsEmpty() const {
  return !ip && !port && !replication_ip && !replication_port && !device && !meta;
}

bool DeviceSearch::Matches(const Device& candidate) const {
  return Fits(id, candidate.id) && Fits(region, candidate.region) && Fits(zone, candidate.zone) &&
         Fits(weight, candidate.weight) && AddressFits(info.ip, candidate.ip) &&
         Fits(info.port, candidate.port) &&
         AddressFits(info.replication_ip, candidate.replication_ip) &&
         Fits(info.replication_port, candidate.replication_port) &&
         Fits(info.device, candidate.device) &&
         (!info.meta || candidate.meta.find(*info.meta) != std::string::npos);
}

Result<AddValue> ParseAddValue(std::string_view text) {
  auto value = ScanAddValue(Scanner(text));
  if (value) return value;
  return Fail(std::move(value).error().Within(StrCat("device \"", Printable(text), "\"")));
}

Result<DeviceSearch> ParseSearchValue(std::string_view text) {
  auto search = ScanSearchValue(Scanner(text));
  if (search) return search;
  return Fail(std::move(search).error().Within(StrCat("search \"", Printable(text), "\"")));
}

Result<DeviceInfo> ParseChangeValue(std::string_view text) {
  Scanner scanner(text);
  auto info = ScanInfo(scanner);
  if (info && info->IsEmpty()) info = Fail(Errc::kBadInput, "changes nothing");
  if (info && info->device) {
    if (auto name = CheckDeviceName(*info->device); !name) info = Fail(std::move(name).error());
  }
  if (info) return info;
  return Fail(std::move(info).error().Within(StrCat("change \"", Printable(text), "\"")));
}

std::vector<DeviceId> SearchDevices(const Builder& builder, const DeviceSearch& search) {
  std::vector<DeviceId> found;
  for (const auto& device : builder.devices) {
    if (device && search.Matches(*device)) found.push_back(device->id);
  }
  return found;
}

Result<std::string> CheckDeviceName(std::string_view text) {
  const bool blank_at_end = text.starts_with(' ') || text.ends_with(' ');
  if (text.empty() || blank_at_end || text == "." || text == ".." ||
      text.find('/') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return Fail(Errc::kBadInput, StrCat("\"", Printable(text), "\" is no name of a device"));
  }
  return std::string(text);
}

Result<int> ParsePort(std::string_view text) {
  const auto port = ParseInt<std::uint16_t>(text);
  if (!port) {
    return Fail(Errc::kBadInput,
                StrCat("a port must be from 0 to 65535 (got \"", Printable(text), "\")"));
  }
  return int{*port};
}

Result<std::int64_t> ParseLocation(std::string_view text) {
  const auto number = ParseInt<std::uint32_t>(text);
  if (!number || *number > INT32_MAX) {
    return Fail(Errc::kBadInput, StrCat("must be a number from 0 to ", INT32_MAX, " (got \"",
                                        Printable(text), "\")"));
  }
  return std::int64_t{*number};
}

Result<double> ParseWeight(std::string_view text) {
  double weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(weight) ||
      weight < 0) {
    return Fail(Errc::kBadInput,
                StrCat("a weight must be a number, 0 or more (got \"", Printable(text), "\")"));
  }
  return weight;
}

std::string FormatDevice(const Device& device) {
  return StrCat("d", device.id, "r", device.region, "z", device.zone, "-", InBrackets(device.ip),
                ":", device.port, "R", InBrackets(device.replication_ip), ":",
                device.replication_port, "/", device.device, "_\"", device.meta, "\"");
}

}  // namespace dbrepl
