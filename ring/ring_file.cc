#include "ring/ring_file.h"

#include <algorithm>

#include "common/files.h"
#include "common/strings.h"
#include "ring/gzip.h"
#include "ring/ring_file_formats.h"

namespace dbrepl {

namespace {

constexpr std::string_view kMagic = "R1NG";
constexpr int kVersionBytes = 2;
constexpr mode_t kRingFileMode = 0644;

// Version 0 is a Python pickle: of protocol 2 and later (\x80), or a textual one.
bool LooksLikePickle(std::string_view start) {
  return start[0] == '\x80' || start[0] == 'c' || start[0] == '(';
}

Result<RingFormat> ReadMagic(GzipReader& in) {
  TRY_ASSIGN(const std::string magic, in.Read(kMagic.size()));
  if (magic != kMagic && LooksLikePickle(magic)) {
    return Fail(Errc::kBadInput, "a ring of format version 0 (a Python pickle), which is not read",
                "convert it with Swift: swift-ring-builder <builder file> write_ring");
  }
  if (magic != kMagic) {
    return Fail(Errc::kBadInput,
                StrCat("not a ring: begins with \"", Printable(magic), "\", not with \"R1NG\""));
  }
  TRY_ASSIGN(const std::string version_bytes, in.Read(kVersionBytes));
  const std::uint64_t version = FromBigEndian(version_bytes);
  if (version != 1 && version != 2) {
    return Fail(Errc::kBadInput,
                StrCat("format version ", version, " is not known (versions 1 and 2 are)"),
                "write it again with --format-version=1");
  }
  return version == 1 ? RingFormat::kV1 : RingFormat::kV2;
}

Result<RingData> ParseContents(std::string_view compressed, const RingFileLimits& limits) {
  GzipReader in(compressed);
  TRY_ASSIGN(const RingFormat format, ReadMagic(in));
  TRY_ASSIGN(RingData data,
             format == RingFormat::kV1 ? ReadRingV1(in, limits) : ReadRingV2(in, limits));
  TRY(ValidateRingData(data));
  return data;
}

Result<> CheckIdsFit(const RingData& data, RingFormat format) {
  const int id_bytes = format == RingFormat::kV1 ? 2 : data.device_id_bytes;
  const std::uint64_t unassigned = id_bytes == 2 ? 0xFFFF : 0xFFFFFFFF;
  if (data.devices.size() > unassigned) {
    return Fail(
        Errc::kBadInput,
        StrCat("device ids up to ", data.devices.size() - 1, " do not fit in ", id_bytes, " bytes"),
        format == RingFormat::kV1 ? "write format version 2" : "");
  }
  return {};
}

}  // namespace

Result<RingData> ParseRingFile(std::string_view compressed, std::string_view name,
                               const RingFileLimits& limits) {
  Result<RingData> data = ParseContents(compressed, limits);
  if (!data) return Fail(std::move(data).error().Within(name));
  return data;
}

Result<RingData> ReadRingFile(const std::string& path, const RingFileLimits& limits) {
  TRY_ASSIGN(const std::string compressed, ReadFile(path, limits.max_file_bytes));
  return ParseRingFile(compressed, path, limits);
}

Result<std::string> SerializeRing(const RingData& data, RingFormat format, std::string_view name) {
  TRY(ValidateRingData(data));
  TRY(CheckIdsFit(data, format));
  GzipWriter out(name);
  // Stored, so that file(1) can tell a ring by its first bytes; as Swift's newest release does.
  out.SetLevel(GzipWriter::Level::kStored);
  out.Write(kMagic);
  out.Write(ToBigEndian(static_cast<std::uint64_t>(format), kVersionBytes));
  out.SetLevel(GzipWriter::Level::kBest);
  if (format == RingFormat::kV1) {
    WriteRingV1(out, data);
  } else {
    WriteRingV2(out, data);
  }
  return std::move(out).Finish();
}

Result<> WriteRingFile(const std::string& path, const RingData& data, RingFormat format) {
  std::string name = BaseName(path);
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  Result<std::string> bytes = SerializeRing(data, format, name);
  if (!bytes) return Fail(std::move(bytes).error().Within(path));
  TRY_ASSIGN(AtomicFile file, AtomicFile::Create(path, kRingFileMode));
  TRY(file.Write(*bytes));
  return file.Commit();
}

}  // namespace dbrepl
