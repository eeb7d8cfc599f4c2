#include "replicator/recon/recon_cache.h"

#include <array>

#include "common/files.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::string_view kAnyType = "*";
constexpr std::string_view kNoType;

struct CacheCheck {
  std::string_view check;
  std::string_view type;  // kAnyType: whatever follows is overlooked
  std::string_view file;
  std::array<std::string_view, 5> keys;  // up to the first empty one
};

// As Swift's recon middleware has them, but for one.
constexpr CacheCheck kChecks[] = {
    {"async", kAnyType, "object.recon", {"async_pending", "async_pending_last"}},
    {"replication",
     "account",
     "account.recon",
     {"replication_time", "replication_stats", "replication_last"}},
    {"replication",
     "container",
     "container.recon",
     {"replication_time", "replication_stats", "replication_last"}},
    {"replication",
     "object",
     "object.recon",
     {"replication_time", "replication_stats", "replication_last", "object_replication_time",
      "object_replication_last"}},
    {"replication",
     kNoType,
     "object.recon",
     {"replication_time", "replication_stats", "replication_last", "object_replication_time",
      "object_replication_last"}},
    // Not Swift's: how far the running pass is.
    {"replication_progress", "account", "account.recon", {kProgressKey}},
    {"replication_progress", "container", "container.recon", {kProgressKey}},
    {"updater", "container", "container.recon", {"container_updater_sweep"}},
    {"updater", "object", "object.recon", {"object_updater_sweep"}},
    {"auditor",
     "account",
     "account.recon",
     {"account_audits_passed", "account_auditor_pass_completed", "account_audits_since",
      "account_audits_failed"}},
    {"auditor",
     "container",
     "container.recon",
     {"container_audits_passed", "container_auditor_pass_completed", "container_audits_since",
      "container_audits_failed"}},
    {"auditor", "object", "object.recon", {"object_auditor_stats_ALL", "object_auditor_stats_ZBF"}},
    {"expirer", "object", "object.recon", {"object_expiration_pass", "expired_last_pass"}},
    {"driveaudit", kAnyType, "drive.recon", {"drive_audit_errors"}},
    {"sharding", kAnyType, "container.recon", {"sharding_stats", "sharding_time", "sharding_last"}},
    {"relinker", kAnyType, "relinker.recon", {"devices", "workers"}},
    {"reconstruction",
     "object",
     "object.recon",
     {"object_reconstruction_last", "object_reconstruction_time"}},
};

const CacheCheck* FindCheck(std::string_view check, std::optional<std::string_view> type) {
  for (const CacheCheck& candidate : kChecks) {
    if (candidate.check != check) continue;
    const bool matches = candidate.type == kAnyType || (type && candidate.type == *type) ||
                         (!type && candidate.type == kNoType);
    if (matches) return &candidate;
  }
  return nullptr;
}

Result<JsonValue> ReadObject(const std::string& path) {
  TRY_ASSIGN(const std::string text, ReadFile(path, kMaxReconCacheBytes));
  auto value = ParseJson(text);
  if (!value) return Fail(std::move(value).error().Within(path));
  if (value->AsObject() == nullptr) return Fail(Errc::kBadInput, StrCat(path, ": no JSON object"));
  return value;
}

}  // namespace

std::optional<JsonValue> ReadReconCache(const std::string& folder, std::string_view check,
                                        std::optional<std::string_view> type,
                                        const Logger& logger) {
  const CacheCheck* found = FindCheck(check, type);
  if (found == nullptr) return std::nullopt;
  const Result<JsonValue> cache = ReadObject(StrCat(folder, "/", found->file));
  // The relinker runs once in a cluster's life; a node without its file is nothing to tell.
  const bool is_expected = !cache && check == "relinker" && cache.error().code == Errc::kNotFound;
  if (!cache && !is_expected)
    logger.Error("Error reading recon cache file: ", cache.error().message);
  JsonValue::Object answer;
  for (const std::string_view key : found->keys) {
    if (key.empty()) break;
    const JsonValue* value = cache ? cache->Find(key) : nullptr;
    answer.emplace_back(key, value == nullptr ? JsonValue() : *value);
  }
  return answer;
}

}  // namespace dbrepl
