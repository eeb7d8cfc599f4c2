// Version 2: sections behind their lengths, an index of them with checksums, and at the end the
// index's place (swift-reference.md section 2.4).
//
// The reader inflates everything and walks the lengths, so it also reads files that another gzip
// packed again, in which Swift cannot seek any more. The index is held to what the walk found.
#include <array>
#include <map>
#include <utility>

#include "common/digest.h"
#include "common/strings.h"
#include "ring/ring_file_formats.h"

namespace dbrepl {

namespace {

constexpr int kLengthBytes = 8;
constexpr std::size_t kTrailerBytes = std::size_t{2} * kLengthBytes;
constexpr std::uint64_t kMagicBytes = 6;  // contents before the first section
constexpr std::string_view kMetadata = "swift/ring/metadata";
constexpr std::string_view kDevices = "swift/ring/devices";
constexpr std::string_view kAssignments = "swift/ring/assignments";

// The contents after magic and version, taken apart.
struct Blobs {
  std::string contents;
  std::map<std::uint64_t, std::string_view> by_offset;  // with their lengths in front
  std::uint64_t index_offset = 0;
};

// Offsets are those of the whole contents, as the index gives them.
Result<Blobs> WalkBlobs(std::string contents) {
  Blobs blobs;
  blobs.contents = std::move(contents);
  std::string_view rest = blobs.contents;
  if (rest.size() < kTrailerBytes) {
    return Fail(Errc::kBadInput, "too short: no room for the place of the index");
  }
  blobs.index_offset = FromBigEndian(rest.substr(rest.size() - kTrailerBytes, kLengthBytes));
  rest.remove_suffix(kTrailerBytes);
  std::uint64_t offset = kMagicBytes;
  while (!rest.empty()) {
    if (rest.size() < kLengthBytes) {
      return Fail(Errc::kBadInput, StrCat("offset ", offset, ": too short for a section"));
    }
    const std::uint64_t length = FromBigEndian(rest.substr(0, kLengthBytes));
    if (length > rest.size() - kLengthBytes) {
      return Fail(Errc::kBadInput,
                  StrCat("offset ", offset, ": section of ", length, " bytes, only ",
                         rest.size() - kLengthBytes, " are left"));
    }
    const std::size_t size = kLengthBytes + static_cast<std::size_t>(length);
    blobs.by_offset[offset] = rest.substr(0, size);
    rest.remove_prefix(size);
    offset += size;
  }
  return blobs;
}

Result<JsonValue> ReadIndex(const Blobs& blobs, const RingFileLimits& limits) {
  const auto last = blobs.by_offset.rbegin();
  if (last == blobs.by_offset.rend() || last->first != blobs.index_offset) {
    return Fail(Errc::kBadInput, StrCat("not at offset ", blobs.index_offset,
                                        ", where the end of the file says it is"));
  }
  TRY_ASSIGN(JsonValue index, ParseHeader(last->second.substr(kLengthBytes), limits));
  if (index.AsObject() == nullptr) return Fail(Errc::kBadInput, "must be an object");
  return index;
}

std::optional<DigestKind> DigestNamed(const std::string& name) {
  if (name == "md5") return DigestKind::kMd5;
  if (name == "sha1") return DigestKind::kSha1;
  if (name == "sha256") return DigestKind::kSha256;
  if (name == "sha512") return DigestKind::kSha512;
  return std::nullopt;
}

struct IndexEntry {
  std::uint64_t start = 0;  // in the contents; offsets in the file may be stale and are not used
  std::uint64_t end = 0;
  std::string digest_name;
  std::string digest;
};

Result<IndexEntry> ReadIndexEntry(const JsonValue& json) {
  const JsonValue::Array* fields = json.AsArray();
  if (fields != nullptr && fields->size() == 6) {
    const std::int64_t* start = (*fields)[1].AsInt();
    const std::int64_t* end = (*fields)[3].AsInt();
    const std::string* name = (*fields)[4].AsString();
    const std::string* digest = (*fields)[5].AsString();
    if (start != nullptr && end != nullptr && name != nullptr && digest != nullptr && *start >= 0 &&
        *end >= *start) {
      return IndexEntry{static_cast<std::uint64_t>(*start), static_cast<std::uint64_t>(*end), *name,
                        *digest};
    }
  }
  return Fail(Errc::kBadInput, "index: entry must be four offsets, a digest's name and its value");
}

// The section's bytes without their length, checked against the index.
Result<std::string_view> OpenSection(const Blobs& blobs, const JsonValue& index,
                                     std::string_view name) {
  const JsonValue* json = index.Find(name);
  if (json == nullptr) return Fail(Errc::kBadInput, "not in the index");
  TRY_ASSIGN(const IndexEntry entry, ReadIndexEntry(*json));
  const auto found = blobs.by_offset.find(entry.start);
  if (found == blobs.by_offset.end() || entry.start == blobs.index_offset ||
      entry.end - entry.start != found->second.size()) {
    return Fail(Errc::kBadInput,
                StrCat("index: no section from offset ", entry.start, " to ", entry.end));
  }
  const std::optional<DigestKind> kind = DigestNamed(entry.digest_name);
  if (!kind) {
    return Fail(Errc::kBadInput,
                StrCat("index: unknown kind of checksum \"", Printable(entry.digest_name), "\""));
  }
  const std::string digest = DigestHex(*kind, found->second);
  if (digest != AsciiLower(entry.digest)) {
    return Fail(Errc::kBadInput, StrCat("wrong checksum: contents have ", digest,
                                        ", the index says ", Printable(entry.digest)));
  }
  return found->second.substr(kLengthBytes);
}

Result<JsonValue> JsonSection(const Blobs& blobs, const JsonValue& index, std::string_view name,
                              const RingFileLimits& limits) {
  TRY_ASSIGN(const std::string_view text, OpenSection(blobs, index, name));
  return ParseHeader(text, limits);
}

Result<> ReadMetadata(const JsonValue& json, RingData& data) {
  TRY(ReadCommonMetadata(json, data));
  const JsonValue* id_bytes = json.Find("dev_id_bytes");
  if (id_bytes == nullptr || id_bytes->AsInt() == nullptr ||
      (*id_bytes->AsInt() != 2 && *id_bytes->AsInt() != 4)) {
    return Fail(Errc::kBadInput, "dev_id_bytes: must be 2 or 4");
  }
  data.device_id_bytes = static_cast<int>(*id_bytes->AsInt());
  return {};
}

Result<> ReadRows(std::string_view table, RingData& data) {
  const std::uint64_t row_bytes =
      data.PartitionCount() * static_cast<std::uint64_t>(data.device_id_bytes);
  while (!table.empty()) {
    const std::string_view bytes = table.substr(0, row_bytes);
    table.remove_prefix(bytes.size());
    if (data.rows.size() == kMaxReplicas) {
      return Fail(Errc::kBadInput, StrCat("more than ", kMaxReplicas, " rows"));
    }
    TRY_ASSIGN(std::vector<DeviceId> row,
               RowFromBytes(bytes, data.device_id_bytes, ByteOrder::kBig));
    data.rows.push_back(std::move(row));
  }
  return {};
}

Result<RingData> ReadSections(const Blobs& blobs, const JsonValue& index,
                              const RingFileLimits& limits) {
  RingData data;
  const auto within = [](std::string_view name, Error error) {
    return Fail(std::move(error).Within(StrCat("section ", name)));
  };
  auto metadata = JsonSection(blobs, index, kMetadata, limits);
  if (!metadata) return within(kMetadata, std::move(metadata).error());
  if (auto read = ReadMetadata(*metadata, data); !read) {
    return within(kMetadata, std::move(read).error());
  }
  auto devices = JsonSection(blobs, index, kDevices, limits).and_then(DevicesFromJson);
  if (!devices) return within(kDevices, std::move(devices).error());
  data.devices = *std::move(devices);
  auto rows = OpenSection(blobs, index, kAssignments).and_then([&](std::string_view table) {
    return ReadRows(table, data);
  });
  if (!rows) return within(kAssignments, std::move(rows).error());
  return data;
}

// One section being written: bytes go to the file and to its digest.
class SectionWriter {
 public:
  SectionWriter(GzipWriter& out, std::string_view name) : out_(out), name_(name) {
    out_.FullFlush();
    file_start_ = out_.file_offset();
    contents_start_ = out_.contents_offset();
  }
  void Write(std::string_view bytes) {
    digest_.Update(bytes);
    out_.Write(bytes);
  }
  void WriteBlob(std::string_view bytes) {
    Write(ToBigEndian(bytes.size(), kLengthBytes));
    Write(bytes);
  }
  void Finish(JsonValue& index) {
    out_.FullFlush();
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    index.Set(
        std::string(name_),
        JsonValue::Array{number(file_start_), number(contents_start_), number(out_.file_offset()),
                         number(out_.contents_offset()), "sha256", digest_.FinishHex()});
  }

 private:
  GzipWriter& out_;
  std::string_view name_;
  Digester digest_{DigestKind::kSha256};
  std::uint64_t file_start_ = 0;
  std::uint64_t contents_start_ = 0;
};

void WriteJsonSection(GzipWriter& out, std::string_view name, const JsonValue& json,
                      JsonValue& index) {
  SectionWriter section(out, name);
  section.WriteBlob(DumpJson(json, JsonKeys::kSorted));
  section.Finish(index);
}

JsonValue MetadataOf(const RingData& data) {
  JsonValue metadata;
  WriteCommonMetadata(data, metadata);
  metadata.Set("dev_id_bytes", data.device_id_bytes);
  metadata.Set("replica_count", data.ReplicaCount());
  metadata.Set("version", data.version ? JsonValue(*data.version) : JsonValue());
  return metadata;
}

void WriteAssignments(GzipWriter& out, const RingData& data, JsonValue& index) {
  std::uint64_t ids = 0;
  for (const std::vector<DeviceId>& row : data.rows) ids += row.size();
  SectionWriter section(out, kAssignments);
  section.Write(ToBigEndian(ids * static_cast<std::uint64_t>(data.device_id_bytes), kLengthBytes));
  for (const std::vector<DeviceId>& row : data.rows) {
    section.Write(RowToBytes(row, data.device_id_bytes, ByteOrder::kBig));
  }
  section.Finish(index);
}

void WriteIndex(GzipWriter& out, const JsonValue& index) {
  const std::uint64_t contents_offset = out.contents_offset();
  const std::uint64_t file_offset = out.file_offset();
  const std::string text = DumpJson(index, JsonKeys::kSorted);
  out.Write(ToBigEndian(text.size(), kLengthBytes));
  out.Write(text);
  // Stored and flushed one by one, so that the index's place is at a fixed distance from the end.
  out.SetLevel(GzipWriter::Level::kStored);
  out.Write(ToBigEndian(contents_offset, kLengthBytes));
  out.FullFlush();
  out.Write(ToBigEndian(file_offset, kLengthBytes));
  out.FullFlush();
}

}  // namespace

Result<RingData> ReadRingV2(GzipReader& in, const RingFileLimits& limits) {
  TRY_ASSIGN(std::string contents, in.ReadRest(limits.max_header_bytes + limits.max_table_bytes));
  TRY(in.ExpectEnd());
  TRY_ASSIGN(const Blobs blobs, WalkBlobs(std::move(contents)));
  Result<JsonValue> index = ReadIndex(blobs, limits);
  if (!index) return Fail(std::move(index).error().Within("index"));
  return ReadSections(blobs, *index, limits);
}

void WriteRingV2(GzipWriter& out, const RingData& data) {
  JsonValue index;
  WriteJsonSection(out, kMetadata, MetadataOf(data), index);
  WriteJsonSection(out, kDevices, DevicesToJson(data), index);
  WriteAssignments(out, data, index);
  WriteIndex(out, index);
}

}  // namespace dbrepl
