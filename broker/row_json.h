// Rows of a query as JSON objects, written straight from SQLite's columns the way Python's
// json.dumps writes a dict of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/statement.h"
#include "common/result.h"

namespace dbrepl {

// Appends the text in quotes, ASCII only. False, with part of it appended, when it is not UTF-8.
bool AppendJsonText(std::string& out, std::string_view text);

class RowJsonWriter {
 public:
  // Takes the column names of this query; keeps no reference to it.
  explicit RowJsonWriter(const Statement& rows);

  // Appends the current row, members in column order. Text that is not UTF-8 or a blob: kIo (Swift
  // fails for these too), naming the column; so is a column's name that is not UTF-8.
  Result<> Append(std::string& out, const Statement& row) const;

 private:
  std::vector<std::string> names_;  // as in the database
  std::optional<std::string> odd_name_;
  std::vector<std::string> prefixes_;  // what stands before each value: `{"a": `, `, "b": ` ...
};

}  // namespace dbrepl
