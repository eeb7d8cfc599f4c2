// Gzip in memory: an inflater fed by a whole file, and a writer that lays bytes out as Swift's.
//
// The one home of zlib. Objects are used by one thread at a time; nothing is shared between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"

namespace dbrepl {

// Inflates one gzip member piece by piece, so that a caller decides how much memory a file gets.
class GzipReader {
 public:
  // `compressed` must outlive the reader.
  explicit GzipReader(std::string_view compressed);
  GzipReader(GzipReader&&) noexcept;
  ~GzipReader();

  // The next bytes of the contents, as many as fit in `out`; fewer only when the contents end,
  // which says that length and CRC in the file's trailer are right. Not gzip, damaged or truncated:
  // kBadInput with the offset in the contents.
  Result<std::size_t> ReadSome(std::span<char> out);

  // The next `count` bytes; ReadUpTo gives fewer when the contents end before, for Read that is
  // kBadInput. Memory grows with what the file really holds, not with `count`.
  Result<std::string> ReadUpTo(std::size_t count);
  Result<std::string> Read(std::size_t count);

  // Everything that is left. More than `max_bytes`: kBadInput.
  Result<std::string> ReadRest(std::size_t max_bytes);

  // Whether the contents, and with them the file, end here; anything more: kBadInput.
  Result<> ExpectEnd();

  // Bytes of contents handed out so far.
  std::uint64_t offset() const { return offset_; }

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::uint64_t offset_ = 0;
};

// Builds one gzip member in memory. Cannot fail: memory is all it needs.
class GzipWriter {
 public:
  // The header carries `name` (none when empty) and Swift's fixed time, so that equal rings are
  // equal files (swift-reference.md section 2.1).
  explicit GzipWriter(std::string_view name);
  ~GzipWriter();

  void Write(std::string_view bytes);
  // Ends the deflate blocks so far, so that a raw inflate can start here. Does nothing when nothing
  // was written since the last one.
  void FullFlush();

  enum class Level { kStored, kBest };
  // How bytes written from now on are packed: a flush, then a fresh deflate stream. kBest at first.
  void SetLevel(Level level);

  // Where the next byte goes, in the contents and in the file; the file's position is meaningful
  // right after a FullFlush.
  std::uint64_t contents_offset() const { return contents_offset_; }
  std::uint64_t file_offset() const { return file_.size(); }

  // The whole file. Call once, last.
  std::string Finish() &&;

 private:
  struct Stream;
  void Deflate(std::string_view bytes, int flush);

  std::unique_ptr<Stream> stream_;
  std::string file_;
  std::uint64_t contents_offset_ = 0;
  std::uint32_t crc_ = 0;
  bool flushed_ = true;
};

}  // namespace dbrepl
