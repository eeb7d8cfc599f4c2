#include "common/pickle.h"

#include <bit>

#include "common/pickle_node.h"
#include "common/pickle_scalars.h"
#include "common/pickle_stack.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

const PickleValue* PickleValue::Find(std::string_view key) const {
  const auto* dict = std::get_if<Dict>(&value);
  if (dict == nullptr) return nullptr;
  for (const auto& [name, entry] : dict->items) {
    const auto* text = std::get_if<std::string>(&name->value);
    if (text != nullptr && *text == key) return entry.get();
  }
  return nullptr;
}

namespace {

tl::unexpected<Error> Refuse(std::string problem) {
  return Fail(Errc::kBadInput, std::move(problem));
}

class PickleReader {
 public:
  PickleReader(std::string_view bytes, const PickleLimits& limits)
      : in_(bytes), allow_arrays_(limits.allow_arrays), stack_(limits) {}

  // Runs opcodes up to STOP.
  Result<PicklePtr> Read();

 private:
  struct Opcode {
    unsigned char code;
    std::string_view name;
    Result<> (PickleReader::*run)(int argument);  // nullptr: refused
    int argument = 0;                             // for most: bytes of the length or number
  };
  static const Opcode kOpcodes[];
  static const Opcode* FindOpcode(char code);

  // What the input holds next; the bytes are consumed.
  Result<std::string_view> Take(std::uint64_t bytes);
  Result<std::string_view> TakeCounted(int length_bytes);
  Result<std::string_view> TakeLine();

  Result<> Protocol(int);
  Result<> Frame(int);
  Result<> None(int) { return stack_.Push(std::monostate{}); }
  Result<> Bool(int value) { return stack_.Push(value != 0); }
  Result<> IntegerLine(int is_long);
  Result<> FloatLine(int);
  Result<> StringLine(int);
  Result<> UnicodeLine(int);
  Result<> Integer(int bytes);
  Result<> Long(int length_bytes);
  Result<> Float(int);
  Result<> String(int length_bytes);
  Result<> Unicode(int length_bytes);
  Result<> Bytes(int length_bytes);
  Result<> Mark(int);
  Result<> EmptyList(int) { return stack_.PushOpen(PickleValue::List{}); }
  Result<> EmptyDict(int) { return stack_.PushOpen(PickleValue::Dict{}); }
  Result<> ListToMark(int);
  Result<> DictToMark(int);
  Result<> TupleOf(int items);
  Result<> TupleToMark(int);
  Result<> Append(int);
  Result<> Appends(int);
  Result<> SetItem(int);
  Result<> SetItems(int);
  Result<> PutLine(int);
  Result<> Put(int index_bytes);
  Result<> Memoize(int) { return stack_.RememberNext(); }
  Result<> GetLine(int);
  Result<> Get(int index_bytes);
  Result<> Global(int);
  Result<> StackGlobal(int);
  Result<> PushFunction(std::string_view module, std::string_view name);
  Result<> Reduce(int);

  const std::string_view in_;
  const bool allow_arrays_;
  std::size_t at_ = 0;  // of the next byte
  PickleStack stack_;
};

constexpr char kStop = '.';

// Refused opcodes are here for their names.
const PickleReader::Opcode PickleReader::kOpcodes[] = {
    {0x80, "PROTO", &PickleReader::Protocol},
    {0x95, "FRAME", &PickleReader::Frame},
    {'N', "NONE", &PickleReader::None},
    {0x88, "NEWTRUE", &PickleReader::Bool, 1},
    {0x89, "NEWFALSE", &PickleReader::Bool, 0},
    {'I', "INT", &PickleReader::IntegerLine, 0},
    {'L', "LONG", &PickleReader::IntegerLine, 1},
    {'F', "FLOAT", &PickleReader::FloatLine},
    {'S', "STRING", &PickleReader::StringLine},
    {'V', "UNICODE", &PickleReader::UnicodeLine},
    {'J', "BININT", &PickleReader::Integer, 4},
    {'K', "BININT1", &PickleReader::Integer, 1},
    {'M', "BININT2", &PickleReader::Integer, 2},
    {0x8a, "LONG1", &PickleReader::Long, 1},
    {0x8b, "LONG4", &PickleReader::Long, 4},
    {'G', "BINFLOAT", &PickleReader::Float},
    {'U', "SHORT_BINSTRING", &PickleReader::String, 1},
    {'T', "BINSTRING", &PickleReader::String, 4},
    {0x8c, "SHORT_BINUNICODE", &PickleReader::Unicode, 1},
    {'X', "BINUNICODE", &PickleReader::Unicode, 4},
    {'C', "SHORT_BINBYTES", &PickleReader::Bytes, 1},
    {'B', "BINBYTES", &PickleReader::Bytes, 4},
    {'(', "MARK", &PickleReader::Mark},
    {']', "EMPTY_LIST", &PickleReader::EmptyList},
    {'}', "EMPTY_DICT", &PickleReader::EmptyDict},
    {')', "EMPTY_TUPLE", &PickleReader::TupleOf, 0},
    {0x85, "TUPLE1", &PickleReader::TupleOf, 1},
    {0x86, "TUPLE2", &PickleReader::TupleOf, 2},
    {0x87, "TUPLE3", &PickleReader::TupleOf, 3},
    {'t', "TUPLE", &PickleReader::TupleToMark},
    {'l', "LIST", &PickleReader::ListToMark},
    {'d', "DICT", &PickleReader::DictToMark},
    {'a', "APPEND", &PickleReader::Append},
    {'e', "APPENDS", &PickleReader::Appends},
    {'s', "SETITEM", &PickleReader::SetItem},
    {'u', "SETITEMS", &PickleReader::SetItems},
    {'p', "PUT", &PickleReader::PutLine},
    {'q', "BINPUT", &PickleReader::Put, 1},
    {'r', "LONG_BINPUT", &PickleReader::Put, 4},
    {0x94, "MEMOIZE", &PickleReader::Memoize},
    {'g', "GET", &PickleReader::GetLine},
    {'h', "BINGET", &PickleReader::Get, 1},
    {'j', "LONG_BINGET", &PickleReader::Get, 4},
    {'c', "GLOBAL", &PickleReader::Global},
    {0x93, "STACK_GLOBAL", &PickleReader::StackGlobal},
    {'R', "REDUCE", &PickleReader::Reduce},
    {'b', "BUILD", nullptr},
    {'i', "INST", nullptr},
    {'o', "OBJ", nullptr},
    {0x81, "NEWOBJ", nullptr},
    {0x92, "NEWOBJ_EX", nullptr},
    {0x82, "EXT1", nullptr},
    {0x83, "EXT2", nullptr},
    {0x84, "EXT4", nullptr},
    {'P', "PERSID", nullptr},
    {'Q', "BINPERSID", nullptr},
    {'0', "POP", nullptr},
    {'1', "POP_MARK", nullptr},
    {'2', "DUP", nullptr},
    {0x8d, "BINUNICODE8", nullptr},
    {0x8e, "BINBYTES8", nullptr},
    {0x8f, "EMPTY_SET", nullptr},
    {0x90, "ADDITEMS", nullptr},
    {0x91, "FROZENSET", nullptr},
    {0x96, "BYTEARRAY8", nullptr},
    {0x97, "NEXT_BUFFER", nullptr},
    {0x98, "READONLY_BUFFER", nullptr},
};

const PickleReader::Opcode* PickleReader::FindOpcode(char code) {
  static const auto kByCode = [] {
    std::vector<const Opcode*> by_code(256, nullptr);
    for (const Opcode& opcode : kOpcodes) by_code[opcode.code] = &opcode;
    return by_code;
  }();
  return kByCode[static_cast<unsigned char>(code)];
}

Result<PicklePtr> PickleReader::Read() {
  while (at_ < in_.size()) {
    const std::size_t place = at_++;
    const char code = in_[place];
    if (code == kStop) {
      auto result = stack_.Finish();
      if (!result) return Fail(std::move(result).error().Within(StrCat("byte ", place, ": STOP")));
      return result;
    }
    const Opcode* opcode = FindOpcode(code);
    if (opcode == nullptr) {
      return Refuse(StrCat("byte ", place, ": unknown opcode 0x", HexLower({&code, 1})));
    }
    if (opcode->run == nullptr) {
      return Refuse(StrCat("byte ", place, ": ", opcode->name, " is not allowed here"));
    }
    if (auto done = (this->*opcode->run)(opcode->argument); !done) {
      return Fail(std::move(done).error().Within(StrCat("byte ", place, ": ", opcode->name)));
    }
  }
  return Refuse(StrCat("byte ", at_, ": ends without STOP"));
}

Result<std::string_view> PickleReader::Take(std::uint64_t bytes) {
  const std::size_t left = in_.size() - at_;
  if (bytes > left) return Refuse(StrCat("needs ", bytes, " bytes, ", left, " are left"));
  const std::string_view taken = in_.substr(at_, static_cast<std::size_t>(bytes));
  at_ += taken.size();
  return taken;
}

Result<std::string_view> PickleReader::TakeCounted(int length_bytes) {
  TRY_ASSIGN(const std::string_view length, Take(static_cast<std::uint64_t>(length_bytes)));
  return Take(LittleEndian(length));
}

Result<std::string_view> PickleReader::TakeLine() {
  const auto end = in_.find('\n', at_);
  if (end == std::string_view::npos) return Refuse("a line without an end");
  const std::string_view line = in_.substr(at_, end - at_);
  at_ = end + 1;
  return line;
}

Result<> PickleReader::Protocol(int) {
  constexpr unsigned char kNewest = 4;
  TRY_ASSIGN(const std::string_view version, Take(1));
  if (static_cast<unsigned char>(version.front()) > kNewest) {
    return Refuse(StrCat("protocol ", int{static_cast<unsigned char>(version.front())},
                         " is newer than ", int{kNewest}));
  }
  return {};
}

// A frame only says how much may be read ahead.
Result<> PickleReader::Frame(int) {
  TRY_ASSIGN(const std::string_view length, Take(8));
  if (LittleEndian(length) > in_.size() - at_) return Refuse("a frame longer than the pickle");
  return {};
}

Result<> PickleReader::IntegerLine(int is_long) {
  TRY_ASSIGN(std::string_view line, TakeLine());
  if (is_long == 0 && (line == "00" || line == "01")) return stack_.Push(line == "01");
  if (is_long != 0 && line.ends_with('L')) line.remove_suffix(1);
  const auto value = IntegerFromLine(line);
  if (!value) return Refuse("not a decimal integer of at most 64 bits");
  return stack_.Push(*value);
}

Result<> PickleReader::FloatLine(int) {
  TRY_ASSIGN(const std::string_view line, TakeLine());
  const auto value = FloatFromLine(line);
  if (!value) return Refuse("not a number");
  return stack_.Push(*value);
}

Result<> PickleReader::StringLine(int) {
  TRY_ASSIGN(const std::string_view line, TakeLine());
  auto bytes = BytesFromRepr(line);
  if (!bytes) return Refuse("not a quoted string");
  if (!IsValidUtf8(*bytes)) return Refuse("not UTF-8");
  return stack_.Push(*std::move(bytes));
}

Result<> PickleReader::UnicodeLine(int) {
  TRY_ASSIGN(const std::string_view line, TakeLine());
  auto text = TextFromRawUnicodeEscape(line);
  if (!text) return Refuse("a bad \\u escape");
  return stack_.Push(*std::move(text));
}

Result<> PickleReader::Integer(int bytes) {
  TRY_ASSIGN(const std::string_view number, Take(static_cast<std::uint64_t>(bytes)));
  const std::uint64_t value = LittleEndian(number);
  // Only the four-byte form is signed.
  if (bytes == 4) return stack_.Push(std::int64_t{static_cast<std::int32_t>(value)});
  return stack_.Push(static_cast<std::int64_t>(value));
}

Result<> PickleReader::Long(int length_bytes) {
  TRY_ASSIGN(const std::string_view number, TakeCounted(length_bytes));
  const auto value = IntegerFromTwosComplement(number);
  if (!value) return Refuse("an integer beyond 64 bits");
  return stack_.Push(*value);
}

Result<> PickleReader::Float(int) {
  TRY_ASSIGN(const std::string_view number, Take(8));
  const std::string reversed(number.rbegin(), number.rend());
  return stack_.Push(std::bit_cast<double>(LittleEndian(reversed)));
}

// Strings of Python 2 are read as Swift's broker does: loads(..., encoding='utf8').
Result<> PickleReader::String(int length_bytes) {
  TRY_ASSIGN(const std::string_view text, TakeCounted(length_bytes));
  if (!IsValidUtf8(text)) return Refuse("not UTF-8");
  return stack_.Push(std::string(text));
}

Result<> PickleReader::Unicode(int length_bytes) {
  TRY_ASSIGN(const std::string_view text, TakeCounted(length_bytes));
  if (!IsUtf8WithSurrogates(text)) return Refuse("not UTF-8");
  return stack_.Push(std::string(text));
}

Result<> PickleReader::Bytes(int length_bytes) {
  TRY_ASSIGN(const std::string_view bytes, TakeCounted(length_bytes));
  return stack_.Push(PickleValue::Bytes{std::string(bytes)});
}

Result<> PickleReader::Mark(int) {
  stack_.Mark();
  return {};
}

Result<> PickleReader::ListToMark(int) {
  TRY_ASSIGN(auto items, stack_.PopToMark());
  TRY(EmptyList(0));
  return stack_.AddItems(std::move(items));
}

Result<> PickleReader::DictToMark(int) {
  TRY_ASSIGN(auto keys_and_values, stack_.PopToMark());
  TRY(EmptyDict(0));
  return stack_.AddEntries(std::move(keys_and_values));
}

Result<> PickleReader::TupleOf(int items) {
  std::vector<PickleNodePtr> parts(static_cast<std::size_t>(items));
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    TRY_ASSIGN(*part, stack_.Pop());
  }
  return stack_.PushTuple(std::move(parts));
}

Result<> PickleReader::TupleToMark(int) {
  TRY_ASSIGN(auto items, stack_.PopToMark());
  return stack_.PushTuple(std::move(items));
}

Result<> PickleReader::Append(int) {
  TRY_ASSIGN(auto item, stack_.Pop());
  return stack_.AddItems({std::move(item)});
}

Result<> PickleReader::Appends(int) {
  TRY_ASSIGN(auto items, stack_.PopToMark());
  return stack_.AddItems(std::move(items));
}

Result<> PickleReader::SetItem(int) {
  TRY_ASSIGN(auto value, stack_.Pop());
  TRY_ASSIGN(auto key, stack_.Pop());
  return stack_.AddEntries({std::move(key), std::move(value)});
}

Result<> PickleReader::SetItems(int) {
  TRY_ASSIGN(auto keys_and_values, stack_.PopToMark());
  return stack_.AddEntries(std::move(keys_and_values));
}

Result<> PickleReader::PutLine(int) {
  TRY_ASSIGN(const std::string_view line, TakeLine());
  const auto index = ParseInt<std::uint64_t>(line);
  if (!index) return Refuse("not an index");
  return stack_.Remember(*index);
}

Result<> PickleReader::Put(int index_bytes) {
  TRY_ASSIGN(const std::string_view index, Take(static_cast<std::uint64_t>(index_bytes)));
  return stack_.Remember(LittleEndian(index));
}

Result<> PickleReader::GetLine(int) {
  TRY_ASSIGN(const std::string_view line, TakeLine());
  const auto index = ParseInt<std::uint64_t>(line);
  if (!index) return Refuse("not an index");
  return stack_.Recall(*index);
}

Result<> PickleReader::Get(int index_bytes) {
  TRY_ASSIGN(const std::string_view index, Take(static_cast<std::uint64_t>(index_bytes)));
  return stack_.Recall(LittleEndian(index));
}

Result<> PickleReader::Global(int) {
  TRY_ASSIGN(const std::string_view module, TakeLine());
  TRY_ASSIGN(const std::string_view name, TakeLine());
  return PushFunction(module, name);
}

Result<> PickleReader::StackGlobal(int) {
  TRY_ASSIGN(const PickleNodePtr name, stack_.Pop());
  TRY_ASSIGN(const PickleNodePtr module, stack_.Pop());
  const auto* name_text = std::get_if<std::string>(&name->value);
  const auto* module_text = std::get_if<std::string>(&module->value);
  if (name_text == nullptr || module_text == nullptr) return Refuse("a name that is no text");
  return PushFunction(*module_text, *name_text);
}

Result<> PickleReader::PushFunction(std::string_view module, std::string_view name) {
  auto function = PickleFunction::kNone;
  if (module == "array" && name == "array") function = PickleFunction::kArray;
  if (module == "array" && name == "_array_reconstructor") {
    function = PickleFunction::kArrayReconstructor;
  }
  if (module == "_codecs" && name == "encode") function = PickleFunction::kEncode;
  if (!allow_arrays_ || function == PickleFunction::kNone) {
    return Refuse(StrCat("the function ", Printable(module.substr(0, 100)), ".",
                         Printable(name.substr(0, 100)), " is not allowed here"));
  }
  return stack_.PushFunction(function);
}

Result<> PickleReader::Reduce(int) {
  TRY_ASSIGN(const PickleNodePtr arguments, stack_.Pop());
  TRY_ASSIGN(const PickleNodePtr callee, stack_.Pop());
  const auto* tuple = std::get_if<PickleValue::Tuple>(&arguments->value);
  if (callee->function == PickleFunction::kNone || tuple == nullptr) {
    return Refuse("calls something that is no function");
  }
  TRY_ASSIGN(auto made, CallPickleFunction(callee->function, tuple->items));
  return stack_.Push(std::move(made));
}

}  // namespace

Result<PicklePtr> ReadPickle(std::string_view bytes, const PickleLimits& limits) {
  if (bytes.size() > limits.max_bytes) {
    return Fail(Errc::kBadInput, StrCat("pickle of ", bytes.size(), " bytes is longer than the ",
                                        limits.max_bytes, " allowed"));
  }
  auto value = PickleReader(bytes, limits).Read();
  if (!value) return Fail(std::move(value).error().Within("pickle"));
  return value;
}

}  // namespace dbrepl
