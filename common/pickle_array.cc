#include <algorithm>

#include "common/pickle_node.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {
namespace {

// Bytes of one item as array.array writes it on 64-bit Linux; 0 for typecodes that hold something
// other than unsigned integers.
unsigned ItemBytes(char typecode) {
  switch (typecode) {
    case 'B': return 1;
    case 'H': return 2;
    case 'I': return 4;
    case 'L': return 8;
    default: return 0;
  }
}

struct MachineFormat {
  unsigned item_bytes = 0;  // 0: not one of unsigned integers
  bool big_endian = false;
};

// The numbers of Python's array module for "unsigned integer of n bytes, in this order".
MachineFormat FormatOf(std::int64_t code) {
  switch (code) {
    case 0: return {1, false};
    case 2: return {2, false};
    case 3: return {2, true};
    case 6: return {4, false};
    case 7: return {4, true};
    case 10: return {8, false};
    case 11: return {8, true};
    default: return {};
  }
}

Result<char> Typecode(const PickleValue& value) {
  const auto* text = std::get_if<std::string>(&value.value);
  if (text == nullptr || text->size() != 1 || ItemBytes(text->front()) == 0) {
    return Fail(Errc::kBadInput, "array with a typecode other than B, H, I or L");
  }
  return text->front();
}

Result<> AddItem(PickleArray& array, std::uint64_t item) {
  const unsigned bits = 8 * std::min(ItemBytes(array.typecode), 4U);
  if ((item >> bits) != 0) {
    return Fail(Errc::kBadInput, StrCat("array: ", item, " does not fit into ", bits, " bits"));
  }
  array.items.push_back(static_cast<std::uint32_t>(item));
  return {};
}

Result<PickleArray> ArrayFromList(const PickleValue& typecode, const PickleValue& list) {
  PickleArray array;
  TRY_ASSIGN(array.typecode, Typecode(typecode));
  const auto* items = std::get_if<PickleValue::List>(&list.value);
  if (items == nullptr) return Fail(Errc::kBadInput, "array made from something other than a list");
  array.items.reserve(items->items.size());
  for (const PicklePtr& item : items->items) {
    const auto* integer = std::get_if<std::int64_t>(&item->value);
    if (integer == nullptr || *integer < 0) {
      return Fail(Errc::kBadInput, "array: an item is not a non-negative integer");
    }
    TRY(AddItem(array, static_cast<std::uint64_t>(*integer)));
  }
  return array;
}

Result<PickleArray> ArrayFromBytes(const PickleValue& typecode, const PickleValue& format_code,
                                   const PickleValue& data) {
  PickleArray array;
  TRY_ASSIGN(array.typecode, Typecode(typecode));
  const auto* code = std::get_if<std::int64_t>(&format_code.value);
  const MachineFormat format = code == nullptr ? MachineFormat{} : FormatOf(*code);
  const auto* bytes = std::get_if<PickleValue::Bytes>(&data.value);
  if (format.item_bytes == 0 || bytes == nullptr) {
    return Fail(Errc::kBadInput, "array in an unknown machine format");
  }
  if (bytes->bytes.size() % format.item_bytes != 0) {
    return Fail(Errc::kBadInput, StrCat("array: ", bytes->bytes.size(),
                                        " bytes are no multiple of ", format.item_bytes));
  }
  array.items.reserve(bytes->bytes.size() / format.item_bytes);
  for (std::size_t at = 0; at < bytes->bytes.size(); at += format.item_bytes) {
    std::uint64_t item = 0;
    for (unsigned i = 0; i < format.item_bytes; ++i) {
      const unsigned significant = format.big_endian ? i : format.item_bytes - 1 - i;
      item = (item << 8U) | static_cast<unsigned char>(bytes->bytes[at + significant]);
    }
    TRY(AddItem(array, item));
  }
  return array;
}

// _codecs.encode(text, 'latin1'): how protocols without bytes write them.
Result<PickleValue::Bytes> Encode(const PickleValue& text, const PickleValue& codec) {
  const auto* characters = std::get_if<std::string>(&text.value);
  const auto* name = std::get_if<std::string>(&codec.value);
  if (characters == nullptr || name == nullptr || *name != "latin1") {
    return Fail(Errc::kBadInput, "encode of something other than text as latin1");
  }
  auto bytes = Utf8ToLatin1(*characters);
  if (!bytes) return Fail(Errc::kBadInput, "encode: text that is not Latin-1");
  return PickleValue::Bytes{*std::move(bytes)};
}

bool IsArrayType(const PickleValue& value) {
  return static_cast<const PickleNode&>(value).function == PickleFunction::kArray;
}

}  // namespace

Result<PickleValue::Variant> CallPickleFunction(PickleFunction function,
                                                const std::vector<PicklePtr>& arguments) {
  if (function == PickleFunction::kArray && arguments.size() == 2) {
    return ArrayFromList(*arguments[0], *arguments[1]);
  }
  if (function == PickleFunction::kArrayReconstructor && arguments.size() == 4 &&
      IsArrayType(*arguments[0])) {
    return ArrayFromBytes(*arguments[1], *arguments[2], *arguments[3]);
  }
  if (function == PickleFunction::kEncode && arguments.size() == 2) {
    return Encode(*arguments[0], *arguments[1]);
  }
  return Fail(Errc::kBadInput, "unexpected arguments");
}

}  // namespace dbrepl
