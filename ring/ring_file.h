// Ring files: reads every version that Swift writes today (1 and 2), writes both.
//
// swift-reference.md sections 2.1 - 2.4. Everything here is pure apart from the two functions that
// take a path; all are thread-safe. Errors name the file, and the offset or the section in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/result.h"
#include "ring/ring_data.h"

namespace dbrepl {

enum class RingFormat { kV1 = 1, kV2 = 2 };

// What a reader takes at most; above it a file is refused before memory is spent on it.
struct RingFileLimits {
  std::size_t max_file_bytes = std::size_t{1} << 30;
  std::size_t max_header_bytes = std::size_t{64} << 20;  // of JSON: about 250,000 devices
  std::size_t max_table_bytes = std::size_t{2} << 30;    // 3 replicas at part power 28
};

// The ring in a file. Missing: kNotFound. Unreadable: kIo. Not gzip, truncated, damaged, of a
// version other than 1 and 2 (version 0, a pickle, comes with a hint how to convert it), or with
// contents that break ValidateRingData: kBadInput.
Result<RingData> ReadRingFile(const std::string& path, const RingFileLimits& limits = {});

// The same from the bytes of a file; `name` stands in errors.
Result<RingData> ParseRingFile(std::string_view compressed, std::string_view name,
                               const RingFileLimits& limits = {});

// The bytes of a ring file, the same for the same ring and name. `name` is the file's base name
// without ".gz" and stands in the gzip header. Data that ValidateRingData refuses, or ids that the
// format cannot hold (v1: 2 bytes): kBadInput.
Result<std::string> SerializeRing(const RingData& data, RingFormat format, std::string_view name);

// Writes atomically with mode 0644: readers see the old file or the new one, and on any error
// (a full disk: kNoSpace) the old file is untouched.
Result<> WriteRingFile(const std::string& path, const RingData& data, RingFormat format);

}  // namespace dbrepl
