#include "daemons/ring_builder_files.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <unistd.h>

#include "common/files.h"
#include "common/random.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::string_view kBuilderEnd = ".builder";
constexpr std::string_view kOwnEnd = ".json";
constexpr std::string_view kRingEnd = ".ring.gz";
constexpr std::string_view kGzipEnd = ".gz";
constexpr mode_t kMode = 0644;

std::string WithoutEnd(std::string text, std::string_view end) {
  if (std::string_view(text).ends_with(end)) text.resize(text.size() - end.size());
  return text;
}

void GiveId(Builder& builder) {
  if (!builder.id.empty()) return;
  builder.id = Uuid4(SystemRandom());
  std::erase(builder.id, '-');
}

Result<std::string> BackupPath(const std::string& path, double now_seconds) {
  const std::string directory = StrCat(DirName(path), "/backups");
  TRY(MakeDirectories(directory));
  return StrCat(directory, "/", static_cast<std::int64_t>(now_seconds), ".", BaseName(path));
}

// A file that is complete on disk but not yet in place.
Result<AtomicFile> Prepare(const std::string& path, std::string_view bytes) {
  TRY_ASSIGN(AtomicFile file, AtomicFile::Create(path, kMode));
  TRY(file.Write(bytes));
  return file;
}

Result<> Write(const std::string& path, std::string_view bytes) {
  TRY_ASSIGN(AtomicFile file, Prepare(path, bytes));
  return file.Commit();
}

Result<std::string> RingBytes(const std::string& path, const Builder& builder, RingFormat format) {
  auto bytes = SerializeRing(RingDataOf(builder), format, WithoutEnd(BaseName(path), kGzipEnd));
  if (bytes) return bytes;
  return Fail(std::move(bytes).error().Within(path));
}

}  // namespace

BuilderPaths BuilderPathsFor(const std::string& argument) {
  if (std::string_view(argument).ends_with(kRingEnd)) {
    return {StrCat(WithoutEnd(argument, kRingEnd), kBuilderEnd), argument};
  }
  const std::string without_json =
      std::string_view(argument).ends_with(StrCat(kBuilderEnd, kOwnEnd))
          ? WithoutEnd(argument, kOwnEnd)
          : argument;
  return {argument, StrCat(WithoutEnd(without_json, kBuilderEnd), kRingEnd)};
}

Result<DirLock> LockBuilderDirectory(const BuilderPaths& paths) {
  constexpr std::chrono::seconds kTimeout(15);
  auto lock = DirLock::AcquireExisting(DirName(paths.builder), kTimeout);
  if (lock || lock.error().code != Errc::kBusy) return lock;
  Error error = std::move(lock).error();
  error.hint = "another ring-builder is at work in this directory; try again";
  return Fail(std::move(error));
}

Result<std::string> SavePath(const BuilderPaths& paths, BuilderFormat format) {
  if (format == BuilderFormat::kJson) return paths.builder;
  std::string own = StrCat(paths.builder, kOwnEnd);
  if (::access(own.c_str(), F_OK) == 0) {
    return Fail(
        Errc::kExists,
        StrCat(paths.builder, ": is Swift's and stays as it is; changes of it are in ", own),
        StrCat("name ", own, " instead, or move it away to start again from Swift's"));
  }
  return own;
}

Result<> SaveBuilder(const std::string& path, Builder& builder) {
  GiveId(builder);
  return Write(path, SerializeBuilder(builder));
}

Result<> SaveBuilderAndRing(const std::string& builder_path, const std::string& ring_path,
                            Builder& builder, RingFormat format, double now_seconds) {
  GiveId(builder);
  const std::string builder_bytes = SerializeBuilder(builder);
  TRY_ASSIGN(const std::string ring_bytes, RingBytes(ring_path, builder, format));
  TRY_ASSIGN(const std::string ring_backup, BackupPath(ring_path, now_seconds));
  TRY_ASSIGN(const std::string builder_backup, BackupPath(builder_path, now_seconds));
  TRY(Write(ring_backup, ring_bytes));
  TRY(Write(builder_backup, builder_bytes));
  TRY_ASSIGN(AtomicFile ring, Prepare(ring_path, ring_bytes));
  TRY_ASSIGN(AtomicFile builder_file, Prepare(builder_path, builder_bytes));
  // The builder first: a ring without its builder could not be changed any more, while write_ring
  // makes up for a missing ring.
  TRY(builder_file.Commit());
  return ring.Commit();
}

Result<> SaveBuilderWithBackup(const std::string& path, Builder& builder, double now_seconds) {
  GiveId(builder);
  const std::string bytes = SerializeBuilder(builder);
  TRY_ASSIGN(const std::string backup, BackupPath(path, now_seconds));
  TRY(Write(backup, bytes));
  return Write(path, bytes);
}

Result<> SaveRingWithBackup(const std::string& path, const Builder& builder, RingFormat format,
                            double now_seconds) {
  TRY_ASSIGN(const std::string bytes, RingBytes(path, builder, format));
  TRY_ASSIGN(const std::string backup, BackupPath(path, now_seconds));
  TRY(Write(backup, bytes));
  return Write(path, bytes);
}

}  // namespace dbrepl
