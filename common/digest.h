// MD5 and SHA-2 over OpenSSL. MD5 is here because Swift's formats demand it (hashes of names,
// chexor, handoffs), not for security. Objects are used by one thread at a time; the functions are
// thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dbrepl {

using Md5Digest = std::array<std::uint8_t, 16>;

// The digest of the pieces one after the other. Does not allocate; a few hundred ns for a short
// name.
Md5Digest Md5(std::string_view text);
Md5Digest Md5(std::string_view a, std::string_view b, std::string_view c);

// 32 lower-case hex digits.
std::string ToHex(const Md5Digest& digest);

enum class DigestKind { kMd5, kSha1, kSha256, kSha512 };

// A digest fed in pieces: files, streams.
class Digester {
 public:
  explicit Digester(DigestKind kind);
  ~Digester();
  Digester(Digester&&) noexcept;
  Digester& operator=(Digester&&) noexcept;

  void Update(std::string_view bytes);
  // Lower-case hex of everything fed; the object may only be destroyed or assigned to afterwards.
  std::string FinishHex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Lower-case hex digest of one text.
std::string DigestHex(DigestKind kind, std::string_view bytes);

}  // namespace dbrepl
