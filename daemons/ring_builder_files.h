// The files of one ring-builder run: the builder, its ring, their backups, and the lock on their
// directory. Used by one thread.
#pragma once

#include <string>

#include "common/dir_lock.h"
#include "common/result.h"
#include "ring/builder_file.h"
#include "ring/ring_file.h"

namespace dbrepl {

struct BuilderPaths {
  std::string builder;
  std::string ring;
};

// From what was typed: a builder "x.builder" (or "x.builder.json", or any other name) or its ring
// "x.ring.gz".
BuilderPaths BuilderPathsFor(const std::string& argument);

// Held by commands that change files; not had within 15 seconds: kBusy.
Result<DirLock> LockBuilderDirectory(const BuilderPaths& paths);

// Where changes of a loaded builder go: its own file, or, since Swift's pickles are never
// overwritten, a file of our own beside it. That file exists already: kExists with a hint to name
// it instead.
Result<std::string> SavePath(const BuilderPaths& paths, BuilderFormat format);

// Writes the builder atomically; gives it its id first, if it has none.
Result<> SaveBuilder(const std::string& path, Builder& builder);

// Writes backups/<unix time>.<name> of builder and ring, then both files. A failure before the last
// step, such as a full disk, leaves the old files untouched.
Result<> SaveBuilderAndRing(const std::string& builder_path, const std::string& ring_path,
                            Builder& builder, RingFormat format, double now_seconds);

// The same for a new builder without a ring, and for a ring alone.
Result<> SaveBuilderWithBackup(const std::string& path, Builder& builder, double now_seconds);
Result<> SaveRingWithBackup(const std::string& path, const Builder& builder, RingFormat format,
                            double now_seconds);

}  // namespace dbrepl
