// Drives common/ (and the two hashes built on it) for tests that compare with Swift: a JSON array
// [operation, argument...] a line on stdin, one JSON line each on stdout. Refused input answers
// {"error": code}. Bytes travel as hex.
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "broker/chexor.h"
#include "common/check.h"
#include "common/dir_lock.h"
#include "common/hash_path.h"
#include "common/json.h"
#include "common/log.h"
#include "common/statsd.h"
#include "common/timestamp.h"
#include "ring/partition_of.h"

namespace dbrepl {
namespace {

// The arguments of one line. A wrong type is the test's mistake and ends the probe.
class Arguments {
 public:
  explicit Arguments(const JsonValue::Array& line) : line_(line) {}

  const JsonValue& At(std::size_t i) const { return line_.at(i + 1); }
  std::string Text(std::size_t i) const {
    CHECK(At(i).AsString() != nullptr);
    return *At(i).AsString();
  }
  std::int64_t Int(std::size_t i) const {
    CHECK(At(i).AsInt() != nullptr);
    return *At(i).AsInt();
  }
  double Number(std::size_t i) const {
    double value = 0;
    CHECK(At(i).ToDouble(value));
    return value;
  }
  std::optional<double> MaybeNumber(std::size_t i) const {
    return At(i).IsNull() ? std::nullopt : std::optional(Number(i));
  }
  std::string Bytes(std::size_t i) const {
    const std::string hex = Text(i);
    std::string bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
      const auto byte = ParseInt<unsigned>(std::string_view(hex).substr(at, 2), 16);
      CHECK(byte.has_value());
      bytes.push_back(static_cast<char>(*byte));
    }
    return bytes;
  }

 private:
  const JsonValue::Array& line_;
};

// The member of an object, or `otherwise`.
std::string TextOption(const JsonValue& options, std::string_view name, std::string otherwise) {
  const JsonValue* value = options.Find(name);
  return value == nullptr ? std::move(otherwise) : *value->AsString();
}
int IntOption(const JsonValue& options, std::string_view name, int otherwise) {
  const JsonValue* value = options.Find(name);
  return value == nullptr ? otherwise : static_cast<int>(*value->AsInt());
}
double NumberOption(const JsonValue& options, std::string_view name, double otherwise) {
  if (const JsonValue* value = options.Find(name)) CHECK(value->ToDouble(otherwise));
  return otherwise;
}

JsonValue Forms(const Timestamp& time) {
  return JsonValue::Array{time.Normal(), time.Internal(), time.Short()};
}

Result<JsonValue> ParseTimestamp(const Arguments& arguments) {
  TRY_ASSIGN(const Timestamp time, Timestamp::Parse(arguments.Text(0)));
  return Forms(time);
}

Result<JsonValue> TimestampFromSeconds(const Arguments& arguments) {
  TRY_ASSIGN(const Timestamp time, Timestamp::FromSeconds(arguments.Number(0)));
  return Forms(time);
}

// -1, 0 or 1.
Result<JsonValue> CompareTimestamps(const Arguments& arguments) {
  TRY_ASSIGN(const Timestamp a, Timestamp::Parse(arguments.Text(0)));
  TRY_ASSIGN(const Timestamp b, Timestamp::Parse(arguments.Text(1)));
  return JsonValue(a < b ? -1 : a == b ? 0 : 1);
}

Result<JsonValue> Encode(const Arguments& arguments) {
  RowTimes times;
  TRY_ASSIGN(times.data, Timestamp::Parse(arguments.Text(0)));
  TRY_ASSIGN(times.content_type, Timestamp::Parse(arguments.Text(1)));
  TRY_ASSIGN(times.metadata, Timestamp::Parse(arguments.Text(2)));
  return JsonValue(EncodeRowTimes(times));
}

Result<JsonValue> Decode(const Arguments& arguments) {
  TRY_ASSIGN(const RowTimes times, DecodeRowTimes(arguments.Text(0)));
  return JsonValue(JsonValue::Array{times.data.Internal(), times.content_type.Internal(),
                                    times.metadata.Internal()});
}

// [prefix, suffix, account, container, object, part_shift]: the hash and the partition.
Result<JsonValue> Hash(const Arguments& arguments) {
  const HashPathConfig config{arguments.Bytes(0), arguments.Bytes(1)};
  TRY_ASSIGN(const Md5Digest hash,
             HashPath(config, arguments.Bytes(2), arguments.Bytes(3), arguments.Bytes(4)));
  const PartitionId partition = PartitionOfHash(hash, static_cast<int>(arguments.Int(5)));
  return JsonValue(JsonValue::Array{ToHex(hash), static_cast<std::int64_t>(partition.value())});
}

// [old hash, name, text]: the hash with this row.
Result<JsonValue> Chexor(const Arguments& arguments) {
  TRY_ASSIGN(RowHash hash, RowHash::Parse(arguments.Text(0)));
  hash.Toggle(arguments.Bytes(1), arguments.Bytes(2));
  return JsonValue(hash.Hex());
}

// [options, [[level, message]...]]: writes the lines; keys as in the configuration.
Result<JsonValue> WriteLog(const Arguments& arguments) {
  const JsonValue& conf = arguments.At(0);
  LogOptions options;
  options.name = TextOption(conf, "log_name", options.name);
  options.level = TextOption(conf, "log_level", options.level);
  options.facility = TextOption(conf, "log_facility", options.facility);
  options.address = TextOption(conf, "log_address", options.address);
  options.udp_host = TextOption(conf, "log_udp_host", options.udp_host);
  options.udp_port = IntOption(conf, "log_udp_port", options.udp_port);
  options.max_line_length = IntOption(conf, "log_max_line_length", options.max_line_length);
  const std::map<std::string, LogLevel> levels = {
      {"debug", LogLevel::kDebug},   {"info", LogLevel::kInfo},
      {"notice", LogLevel::kNotice}, {"warning", LogLevel::kWarning},
      {"error", LogLevel::kError},   {"critical", LogLevel::kCritical}};
  TRY_ASSIGN(const Logger logger, MakeLogger(options));
  for (const JsonValue& line : *arguments.At(1).AsArray()) {
    const auto& pair = *line.AsArray();
    logger.Log(levels.at(*pair.at(0).AsString()), *pair.at(1).AsString());
  }
  return JsonValue(true);
}

// [options, [[kind, metric, value, rate or null]...]].
Result<JsonValue> SendStats(const Arguments& arguments) {
  const JsonValue& conf = arguments.At(0);
  StatsdOptions options;
  options.host = TextOption(conf, "log_statsd_host", options.host);
  options.port = IntOption(conf, "log_statsd_port", options.port);
  options.name = TextOption(conf, "log_name", options.name);
  options.metric_prefix = TextOption(conf, "log_statsd_metric_prefix", options.metric_prefix);
  options.default_sample_rate =
      NumberOption(conf, "log_statsd_default_sample_rate", options.default_sample_rate);
  options.sample_rate_factor =
      NumberOption(conf, "log_statsd_sample_rate_factor", options.sample_rate_factor);
  StatsdClient client(options, {});
  for (const JsonValue& line : *arguments.At(1).AsArray()) {
    const auto& event = *line.AsArray();
    double number = 0;
    std::optional<double> rate;
    if (event.at(3).ToDouble(number)) rate = number;
    CHECK(event.at(2).ToDouble(number));
    const std::string& metric = *event.at(1).AsString();
    if (*event.at(0).AsString() == "increment") client.Increment(metric, rate);
    if (*event.at(0).AsString() == "timing") client.Timing(metric, number, rate);
  }
  return JsonValue(true);
}

// The one lock the probe holds between "lock" and "unlock".
std::optional<DirLock>& HeldLock() {
  static std::optional<DirLock> lock;
  return lock;
}

// [directory, milliseconds].
Result<JsonValue> Lock(const Arguments& arguments) {
  const std::chrono::milliseconds timeout(arguments.Int(1));
  TRY_ASSIGN(HeldLock(), DirLock::Acquire(arguments.Text(0), timeout));
  return JsonValue(true);
}

Result<JsonValue> Unlock(const Arguments&) {
  HeldLock().reset();
  return JsonValue(true);
}

JsonValue Answer(const std::string& line) {
  using Operation = Result<JsonValue> (*)(const Arguments&);
  static const std::map<std::string, Operation> operations = {
      {"timestamp", ParseTimestamp},
      {"from_seconds", TimestampFromSeconds},
      {"compare", CompareTimestamps},
      {"encode", Encode},
      {"decode", Decode},
      {"hash", Hash},
      {"chexor", Chexor},
      {"log", WriteLog},
      {"statsd", SendStats},
      {"lock", Lock},
      {"unlock", Unlock}};
  const auto document = ParseJson(line);
  CHECK(document && document->AsArray() != nullptr);
  const auto& words = *document->AsArray();
  const auto result = operations.at(*words.at(0).AsString())(Arguments(words));
  if (result) return *result;
  return JsonValue::Object{{"error", ErrcName(result.error().code)},
                           {"message", result.error().message}};
}

}  // namespace
}  // namespace dbrepl

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << dbrepl::DumpJson(dbrepl::Answer(line)) << "\n" << std::flush;
  }
  return 0;
}
