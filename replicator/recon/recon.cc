#include "replicator/recon/recon.h"

#include <optional>
#include <utility>

#include "common/json.h"
#include "common/percent.h"
#include "common/strings.h"
#include "replicator/recon/recon_cache.h"
#include "replicator/recon/recon_devices.h"
#include "replicator/recon/recon_sums.h"
#include "replicator/recon/recon_system.h"

namespace dbrepl {
namespace {

constexpr std::string_view kPrefix = "/recon/";

struct LiveCheck {
  std::string_view name;
  Result<JsonValue> (*read)(const ReconOptions& options);
};

// What is looked up at the moment it is asked for; a type behind the name is overlooked.
constexpr LiveCheck kLiveChecks[] = {
    {"mem", [](const ReconOptions& o) { return ReadMemory(o.proc); }},
    {"load", [](const ReconOptions& o) { return ReadLoad(o.proc); }},
    {"mounted", [](const ReconOptions& o) { return ReadMounts(o.proc); }},
    {"sockstat", [](const ReconOptions& o) { return ReadSockets(o.proc); }},
    {"devices", [](const ReconOptions& o) -> Result<JsonValue> { return ListDevices(o.devices); }},
    {"unmounted", [](const ReconOptions& o) { return ListUnmounted(o.devices); }},
    {"diskusage", [](const ReconOptions& o) { return ReadDiskUsage(o.devices); }},
    {"quarantined", [](const ReconOptions& o) { return CountQuarantined(o.devices); }},
    {"ringmd5",
     [](const ReconOptions& o) -> Result<JsonValue> { return RingSums(o.rings, o.logger); }},
    {"swiftconfmd5",
     [](const ReconOptions& o) -> Result<JsonValue> {
       return SwiftConfSum(o.swift_conf, o.logger);
     }},
    {"version",
     [](const ReconOptions& o) -> Result<JsonValue> {
       return JsonValue(JsonValue::Object{{"version", o.version}});
     }},
    {"time",
     [](const ReconOptions& o) -> Result<JsonValue> { return JsonValue(o.clock->NowSeconds()); }},
};

// The path without the query, percent signs taken away.
std::string PathOf(std::string_view target) {
  return PercentDecode(target.substr(0, target.find('?')));
}

// nullopt: nothing of that name.
std::optional<Result<JsonValue>> Read(const ReconOptions& options, std::string_view check,
                                      std::optional<std::string_view> type) {
  for (const LiveCheck& live : kLiveChecks)
    if (live.name == check) return live.read(options);
  auto cached = ReadReconCache(options.recon_cache_path, check, type, options.logger);
  if (!cached) return std::nullopt;
  return Result<JsonValue>(*std::move(cached));
}

}  // namespace

bool Recon::Handles(std::string_view target) { return PathOf(target).starts_with(kPrefix); }

HttpResponse Recon::Answer(std::string_view target) const {
  const std::string path = PathOf(target);
  const std::string_view rest = std::string_view(path).substr(kPrefix.size());
  const std::size_t slash = rest.find('/');
  const auto type = slash == std::string_view::npos
                        ? std::nullopt
                        : std::optional<std::string_view>(rest.substr(slash + 1));
  const auto answer = Read(options_, rest.substr(0, slash), type);
  if (!answer)
    return MakeResponse(404, "text/plain", StrCat("Invalid path: ", PercentEncode(path)));
  if (!*answer) {
    options_.logger.Error("recon: ", answer->error().message);
    return MakeResponse(500, "text/plain", StrCat(answer->error().message, "\n"));
  }
  return MakeResponse(200, "application/json", DumpJson(**answer));
}

}  // namespace dbrepl
