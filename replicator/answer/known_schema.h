// Which tables, indexes, triggers and views a database may have: those of Swift, of all ages, and
// our own spelling of them. Pure, thread-safe. Source: swift-reference.md sections 3.2 to 3.4, 3.7.
#pragma once

#include <string>
#include <string_view>

#include "broker/db_kind.h"

namespace dbrepl {

// One row of sqlite_schema.
struct SchemaObject {
  std::string type;  // "table", "index", "trigger" or "view"
  std::string name;
  std::string table;
  std::string sql;  // empty for indexes that SQLite made itself
};

// Tables must be plain: known by name, with columns of text and integers only, which may have a
// literal as default, and Swift's keys; without other constraints, generated columns or
// expressions. Indexes, triggers and views must be known by name and text, apart from blanks and
// case.
bool IsKnownSchemaObject(DbKind kind, const SchemaObject& object);

}  // namespace dbrepl
