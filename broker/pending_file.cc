#include "broker/pending_file.h"

#include <cerrno>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "common/base64.h"
#include "common/files.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

// Neither through a link nor waiting for the other end of a pipe.
constexpr int kPlainFile = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

void AppendLittleEndian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
}

// Python gives every text and the tuple a number as it writes them.
void AppendMemo(std::string& out, std::uint32_t number) {
  out.push_back(number < 256 ? 'q' : 'r');
  AppendLittleEndian(out, number, number < 256 ? 1 : 4);
}

void AppendInteger(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= 0 && value < 0x100) {
    out.push_back('K');
    AppendLittleEndian(out, bits, 1);
  } else if (value >= 0 && value < 0x10000) {
    out.push_back('M');
    AppendLittleEndian(out, bits, 2);
  } else if (value >= std::numeric_limits<std::int32_t>::min() &&
             value <= std::numeric_limits<std::int32_t>::max()) {
    out.push_back('J');
    AppendLittleEndian(out, bits, 4);
  } else {
    // The fewest bytes that keep the sign.
    int bytes = 8;
    while (bytes > 1 &&
           (value >> (8 * (bytes - 1) - 1) == 0 || value >> (8 * (bytes - 1) - 1) == -1)) {
      --bytes;
    }
    out.push_back('\x8a');
    out.push_back(static_cast<char>(bytes));
    AppendLittleEndian(out, bits, bytes);
  }
}

void AppendReal(std::string& out, double value) {
  std::uint64_t bits = 0;
  static_assert(sizeof(bits) == sizeof(value));
  __builtin_memcpy(&bits, &value, sizeof(bits));
  out.push_back('G');
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift));
}

}  // namespace

std::string PickleTuple(const std::vector<SqlValue>& fields) {
  std::string out = "\x80\x02(";
  std::uint32_t memo = 0;
  for (const auto& field : fields) {
    if (const auto* text = std::get_if<std::string>(&field)) {
      out.push_back('X');
      AppendLittleEndian(out, text->size(), 4);
      out += *text;
      AppendMemo(out, memo++);
    } else if (const auto* integer = std::get_if<std::int64_t>(&field)) {
      AppendInteger(out, *integer);
    } else if (const auto* real = std::get_if<double>(&field)) {
      AppendReal(out, *real);
    } else {
      out.push_back('N');
    }
  }
  out.push_back('t');
  AppendMemo(out, memo);
  out.push_back('.');
  return out;
}

Result<std::int64_t> PendingSize(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::int64_t{0};
    return Fail(ErrnoError(errno, path));
  }
  // What a link leads to would be emptied, and a pipe waited for.
  if (!S_ISREG(status.st_mode)) return Fail(Errc::kIo, StrCat(path, ": not a regular file"));
  return std::int64_t{status.st_size};
}

Result<> AppendPending(const std::string& path, std::string_view pickle) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | kPlainFile, 0644));
  if (!fd) return Fail(ErrnoError(errno, path));
  TRY_ASSIGN(const std::int64_t size_before, PendingSize(path));
  auto written = WriteAll(fd.get(), StrCat(":", Base64Encode(pickle)), path);
  // Half an entry would spoil the next one.
  if (!written && ::ftruncate(fd.get(), size_before) != 0) return Fail(ErrnoError(errno, path));
  return written;
}

Result<PendingFile> PendingFile::Open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | kPlainFile));
  if (!fd) return Fail(ErrnoError(errno, path));
  return PendingFile(path, std::move(fd));
}

namespace {

// Cuts the file into entries as its bytes come in, keeping one entry in memory.
class EntryReader {
 public:
  EntryReader(std::vector<PicklePtr>& records,
              const std::function<void(const std::string&)>& broken)
      : records_(records), broken_(broken) {}

  void Feed(std::string_view bytes) {
    while (true) {
      const auto colon = bytes.find(':');
      const std::string_view piece = bytes.substr(0, colon);
      // Of an entry that is too long only the beginning is kept, for the report.
      entry_.append(piece.substr(0, kMaxPendingEntry + 1 - entry_.size()));
      if (colon == std::string_view::npos) return;
      EndEntry();
      bytes.remove_prefix(colon + 1);
    }
  }

  void EndEntry() {
    if (entry_.empty()) return;
    auto record = Decode();
    if (record) {
      records_.push_back(*std::move(record));
    } else {
      broken_(StrCat(record.error().message, ": ", Printable(entry_.substr(0, 200))));
    }
    entry_.clear();
  }

 private:
  Result<PicklePtr> Decode() const {
    if (entry_.size() > kMaxPendingEntry) return Fail(Errc::kBadInput, "too long");
    TRY_ASSIGN(const std::string pickle, Base64Decode(entry_));
    TRY_ASSIGN(PicklePtr record, ReadPickle(pickle));
    if (std::get_if<PickleValue::Tuple>(&record->value) == nullptr) {
      return Fail(Errc::kBadInput, "not a tuple");
    }
    return record;
  }

  std::vector<PicklePtr>& records_;
  const std::function<void(const std::string&)>& broken_;
  std::string entry_;
};

}  // namespace

Result<std::vector<PicklePtr>> PendingFile::ReadAll(
    const std::function<void(const std::string&)>& broken) {
  std::vector<PicklePtr> records;
  EntryReader reader(records, broken);
  std::string block(std::size_t{256} << 10, '\0');
  off_t offset = 0;
  while (true) {
    const ssize_t length = ::pread(fd_.get(), block.data(), block.size(), offset);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return Fail(ErrnoError(errno, path_));
    if (length == 0) break;
    reader.Feed(std::string_view(block).substr(0, static_cast<std::size_t>(length)));
    offset += length;
  }
  reader.EndEntry();
  return records;
}

Result<> PendingFile::Clear() {
  if (::ftruncate(fd_.get(), 0) != 0) return Fail(ErrnoError(errno, path_));
  return {};
}

}  // namespace dbrepl
