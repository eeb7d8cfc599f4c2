#include "common/digest.h"

#include <openssl/evp.h>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_MD_CTX, FreeContext>;

ContextPtr NewContext() {
  ContextPtr context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  return context;
}

// Fetched once and kept for ever: since OpenSSL 3 looking an algorithm up costs more than hashing a
// name.
const EVP_MD* Fetch(const char* name) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

const EVP_MD* Algorithm(DigestKind kind) {
  static const EVP_MD* const md5 = Fetch("MD5");
  static const EVP_MD* const sha1 = Fetch("SHA1");
  static const EVP_MD* const sha256 = Fetch("SHA256");
  static const EVP_MD* const sha512 = Fetch("SHA512");
  switch (kind) {
    case DigestKind::kMd5: return md5;
    case DigestKind::kSha1: return sha1;
    case DigestKind::kSha256: return sha256;
    case DigestKind::kSha512: return sha512;
  }
  CHECK(false);
}

void Feed(EVP_MD_CTX* context, std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

}  // namespace

Md5Digest Md5(std::string_view text) { return Md5(text, {}, {}); }

Md5Digest Md5(std::string_view a, std::string_view b, std::string_view c) {
  thread_local const ContextPtr context = NewContext();
  CHECK(EVP_DigestInit_ex2(context.get(), Algorithm(DigestKind::kMd5), nullptr) == 1);
  Feed(context.get(), a);
  Feed(context.get(), b);
  Feed(context.get(), c);
  Md5Digest digest;
  CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

std::string ToHex(const Md5Digest& digest) {
  return HexLower({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

struct Digester::Context {
  ContextPtr evp = NewContext();
};

Digester::Digester(DigestKind kind) : context_(std::make_unique<Context>()) {
  CHECK(EVP_DigestInit_ex2(context_->evp.get(), Algorithm(kind), nullptr) == 1);
}

Digester::~Digester() = default;
Digester::Digester(Digester&&) noexcept = default;
Digester& Digester::operator=(Digester&&) noexcept = default;

void Digester::Update(std::string_view bytes) { Feed(context_->evp.get(), bytes); }

std::string Digester::FinishHex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  CHECK(EVP_DigestFinal_ex(context_->evp.get(), digest, &length) == 1);
  return HexLower({reinterpret_cast<const char*>(digest), length});
}

std::string DigestHex(DigestKind kind, std::string_view bytes) {
  Digester digester(kind);
  digester.Update(bytes);
  return digester.FinishHex();
}

}  // namespace dbrepl
