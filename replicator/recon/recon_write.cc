#include "replicator/recon/recon_write.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/files.h"
#include "common/strings.h"
#include "common/unique_fd.h"
#include "replicator/recon/recon_cache.h"

namespace dbrepl {
namespace {

constexpr std::chrono::seconds kLockTimeout{2};
constexpr std::chrono::milliseconds kPause{10};
constexpr mode_t kMode = 0600;

Result<> Lock(int fd, const std::string& file) {
  const Deadline end = Deadline::After(kLockTimeout, SystemClock());
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Fail(ErrnoError(errno, file));
    if (end.Passed(SystemClock()))
      return Fail(Errc::kBusy, StrCat(file, ": lock not had within ", kLockTimeout.count(), " s"));
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

bool IsStillThere(int fd, const std::string& file) {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd, &open) == 0 && ::stat(file.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

// The file, locked, and not one that somebody has replaced meanwhile.
Result<UniqueFd> OpenLocked(const std::string& file) {
  // Each time somebody else has got his work done.
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
    if (!fd) return Fail(ErrnoError(errno, file));
    TRY(Lock(fd.get(), file));
    if (IsStillThere(fd.get(), file)) return fd;
  }
  return Fail(Errc::kBusy,
              StrCat(file, ": replaced ", kTries, " times while waiting for its lock"));
}

// The object in the file's first line.
JsonValue ReadEntries(const std::string& file, const Logger& logger) {
  const auto text = ReadFile(file, kMaxReconCacheBytes);
  std::string problem;
  if (text) {
    const std::string line = text->substr(0, text->find('\n'));
    if (line.empty()) return JsonValue::Object{};
    auto value = ParseJson(line);
    if (value && value->AsObject() != nullptr) return *std::move(value);
    problem = value ? "no JSON object" : value.error().message;
  } else {
    problem = text.error().message;
  }
  logger.Warning(file, ": ", problem, "; what was in it is lost");
  return JsonValue::Object{};
}

bool IsEmptyObject(const JsonValue& value) {
  return value.AsObject() != nullptr && value.AsObject()->empty();
}

void Remove(JsonValue& object, std::string_view name) {
  std::erase_if(*object.AsObject(),
                [&](const JsonValue::Member& member) { return member.first == name; });
}

// Swift's put_recon_cache_entry.
void Merge(JsonValue& entries, const std::string& key, const JsonValue& value) {
  if (IsEmptyObject(value)) return Remove(entries, key);
  if (value.AsObject() == nullptr) return entries.Set(key, value);
  JsonValue* present = entries.Find(key);
  if (present == nullptr || present->AsObject() == nullptr) entries.Set(key, JsonValue::Object{});
  JsonValue& target = *entries.Find(key);
  for (const auto& [name, inner] : *value.AsObject()) {
    if (IsEmptyObject(inner)) {
      Remove(target, name);
    } else {
      target.Set(name, inner);
    }
  }
}

}  // namespace

std::string ReconCacheFile(const std::string& recon_cache_path, std::string_view kind) {
  return StrCat(recon_cache_path, "/", kind, ".recon");
}

Result<> WriteReconCache(const std::string& file, const JsonValue::Object& entries,
                         const Logger& logger) {
  TRY_ASSIGN(const UniqueFd lock, OpenLocked(file));
  JsonValue all = ReadEntries(file, logger);
  for (const auto& [key, value] : entries) Merge(all, key, value);
  TRY_ASSIGN(AtomicFile replacement, AtomicFile::Create(file, kMode));
  TRY(replacement.Write(StrCat(DumpJson(all, JsonKeys::kSorted), "\n")));
  return replacement.Commit(AtomicFile::Durability::kNone);
}

}  // namespace dbrepl
