#include "broker/content_type.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

struct Case {
  const char* column;
  const char* type;
  const char* swift_bytes;
};

// Expectations are the answers of Swift 2.30.1's extract_swift_bytes.
constexpr Case kCases[] = {
    {"", "", ""},
    {"text/plain", "text/plain", ""},
    {" text/plain ", " text/plain ", ""},
    {"text/plain; charset=UTF-8", "text/plain;charset=UTF-8", ""},
    {"t;", "t", ""},
    {"a/b;c", "a/b;c=", ""},
    {"a/b; c = d ;e=f", "a/b;c=d;e=f", ""},
    {"a/b;x=\"q;\\\"r\" ; y", "a/b;x=\"q;\\\"r\";y=", ""},
    {"a/b;x=c/d;y=1", "a/b;x=c;y=1", ""},
    {"a/b;;=5;/;z=1", "a/b;z=1", ""},
    {"t;a=\"open;b=c", "t;a=;b=c", ""},
    {"t;swift_bytes=5", "t", "5"},
    {"t;swift_bytes=5;c=d", "t;c=d", "5"},
    {"t;swift_bytes=5;swift_bytes=6", "t", "6"},
    {"t;swift_bytes=", "t", ""},
    {"t;Swift_Bytes=5", "t;Swift_Bytes=5", ""},
    {"t;\u00a0=5", "t;=5", ""},
    {"t;k=\u3000v\u3000", "t;k=v", ""},
};

TEST(ContentTypeTest, TakesColumnsApartAsSwiftDoes) {
  for (const Case& one : kCases) {
    const ContentType parsed = ParseContentType(one.column);
    EXPECT_EQ(parsed.type, one.type) << one.column;
    EXPECT_EQ(parsed.swift_bytes, one.swift_bytes) << one.column;
  }
}

TEST(ContentTypeTest, KeepsNulAndBytesBeyondAscii) {
  const std::string column("caf\u00e9\0;a=\u00e9", 11);
  EXPECT_EQ(ParseContentType(column).type, column);
}

TEST(ContentTypeTest, PutsSwiftBytesLast) {
  EXPECT_EQ(ParseContentType("t; swift_bytes=5; c=d").Column(), "t;c=d;swift_bytes=5");
  EXPECT_EQ(ParseContentType("t; c=d").Column(), "t;c=d");
  EXPECT_EQ((ContentType{"t", ""}).Column(), "t");
}

}  // namespace
}  // namespace dbrepl
