#include "broker/file_slot.h"

#include <atomic>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include <sqlite3.h>

#include "common/mutex.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::string_view kPrefix = "/dbrepl-slot/";
constexpr std::string_view kJournal = "-journal";
constexpr std::string_view kLog = "-wal";

class Registry {
 public:
  void Add(const std::string& name, FileSlot* slot) {
    const MutexLock lock(mutex_);
    slots_.emplace(name, slot);
  }
  void Remove(const std::string& name) {
    const MutexLock lock(mutex_);
    slots_.erase(name);
  }
  FileSlot* Find(const std::string& name) {
    const MutexLock lock(mutex_);
    const auto found = slots_.find(name);
    return found == slots_.end() ? nullptr : found->second;
  }

 private:
  Mutex mutex_;
  std::unordered_map<std::string, FileSlot*> slots_ GUARDED_BY(mutex_);
};

Registry& Slots() {
  static Registry registry;
  return registry;
}

std::string NextName() {
  static std::atomic<std::uint64_t> count = 0;
  return StrCat(kPrefix, ++count);
}

std::string RealPath(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_symlink(path, error)) {
    std::filesystem::path target = std::filesystem::canonical(path, error);
    if (!error) return target.string();
  }
  if (!path.empty() && path.front() == '/') return path;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.string();
}

}  // namespace

void FileSlot::FreeFileName::operator()(const char* name) const { sqlite3_free_filename(name); }

FileSlot::FileSlot(const std::string& path) : name_(NextName()) {
  PointTo(path);
  Slots().Add(name_, this);
}

FileSlot::~FileSlot() { Slots().Remove(name_); }

void FileSlot::PointTo(const std::string& path) {
  path_ = RealPath(path);
  journal_ = StrCat(path_, kJournal);
  log_ = StrCat(path_, kLog);
  file_name_.reset(
      sqlite3_create_filename(path_.c_str(), journal_.c_str(), log_.c_str(), 0, nullptr));
}

FileSlot* FileSlot::Find(const char* name) {
  std::string_view base(name);
  if (!base.starts_with(kPrefix)) return nullptr;
  for (const std::string_view ending : {kJournal, kLog})
    if (base.ends_with(ending)) base.remove_suffix(ending.size());
  return Slots().Find(std::string(base));
}

const char* FileSlot::PathOf(const char* name) {
  const FileSlot* slot = Find(name);
  if (slot == nullptr) return name;
  const std::string_view whole(name);
  if (whole.ends_with(kJournal)) return slot->journal_.c_str();
  if (whole.ends_with(kLog)) return slot->log_.c_str();
  return slot->path_.c_str();
}

}  // namespace dbrepl
