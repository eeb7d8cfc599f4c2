#include "ring/builder_tables.h"

#include "common/base64.h"
#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

std::string EncodeTable(const std::vector<std::uint32_t>& numbers, std::size_t bytes_each) {
  std::string bytes;
  bytes.reserve(numbers.size() * bytes_each);
  for (const std::uint32_t number : numbers) {
    CHECK(bytes_each == 4 || number >> (8 * bytes_each) == 0);
    for (std::size_t i = 0; i < bytes_each; ++i) {
      bytes += static_cast<char>(number >> (8 * i) & 0xFFU);
    }
  }
  return Base64Encode(bytes);
}

Result<std::vector<std::uint32_t>> DecodeTable(std::string_view text, std::size_t bytes_each) {
  TRY_ASSIGN(const std::string bytes, Base64DecodeStrict(text));
  if (bytes.size() % bytes_each != 0) {
    return Fail(Errc::kBadInput,
                StrCat("holds ", bytes.size(), " bytes, not numbers of ", bytes_each));
  }
  std::vector<std::uint32_t> numbers;
  numbers.reserve(bytes.size() / bytes_each);
  for (std::size_t i = 0; i < bytes.size(); i += bytes_each) {
    std::uint32_t number = 0;
    for (std::size_t k = 0; k < bytes_each; ++k) {
      number |= std::uint32_t{static_cast<unsigned char>(bytes[i + k])} << (8 * k);
    }
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace dbrepl
