#include "replicator/known_schema.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/replicator/service_fixture.h"

namespace dbrepl {
namespace {

std::vector<SchemaObject> ReadSchema(const std::string& path) {
  auto connection = Connection::Open(path).value();
  auto rows =
      connection->Prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema")
          .value();
  std::vector<SchemaObject> objects;
  while (rows.Step().value()) {
    objects.push_back({std::string(rows.Text(0)), std::string(rows.Text(1)),
                       std::string(rows.Text(2)), std::string(rows.Text(3))});
  }
  return objects;
}

class OurSchemaTest : public ServiceTest {};

TEST_F(OurSchemaTest, ContainersOfOursAreKnown) {
  Create();
  for (const SchemaObject& object : ReadSchema(Path())) {
    EXPECT_TRUE(IsKnownSchemaObject(DbKind::kContainer, object))
        << object.name << ": " << object.sql;
    if (object.type == "trigger" && object.name.find("sync") == std::string::npos) {
      EXPECT_FALSE(IsKnownSchemaObject(DbKind::kAccount, object)) << object.name;
    }
  }
}

TEST_F(AccountServiceTest, AccountsOfOursAreKnown) {
  Create();
  for (const SchemaObject& object : ReadSchema(Path()))
    EXPECT_TRUE(IsKnownSchemaObject(DbKind::kAccount, object)) << object.name << ": " << object.sql;
}

TEST(KnownSchema, TablesMustBePlain) {
  const auto known = [](const char* name, const char* sql) {
    return IsKnownSchemaObject(DbKind::kContainer, {"table", name, name, sql});
  };
  EXPECT_TRUE(known("object", "CREATE TABLE object (name TEXT, created_at TEXT DEFAULT '0')"));
  EXPECT_TRUE(known("sqlite_sequence", "CREATE TABLE sqlite_sequence(name,seq)"));
  EXPECT_FALSE(known("container", "CREATE TABLE container (name TEXT)")) << "an account's";
  EXPECT_FALSE(known("object", "CREATE VIRTUAL TABLE object USING fts5(name)"));
  EXPECT_FALSE(known("object", "CREATE TABLE object (name TEXT check (name <> ''))"));
  EXPECT_FALSE(
      known("object", "CREATE TABLE object (name TEXT, n TEXT GENERATED ALWAYS AS (name))"));
  EXPECT_FALSE(known("object", "CREATE TABLE object (name TEXT REFERENCES x(y))"));
  EXPECT_FALSE(known("object", "CREATE TABLE object (name TEXT PRIMARY KEY) WITHOUT ROWID"));
  EXPECT_FALSE(known("object", "CREATE TABLE object (name TEXT COLLATE NOCASE)"));
  EXPECT_FALSE(known("object", ""));
}

}  // namespace
}  // namespace dbrepl
