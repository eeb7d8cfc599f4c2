// What recon tells about the machine: memory, load, mounts, sockets, with the keys of Swift's recon
// middleware (swift-reference.md section 6.8). Thread-safe.
//
// `proc` is the folder of the proc file system: "/proc", a sample in tests. A file that is missing
// or not in its usual form: the reader's error (kNotFound, kBadInput, kIo).
#pragma once

#include <string>

#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

// {"MemTotal": "16314048 kB", ...}: every line of meminfo, texts as they stand there.
Result<JsonValue> ReadMemory(const std::string& proc);

// {"1m", "5m", "15m": numbers, "tasks": "1/345", "processes": the last process id}.
Result<JsonValue> ReadLoad(const std::string& proc);

// [{"device": ..., "path": ...}] of every mount, names escaped as the kernel does it.
Result<JsonValue> ReadMounts(const std::string& proc);

// tcp_in_use, orphan, time_wait, tcp_mem_allocated_bytes, tcp6_in_use; those of a file that is
// missing are left out.
Result<JsonValue> ReadSockets(const std::string& proc);

}  // namespace dbrepl
