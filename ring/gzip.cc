#include "ring/gzip.h"

#include <algorithm>
#include <array>

#include <zlib.h>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;
constexpr int kGzipWindowBits = 16 + MAX_WBITS;
constexpr int kRawWindowBits = -MAX_WBITS;
constexpr int kMemoryLevel = 8;
constexpr std::uint32_t kSwiftTime = 1300507380;

// zlib counts in 32 bits and promises not to write to its input.
uInt Limited(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::size_t{1} << 30));
}
Bytef* InputOf(const char* bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes));  // NOLINT(*-const-cast)
}

void AppendLittleEndian32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace

struct GzipReader::Stream {
  explicit Stream(std::string_view compressed) : rest(compressed) {
    CHECK(inflateInit2(&z, kGzipWindowBits) == Z_OK);
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  std::string_view rest;  // of the compressed bytes
  bool ended = false;
};

GzipReader::GzipReader(std::string_view compressed)
    : stream_(std::make_unique<Stream>(compressed)) {}
GzipReader::GzipReader(GzipReader&&) noexcept = default;
GzipReader::~GzipReader() = default;

Result<std::size_t> GzipReader::ReadSome(std::span<char> out) {
  z_stream& z = stream_->z;
  std::size_t filled = 0;
  while (filled < out.size() && !stream_->ended) {
    z.next_in = InputOf(stream_->rest.data());
    z.avail_in = Limited(stream_->rest.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    z.avail_out = Limited(out.size() - filled);
    const uInt offered_in = z.avail_in;
    const uInt offered_out = z.avail_out;
    const int status = inflate(&z, Z_NO_FLUSH);
    stream_->rest.remove_prefix(offered_in - z.avail_in);
    filled += offered_out - z.avail_out;
    if (status == Z_STREAM_END) {
      stream_->ended = true;
    } else if (status == Z_BUF_ERROR ||
               (status == Z_OK && stream_->rest.empty() && z.avail_out != 0)) {
      return Fail(Errc::kBadInput, StrCat("truncated: gzip ends in the middle, after ",
                                          offset_ + filled, " bytes of contents"));
    } else if (status != Z_OK) {
      return Fail(Errc::kBadInput,
                  StrCat("not gzip or damaged, after ", offset_ + filled, " bytes of contents",
                         z.msg == nullptr ? "" : StrCat(" (", z.msg, ")")));
    }
  }
  offset_ += filled;
  return filled;
}

Result<std::string> GzipReader::ReadUpTo(std::size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    const std::size_t had = bytes.size();
    bytes.resize(std::min(count, had + std::max(had, kChunk)));
    TRY_ASSIGN(const std::size_t got, ReadSome(std::span(bytes).subspan(had)));
    if (had + got < bytes.size()) {
      bytes.resize(had + got);
      break;
    }
  }
  return bytes;
}

Result<std::string> GzipReader::Read(std::size_t count) {
  TRY_ASSIGN(std::string bytes, ReadUpTo(count));
  if (bytes.size() < count) {
    return Fail(Errc::kBadInput, StrCat("too short: contents end after ", offset_, " bytes, ",
                                        count - bytes.size(), " more are announced"));
  }
  return bytes;
}

Result<std::string> GzipReader::ReadRest(std::size_t max_bytes) {
  TRY_ASSIGN(std::string bytes, ReadUpTo(max_bytes + 1));
  if (bytes.size() > max_bytes) {
    return Fail(Errc::kBadInput, StrCat("too large: more than ", max_bytes, " bytes of contents"));
  }
  return bytes;
}

Result<> GzipReader::ExpectEnd() {
  std::array<char, 1> more{};
  TRY_ASSIGN(const std::size_t got, ReadSome(more));
  if (got != 0) {
    return Fail(Errc::kBadInput,
                StrCat("trailing bytes in the contents, from offset ", offset_ - got));
  }
  if (!stream_->rest.empty()) {
    return Fail(Errc::kBadInput,
                StrCat("trailing bytes: ", stream_->rest.size(), " after the end of gzip"));
  }
  return {};
}

struct GzipWriter::Stream {
  explicit Stream(int level) {
    CHECK(deflateInit2(&z, level, Z_DEFLATED, kRawWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) ==
          Z_OK);
  }
  ~Stream() { deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
};

GzipWriter::GzipWriter(std::string_view name)
    : stream_(std::make_unique<Stream>(Z_BEST_COMPRESSION)) {
  constexpr char kHasName = 8;
  file_ = std::string("\x1f\x8b\x08", 3);
  file_.push_back(name.empty() ? '\0' : kHasName);
  AppendLittleEndian32(file_, kSwiftTime);
  file_ += "\x02\xff";  // slowest compression, unknown system: as Python writes it
  if (!name.empty()) file_.append(name).push_back('\0');
}
GzipWriter::~GzipWriter() = default;

void GzipWriter::Deflate(std::string_view bytes, int flush) {
  z_stream& z = stream_->z;
  std::array<char, kChunk> packed{};
  do {
    const uInt offered = Limited(bytes.size());
    z.next_in = InputOf(bytes.data());
    z.avail_in = offered;
    const bool last = offered == bytes.size();
    do {
      z.next_out = reinterpret_cast<Bytef*>(packed.data());
      z.avail_out = static_cast<uInt>(packed.size());
      CHECK(deflate(&z, last ? flush : Z_NO_FLUSH) != Z_STREAM_ERROR);
      file_.append(packed.data(), packed.size() - z.avail_out);
    } while (z.avail_out == 0);
    bytes.remove_prefix(offered);
  } while (!bytes.empty());
}

void GzipWriter::Write(std::string_view bytes) {
  if (bytes.empty()) return;
  flushed_ = false;
  contents_offset_ += bytes.size();
  for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(Limited(rest.size()))) {
    crc_ = static_cast<std::uint32_t>(crc32(crc_, InputOf(rest.data()), Limited(rest.size())));
  }
  Deflate(bytes, Z_NO_FLUSH);
}

void GzipWriter::FullFlush() {
  if (!flushed_) Deflate({}, Z_FULL_FLUSH);
  flushed_ = true;
}

void GzipWriter::SetLevel(Level level) {
  FullFlush();
  stream_ =
      std::make_unique<Stream>(level == Level::kStored ? Z_NO_COMPRESSION : Z_BEST_COMPRESSION);
}

std::string GzipWriter::Finish() && {
  Deflate({}, Z_FINISH);
  AppendLittleEndian32(file_, crc_);
  AppendLittleEndian32(file_, static_cast<std::uint32_t>(contents_offset_));
  return std::move(file_);
}

}  // namespace dbrepl
