// A database's metadata: headers such as X-Container-Meta-Color with value and time of setting,
// kept as one JSON object {"<name>": ["<value>", "<timestamp>"]} (swift-reference.md section 3.14).
// Pure functions on plain data; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

// An empty value means that the header was deleted at that time.
struct MetadataItem {
  std::string name;
  std::string value;
  std::string timestamp;  // compared as text

  bool operator==(const MetadataItem&) const = default;
};
using Metadata = std::vector<MetadataItem>;  // in order of first setting

// Empty text is no items. No JSON object, or a member that is not [text, text]: kBadInput.
Result<Metadata> ParseMetadata(std::string_view json);

// As Python's json.dumps writes it; "{}" for no items.
std::string DumpMetadata(const Metadata& metadata);

// nullptr when there is no such name. Case counts.
const MetadataItem* FindMetadata(const Metadata& metadata, std::string_view name);

// Takes over the updates that are new or have a greater timestamp than what is there; ties keep
// what is there. True when at least one was taken.
bool MergeMetadata(Metadata& metadata, const Metadata& updates);

// Drops the items that were deleted before this time; true when there were any. An unreadable
// timestamp of a deleted item: kBadInput.
Result<bool> ReclaimMetadata(Metadata& metadata, double before_seconds);

// What a client may set; replicated metadata is not judged.
struct MetadataLimits {
  std::size_t max_count = 90;           // X-{Account,Container}-Meta- items with a value
  std::size_t max_overall_size = 4096;  // characters of their names (less the prefix) and values
};
// Passed, or text that is not UTF-8: kBadInput in the words that Swift answers.
Result<> CheckMetadataLimits(const Metadata& metadata, const MetadataLimits& limits);

}  // namespace dbrepl
