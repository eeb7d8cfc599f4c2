// The listing of a builder, search, list, list_parts, validate: what a person looks up.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <unistd.h>

#include "common/clock.h"
#include "common/strings.h"
#include "daemons/ring_builder_command.h"
#include "daemons/ring_builder_search.h"
#include "daemons/ring_builder_table.h"
#include "ring/dispersion.h"

namespace dbrepl {

namespace {

struct Census {
  std::size_t regions = 0;
  std::size_t zones = 0;
  std::size_t devices = 0;
};

Census CountDevices(const Builder& builder) {
  std::set<std::int64_t> regions;
  std::set<std::pair<std::int64_t, std::int64_t>> zones;
  Census census;
  for (const auto& device : builder.devices) {
    if (!device) continue;
    regions.insert(device->region);
    zones.emplace(device->region, device->zone);
    ++census.devices;
  }
  census.regions = regions.size();
  census.zones = zones.size();
  return census;
}

// How the ring file stands to the builder: a word for programs, a line for people.
struct RingState {
  std::string_view word;
  std::string line;
};

RingState CompareRing(const RingBuilderRun& run, const Builder& builder) {
  const std::string& path = run.paths.ring;
  if (::access(path.c_str(), F_OK) != 0) {
    return {"missing",
            StrCat("Ring file ", path, " not found, probably it hasn't been written yet")};
  }
  auto ring = ReadRingFile(path);
  if (!ring) return {"invalid", StrCat("Ring file ", path, " is invalid: ", ring.error().message)};
  const RingData wanted = RingDataOf(builder);
  ring->device_id_bytes = wanted.device_id_bytes;
  if (*ring == wanted) return {"up-to-date", StrCat("Ring file ", path, " is up-to-date")};
  return {"obsolete", StrCat("Ring file ", path, " is obsolete")};
}

std::string Listing(const RingBuilderRun& run, const Builder& builder, const Balance& balance,
                    const Census& census, const RingState& ring, std::int64_t seconds_left) {
  std::string text =
      StrCat(run.paths.builder, ", build version ", builder.version, ", id ",
             builder.id.empty() ? "(not assigned)" : builder.id, "\n", builder.PartitionCount(),
             " partitions, ", FixedDecimals(builder.replicas, 6), " replicas, ", census.regions,
             " regions, ", census.zones, " zones, ", census.devices, " devices, ",
             FixedDecimals(balance.worst, 2), " balance");
  if (builder.dispersion)
    text += StrCat(", ", FixedDecimals(*builder.dispersion, 2), " dispersion");
  text += StrCat("\nThe minimum number of hours before a partition can be reassigned is ",
                 builder.min_part_hours, " (", FormatDuration(seconds_left),
                 " remaining)\nThe overload factor is ", FixedDecimals(builder.overload * 100, 2),
                 "% (", FixedDecimals(builder.overload, 6), ")\n", ring.line, "\n",
                 DeviceTable(builder, balance));
  if (balance.no_weight) {
    text += "There are no devices in this ring, or all devices have been deleted\n";
  }
  return text;
}

JsonValue OrNull(const std::optional<double>& value) {
  JsonValue json;
  if (value) json = *value;
  return json;
}

JsonValue DeviceAnswers(const Builder& builder, const Balance& balance,
                        const std::vector<DeviceId>& ids) {
  JsonValue::Array devices;
  for (const DeviceId id : ids) devices.push_back(DeviceAnswer(builder, balance, id));
  return devices;
}

Outcome AnswerSearch(const RingBuilderRun& run, const Builder& builder,
                     const std::vector<DeviceId>& devices) {
  const Balance balance = MeasureBalance(builder);
  const JsonValue json = JsonValue::Object{{"devices", DeviceAnswers(builder, balance, devices)}};
  if (devices.empty()) {
    run.Answer("No matching devices found\n", json);
    return Outcome::kNothingDone;
  }
  run.Answer(SearchTable(builder, balance, devices), json);
  return Outcome::kDone;
}

struct PartitionMatches {
  std::size_t partition = 0;
  std::size_t count = 0;
};

// Partitions with replicas on these devices, most replicas first, then in the order of the replica
// on them.
std::vector<PartitionMatches> FindPartitions(const Builder& builder,
                                             const std::vector<DeviceId>& devices) {
  std::vector<bool> wanted(builder.devices.size(), false);
  for (const DeviceId id : devices) wanted[id] = true;
  std::vector<std::size_t> counts(builder.PartitionCount(), 0);
  std::vector<std::size_t> found;
  for (const auto& row : builder.rows) {
    for (std::size_t partition = 0; partition < row.size(); ++partition) {
      if (wanted[row[partition]] && counts[partition]++ == 0) found.push_back(partition);
    }
  }
  std::vector<PartitionMatches> matches;
  matches.reserve(found.size());
  for (const std::size_t partition : found) matches.push_back({partition, counts[partition]});
  std::stable_sort(
      matches.begin(), matches.end(),
      [](const PartitionMatches& a, const PartitionMatches& b) { return a.count > b.count; });
  return matches;
}

}  // namespace

Result<Outcome> ShowBuilder(RingBuilderRun& run) {
  const Builder& builder = run.builder();
  const Balance balance = MeasureBalance(builder);
  const Census census = CountDevices(builder);
  const RingState ring = CompareRing(run, builder);
  const std::int64_t seconds_left = MinPartSecondsLeft(builder, SystemClock().NowSeconds());
  const JsonValue all = DeviceAnswers(builder, balance, SearchDevices(builder, DeviceSearch()));
  run.Answer(Listing(run, builder, balance, census, ring, seconds_left),
             JsonValue::Object{{"builder", run.paths.builder},
                               {"id", builder.id},
                               {"version", builder.version},
                               {"partitions", static_cast<std::int64_t>(builder.PartitionCount())},
                               {"part_power", builder.part_power},
                               {"replicas", builder.replicas},
                               {"regions", static_cast<std::int64_t>(census.regions)},
                               {"zones", static_cast<std::int64_t>(census.zones)},
                               {"balance", balance.worst},
                               {"dispersion", OrNull(builder.dispersion)},
                               {"min_part_hours", builder.min_part_hours},
                               {"min_part_seconds_left", seconds_left},
                               {"overload", builder.overload},
                               {"ring", run.paths.ring},
                               {"ring_state", ring.word},
                               {"devices", all}});
  return Outcome::kDone;
}

Result<Outcome> SearchCommand(RingBuilderRun& run) {
  TRY_ASSIGN(const std::vector<DeviceId> devices, SelectDevices(run));
  return AnswerSearch(run, run.builder(), devices);
}

Result<Outcome> ListCommand(RingBuilderRun& run) {
  if (!run.line.words.empty() || HasDeviceOptions(run.line)) return SearchCommand(run);
  return AnswerSearch(run, run.builder(), SearchDevices(run.builder(), DeviceSearch()));
}

Result<Outcome> ListPartsCommand(RingBuilderRun& run) {
  if (!run.builder().EverRebalanced()) {
    return Fail(Errc::kBadInput, StrCat(run.paths.builder, ": no partition is assigned yet"),
                "run rebalance first");
  }
  TRY_ASSIGN(const std::vector<DeviceId> devices, SelectDevices(run));
  const std::vector<PartitionMatches> matches = FindPartitions(run.builder(), devices);
  std::string text = "Partition   Matches\n";
  JsonValue::Array json;
  for (const PartitionMatches& match : matches) {
    text +=
        StrCat(PadLeft(StrCat(match.partition), 9), "   ", PadLeft(StrCat(match.count), 7), "\n");
    json.push_back(JsonValue::Object{{"partition", static_cast<std::int64_t>(match.partition)},
                                     {"matches", static_cast<std::int64_t>(match.count)}});
  }
  if (matches.empty()) text = "No matching devices found\n";
  run.Answer(text, JsonValue::Object{{"partitions", std::move(json)}});
  return matches.empty() ? Outcome::kNothingDone : Outcome::kDone;
}

Result<Outcome> ValidateCommand(RingBuilderRun& run) {
  if (auto valid = ValidateBuilder(run.builder()); !valid) {
    return Fail(std::move(valid).error().Within(run.paths.builder));
  }
  run.Answer("", JsonValue::Object{{"valid", true}});
  return Outcome::kDone;
}

}  // namespace dbrepl
