#include "replicator/recon/recon_devices.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/dir_stream.h"
#include "common/strings.h"
#include "replicator/shared/drive.h"

namespace dbrepl {
namespace {

// Names in the order of the directory.
Result<std::vector<std::string>> Entries(const std::string& directory) {
  DirStream stream(directory);
  std::vector<std::string> names;
  while (const char* name = stream.Next()) names.emplace_back(name);
  if (!stream.ok()) return Fail(ErrnoError(stream.error(), directory));
  return names;
}

Result<std::vector<std::string>> DeviceFolders(const std::string& devices) {
  TRY_ASSIGN(std::vector<std::string> names, Entries(devices));
  std::erase_if(names,
                [&](const std::string& name) { return !IsDirectory(StrCat(devices, "/", name)); });
  return names;
}

bool IsMounted(const std::string& devices, const std::string& name) {
  const auto drive = DriveName::Parse(name);
  return drive && CheckDrive(devices, *drive, true);
}

JsonValue WithoutNumbers(const std::string& name, JsonValue mounted) {
  return JsonValue::Object{
      {"device", name}, {"mounted", std::move(mounted)}, {"size", ""}, {"used", ""}, {"avail", ""}};
}

JsonValue UsageOf(const std::string& devices, const std::string& name) {
  if (!IsMounted(devices, name)) return WithoutNumbers(name, false);
  const std::string path = StrCat(devices, "/", name);
  struct statvfs disk {};
  // A text instead of true or false is what swift-recon shows as an error.
  if (::statvfs(path.c_str(), &disk) != 0)
    return WithoutNumbers(name, ErrnoError(errno, path).message);
  const auto bytes = [&](fsblkcnt_t blocks) {
    return static_cast<std::int64_t>(disk.f_bsize * blocks);
  };
  return JsonValue::Object{{"device", name},
                           {"mounted", true},
                           {"size", bytes(disk.f_blocks)},
                           {"used", bytes(disk.f_blocks - disk.f_bavail)},
                           {"avail", bytes(disk.f_bavail)}};
}

// A folder has a link from its parent, one from itself, and one from each folder in it.
std::int64_t SubfolderCount(const std::string& directory) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0 || status.st_nlink <= 2) return 0;
  return static_cast<std::int64_t>(status.st_nlink) - 2;
}

void AddTo(JsonValue& object, std::string_view key, std::int64_t count) {
  const JsonValue* before = object.Find(key);
  object.Set(std::string(key), (before == nullptr ? 0 : *before->AsInt()) + count);
}

// `type` is "accounts", "containers", "objects" or "objects-<policy>"; others are nobody's.
void AddQuarantined(JsonValue& answer, const std::string& type, std::int64_t count) {
  if (count == 0) return;
  if (!type.starts_with("objects")) {
    if (type == "accounts" || type == "containers") AddTo(answer, type, count);
    return;
  }
  const std::size_t dash = type.find('-');
  const std::string policy = dash == std::string::npos ? "0" : type.substr(dash + 1);
  JsonValue& policies = *answer.Find("policies");
  if (policies.Find(policy) == nullptr) policies.Set(policy, JsonValue::Object{});
  AddTo(*policies.Find(policy), "objects", count);
  AddTo(answer, "objects", count);
}

}  // namespace

JsonValue ListDevices(const std::string& devices) {
  const auto names = Entries(devices);
  if (!names) return JsonValue::Object{{devices, nullptr}};
  return JsonValue::Object{{devices, JsonValue::Array(names->begin(), names->end())}};
}

Result<JsonValue> ListUnmounted(const std::string& devices) {
  TRY_ASSIGN(const std::vector<std::string> names, DeviceFolders(devices));
  JsonValue::Array answer;
  for (const std::string& name : names)
    if (!IsMounted(devices, name))
      answer.push_back(JsonValue::Object{{"device", name}, {"mounted", false}});
  return JsonValue(std::move(answer));
}

Result<JsonValue> ReadDiskUsage(const std::string& devices) {
  TRY_ASSIGN(const std::vector<std::string> names, DeviceFolders(devices));
  JsonValue::Array answer;
  for (const std::string& name : names) answer.push_back(UsageOf(devices, name));
  return JsonValue(std::move(answer));
}

Result<JsonValue> CountQuarantined(const std::string& devices) {
  TRY_ASSIGN(const std::vector<std::string> names, Entries(devices));
  JsonValue answer = JsonValue::Object{
      {"objects", 0}, {"containers", 0}, {"accounts", 0}, {"policies", JsonValue::Object{}}};
  for (const std::string& name : names) {
    const std::string quarantined = StrCat(devices, "/", name, "/quarantined");
    const auto types = Entries(quarantined);
    if (!types) continue;  // nothing was quarantined, or the device is away
    for (const std::string& type : *types)
      AddQuarantined(answer, type, SubfolderCount(StrCat(quarantined, "/", type)));
  }
  return answer;
}

}  // namespace dbrepl
