// The content_type column of object rows: a media type, parameters, and among them swift_bytes, a
// size that Swift keeps there for historical reasons. Pure, thread-safe. Source: parse_content_type
// and extract_swift_bytes of Swift; swift-reference.md section 3.9.
//
// Taking the column apart and putting it together again does not give the same text back: blanks
// around parameters go, a parameter without a value gains "=", what is no parameter is dropped.
// Swift does this on every merge with an existing row, so replicas agree only if we do it alike.
#pragma once

#include <string>
#include <string_view>

namespace dbrepl {

struct ContentType {
  std::string type;         // with all parameters but swift_bytes, each as ";name=value"
  std::string swift_bytes;  // value of the last swift_bytes parameter; empty: none, or none given

  // The column's text: the type, and ";swift_bytes=N" behind it when there is such a value.
  std::string Column() const;

  bool operator==(const ContentType&) const = default;
};

// Takes any UTF-8 text, also an empty one. Text without a ';' comes back as it is. Parameters end
// where their grammar ends: "a=b/c" gives "a=b", and the search goes on at the next ';'.
ContentType ParseContentType(std::string_view column);

}  // namespace dbrepl
