#include "common/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

// A value as a Python literal would show it; dicts in their order.
std::string Show(const PickleValue& value);

std::string ShowAll(const std::vector<PicklePtr>& items) {
  std::string shown;
  for (const auto& item : items) shown += StrCat(shown.empty() ? "" : ",", Show(*item));
  return shown;
}

std::string Show(const PickleValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value.value)) return *boolean ? "True" : "False";
  if (const auto* integer = std::get_if<std::int64_t>(&value.value)) return StrCat(*integer);
  if (const auto* real = std::get_if<double>(&value.value)) return StrCat("f", *real);
  if (const auto* text = std::get_if<std::string>(&value.value)) return StrCat("'", *text, "'");
  if (const auto* bytes = std::get_if<PickleValue::Bytes>(&value.value)) {
    return StrCat("b'", bytes->bytes, "'");
  }
  if (const auto* tuple = std::get_if<PickleValue::Tuple>(&value.value)) {
    return StrCat("(", ShowAll(tuple->items), ")");
  }
  if (const auto* list = std::get_if<PickleValue::List>(&value.value)) {
    return StrCat("[", ShowAll(list->items), "]");
  }
  if (const auto* dict = std::get_if<PickleValue::Dict>(&value.value)) {
    std::string shown;
    for (const auto& [key, entry] : dict->items) {
      shown += StrCat(shown.empty() ? "" : ",", Show(*key), ":", Show(*entry));
    }
    return StrCat("{", shown, "}");
  }
  if (const auto* array = std::get_if<PickleArray>(&value.value)) {
    std::string shown(1, array->typecode);
    for (const auto item : array->items) shown += StrCat(" ", item);
    return shown;
  }
  return "None";
}

std::string Read(std::string_view bytes, const PickleLimits& limits = {}) {
  const auto value = ReadPickle(bytes, limits);
  if (!value) {
    EXPECT_EQ(value.error().code, Errc::kBadInput);
    return value.error().message;
  }
  return Show(**value);
}

PickleLimits WithArrays() {
  PickleLimits limits;
  limits.allow_arrays = true;
  return limits;
}

TEST(PickleTest, ReadsEveryDataOpcode) {
  const struct {
    std::string_view bytes, shown;
  } kCases[] = {
      {"N."sv, "None"},
      {"\x88."sv, "True"},
      {"\x89."sv, "False"},
      {"I01\n."sv, "True"},
      {"I00\n."sv, "False"},
      {"I-42\n."sv, "-42"},
      {"L9223372036854775807L\n."sv, "9223372036854775807"},
      {"L-9223372036854775808\n."sv, "-9223372036854775808"},
      {"F1.5\n."sv, "f1.5"},
      {"F-inf\n."sv, "f-inf"},
      {"F1e-999\n."sv, "f0"},
      {"S'a\\n\\x41\\102\\'\\q'\n."sv, "'a\nAB'\\q'"},
      {"S\"it's\"\n."sv, "'it's'"},
      {"Va\\u00e9\\U0001F600\xE9\\d\\u005c\n."sv, "'a\xC3\xA9\xF0\x9F\x98\x80\xC3\xA9\\d\\'"},
      {"V\\ud83d\n."sv, "'\xED\xA0\xBD'"},
      {"\x80\x02J\xff\xff\xff\xff."sv, "-1"},
      {"K\xff."sv, "255"},
      {"M\x01\xff."sv, "65281"},
      {"\x8a\x00."sv, "0"},
      {"\x8a\x01\xff."sv, "-1"},
      {"\x8a\x05\x00\x00\x00\x00\x01."sv, "4294967296"},
      {"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."sv, "9223372036854775807"},
      {"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\xff."sv, "-9223372036854775808"},
      {"\x8b\x02\x00\x00\x00\x00\x80."sv, "-32768"},
      {"G\x3f\xf8\x00\x00\x00\x00\x00\x00."sv, "f1.5"},
      {"U\x02\xc3\xa9."sv, "'\xC3\xA9'"},
      {"T\x01\x00\x00\x00"
       "a."sv,
       "'a'"},
      {"X\x03\x00\x00\x00\xed\xa0\xbd."sv, "'\xED\xA0\xBD'"},
      {"\x8c\x01"
       "a."sv,
       "'a'"},
      {"C\x01\xff."sv, "b'\xFF'"},
      {"B\x01\x00\x00\x00\xff."sv, "b'\xFF'"},
      {"].", "[]"},
      {"(l.", "[]"},
      {"(K\x01K\x02l.", "[1,2]"},
      {"]K\x01"
       "a(K\x02K\x03"
       "e.",
       "[1,2,3]"},
      {"}.", "{}"},
      {"(K\x01K\x02"
       "d.",
       "{1:2}"},
      {"}K\x01K\x02s(K\x03K\x04K\x01K\x05u.", "{1:5,3:4}"},
      {").", "()"},
      {"K\x01\x85.", "(1)"},
      {"K\x01K\x02\x86.", "(1,2)"},
      {"K\x01K\x02K\x03\x87.", "(1,2,3)"},
      {"((K\x01tK\x02t.", "((1),2)"},
      {"(K\x07q\x00h\x00t.what follows STOP is ignored"sv, "(7,7)"},
      {"(K\x07r\x00\x00\x01\x00j\x00\x00\x01\x00t."sv, "(7,7)"},
      {"(K\x07p12\ng12\nt."sv, "(7,7)"},
      {"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00K\x07\x94h\x00\x86."sv, "(7,7)"},
      {"(]q\x00h\x00t."sv, "([],[])"},
      {"]q\x00]q\x01"
       "ah\x01"
       "a."sv,
       "[[],[]]"},
  };
  for (const auto& [bytes, shown] : kCases) {
    EXPECT_EQ(Read(bytes), shown) << testing::PrintToString(bytes);
  }
}

TEST(PickleTest, RefusesWithOpcodeAndPlace) {
  const struct {
    std::string_view bytes, message;
  } kCases[] = {
      {""sv, "pickle: byte 0: ends without STOP"},
      {"N"sv, "byte 1: ends without STOP"},
      {"."sv, "byte 0: STOP: needs a value"},
      {"(."sv, "STOP: needs a value"},
      {"N(."sv, "STOP: needs a value"},
      {"\xfe."sv, "byte 0: unknown opcode 0xfe"},
      {"\x80\x05N."sv, "PROTO: protocol 5 is newer than 4"},
      {"X\x00\x00\x00\x80"
       "abc."sv,
       "byte 0: BINUNICODE: needs 2147483648 bytes, 4 are left"},
      {"T\xff\xff\xff\xff."sv, "BINSTRING: needs 4294967295 bytes"},
      {"\x8b\xff\xff\xff\x7f."sv, "LONG4: needs 2147483647 bytes"},
      {"B\xff\xff\xff\xff."sv, "BINBYTES: needs"},
      {"X\x01\x00"sv, "BINUNICODE: needs 4 bytes, 2 are left"},
      {"\x95\xff\xff\xff\xff\xff\xff\xff\xffN."sv, "FRAME: a frame longer"},
      {"X\x01\x00\x00\x00\xff."sv, "BINUNICODE: not UTF-8"},
      {"U\x03\xed\xa0\xbd."sv, "SHORT_BINSTRING: not UTF-8"},
      {"S'\\xff'\n."sv, "STRING: not UTF-8"},
      {"S'a\n."sv, "STRING: not a quoted string"},
      {"S'\\x4'\n."sv, "STRING: not a quoted string"},
      {"Sabc\n."sv, "STRING: not a quoted string"},
      {"V\\u12\n."sv, "UNICODE: a bad \\u escape"},
      {"V\\U00110000\n."sv, "UNICODE: a bad \\u escape"},
      {"I1"sv, "INT: a line without an end"},
      {"I0x10\n."sv, "INT: not a decimal"},
      {"I010\n."sv, "INT: not a decimal"},
      {"I\n."sv, "INT: not a decimal"},
      {"L9223372036854775808L\n."sv, "LONG: not a decimal integer of at most 64 bits"},
      {"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00."sv,
       "byte 10: LONG1: an integer beyond 64 bits"},
      {"Fabc\n."sv, "FLOAT: not a number"},
      {"F-8e+999\n."sv, "FLOAT: not a number"},
      {"F\n."sv, "FLOAT: not a number"},
      {"a."sv, "APPEND: needs a value"},
      {"K\x01K\x02"
       "a."sv,
       "APPEND: needs a list that nothing refers to yet"},
      {"}K\x01"
       "a."sv,
       "APPEND: needs a list, and the stack has a dict"},
      {"]K\x01K\x02s."sv, "SETITEM: needs a dict, and the stack has a list"},
      {"](K\x01t"
       "e."sv,
       "APPENDS: needs a mark"},
      {"(K\x01"
       "d."sv,
       "DICT: a key without a value"},
      {"}]K\x01s."sv, "SETITEM: a key that is a list"},
      {"}]\x85K\x01s."sv, "SETITEM: a key that is a list"},
      {"h\x05."sv, "BINGET: refers to 5, which was not remembered"},
      {"gx\n."sv, "GET: not an index"},
      {"q\x00."sv, "BINPUT: nothing to remember"},
      {"]q\x00h\x00"
       "a."sv,
       "APPEND: needs a list that nothing refers to yet (no value may contain itself)"},
      {"]q\x00\x85h\x00K\x01"
       "a."sv,
       "APPEND: needs a list that nothing refers to yet"},
      {"cos\nsystem\n(S'true'\ntR."sv, "GLOBAL: the function os.system is not allowed here"},
      {"carray\narray\n."sv, "GLOBAL: the function array.array is not allowed here"},
      {"\x8c\x02os\x8c\x06system\x93."sv, "STACK_GLOBAL: the function os.system"},
      {"NN\x93."sv, "STACK_GLOBAL: a name that is no text"},
      {"N)R."sv, "REDUCE: calls something that is no function"},
      {"N}b."sv, "BUILD is not allowed here"},
      {"N2."sv, "DUP is not allowed here"},
      {"ios\nsystem\n."sv, "INST is not allowed here"},
      {"Pabc\n."sv, "PERSID is not allowed here"},
      {"\x8f."sv, "EMPTY_SET is not allowed here"},
  };
  for (const auto& [bytes, message] : kCases) {
    EXPECT_THAT(Read(bytes), HasSubstr(message)) << testing::PrintToString(bytes);
  }
}

TEST(PickleTest, HoldsItsLimits) {
  PickleLimits limits;
  limits.max_bytes = 3;
  EXPECT_EQ(Read("K\x01."sv, limits), "1");
  EXPECT_THAT(Read("NNN."sv, limits), HasSubstr("longer than the 3 allowed"));

  limits = {};
  limits.max_items = 4;
  EXPECT_EQ(Read("]NaNaNa."sv, limits), "[None,None,None]");
  EXPECT_THAT(Read("]NaNaNaNa."sv, limits), HasSubstr("more than 4 values"));
  EXPECT_THAT(Read("]NaNaNaNa."sv, limits), HasSubstr("byte 7"));

  limits = {};
  limits.max_depth = 2;
  EXPECT_EQ(Read("]]]aa."sv, limits), "[[[]]]");
  EXPECT_THAT(Read("]]]]aaa."sv, limits), HasSubstr("nested deeper than 2"));
  EXPECT_THAT(Read(")\x85\x85\x85."sv, limits), HasSubstr("TUPLE1: nested deeper than 2"));
}

TEST(PickleTest, SharedValuesCountEachTime) {
  // Each line holds ten of the line before: 10^20 values in 260 bytes.
  std::string bomb = "]q";
  bomb += '\0';
  for (char level = 0; level < 20; ++level) {
    bomb += "(";
    for (int i = 0; i < 10; ++i) bomb += StrCat("h", level);
    bomb += StrCat("tq", static_cast<char>(level + 1));
  }
  bomb += ".";
  EXPECT_THAT(Read(bomb), HasSubstr("counting shared ones each time"));

  // One long text, referred to a thousand times.
  std::string copies = "(X";
  copies += std::string_view("\x00\x80\x00\x00", 4);
  copies += std::string(0x8000, 'a') + "q" + '\0';
  for (int i = 0; i < 1000; ++i) copies += std::string_view("h\0", 2);
  EXPECT_THAT(Read(copies + "t."), HasSubstr("counting shared ones each time"));
}

TEST(PickleTest, EqualKeysAreOneAsInPython) {
  EXPECT_EQ(Read("}(K\x01K\x02\x88K\x03G\x3f\xf0\x00\x00\x00\x00\x00\x00K\x04N)U\x01"
                 "1Nu."sv),
            "{1:4,None:(),'1':None}");
  EXPECT_EQ(Read("}(K\x01K\x02\x86K\x03K\x01K\x02\x86K\x04u."sv), "{(1,2):4}");
}

TEST(PickleTest, FindsByTextOnly) {
  const auto dict = ReadPickle(
      "}(K\x01K\x02U\x01"
      "aK\x03U\x01"
      "bK\x04U\x01"
      "aK\x05u."sv);
  ASSERT_TRUE(dict);
  ASSERT_NE((*dict)->Find("a"), nullptr);
  EXPECT_EQ(Show(*(*dict)->Find("a")), "5");
  EXPECT_EQ((*dict)->Find("c"), nullptr);
  EXPECT_EQ((*ReadPickle("N."))->Find("a"), nullptr);
}

TEST(PickleTest, ReadsArraysWhenAsked) {
  const struct {
    std::string_view bytes, shown;
  } kCases[] = {
      {"carray\narray\nU\x01H](K\x01M\xbc\x02"
       "e\x86R."sv,
       "H 1 700"},
      {"carray\n_array_reconstructor\n(carray\narray\nU\x01IK\x06"
       "C\x08\x01\x00\x00\x00\xff\xff\xff\xfftR."sv,
       "I 1 4294967295"},
      {"carray\n_array_reconstructor\n(carray\narray\nU\x01HK\x03"
       "C\x04\x00\x01\x02\x00tR."sv,
       "H 1 512"},
      {"carray\n_array_reconstructor\n(carray\narray\nU\x01"
       "BK\x00"
       "c_codecs\nencode\n(X\x03\x00\x00\x00"
       "a\xc3\xbfU\x06latin1tRtR."sv,
       "B 97 255"},
      {"\x8c\x05"
       "array\x8c\x05"
       "array\x93U\x01"
       "B]\x86R."sv,
       "B"},
      {"carray\narray\nq\x00U\x01"
       "B](K\x01"
       "e\x86Rh\x00U\x01"
       "B](K\x02"
       "e\x86R\x86."sv,
       "(B 1,B 2)"},
  };
  for (const auto& [bytes, shown] : kCases) {
    EXPECT_EQ(Read(bytes, WithArrays()), shown) << testing::PrintToString(bytes);
  }
}

TEST(PickleTest, RefusesEverythingElseThatCalls) {
  const struct {
    std::string_view bytes, message;
  } kCases[] = {
      {"cbuiltins\neval\n."sv, "the function builtins.eval is not allowed here"},
      {"carray\narray\n."sv, "the result is a function"},
      {"]carray\narray\na."sv, "a function where data belongs"},
      {"}K\x01"
       "carray\narray\ns."sv,
       "a function where data belongs"},
      {"carray\narray\n\x85."sv, "the result is a function"},
      {"carray\narray\n\x85\x85."sv, "a function where data belongs"},
      {"carray\narray\n)R."sv, "REDUCE: unexpected arguments"},
      {"carray\narray\nNR."sv, "REDUCE: calls something that is no function"},
      {"carray\narray\nU\x01"
       "d]\x86R."sv,
       "typecode other than"},
      {"carray\narray\nU\x01"
       "B](J\xff\xff\xff\xff"
       "e\x86R."sv,
       "not a non-negative integer"},
      {"carray\narray\nU\x01"
       "B](M\x00\x01"
       "e\x86R."sv,
       "256 does not fit into 8 bits"},
      {"carray\n_array_reconstructor\n(carray\narray\nU\x01HK\x02"
       "C\x03"
       "abctR."sv,
       "3 bytes are no multiple of 2"},
      {"carray\n_array_reconstructor\n(carray\narray\nU\x01HK\x0f"
       "C\x02"
       "abtR."sv,
       "unknown machine format"},
      {"carray\n_array_reconstructor\n(NU\x01HK\x02"
       "C\x02"
       "abtR."sv,
       "unexpected arguments"},
      {"c_codecs\nencode\n(U\x01"
       "aU\x05utf-8tR."sv,
       "encode of something other than"},
      {"c_codecs\nencode\n(X\x02\x00\x00\x00\xc4\x80U\x06latin1tR."sv, "text that is not Latin-1"},
  };
  for (const auto& [bytes, message] : kCases) {
    EXPECT_THAT(Read(bytes, WithArrays()), HasSubstr(message)) << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace dbrepl
