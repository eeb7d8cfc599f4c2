#include "replicator/answer/known_schema.h"

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
  EXPECT_FALSE(known("object", "CREATE TABLE container_info (name TEXT)")) << "named otherwise";
  EXPECT_FALSE(known("object", "CREATE TABLE object (name TEXT), x)"));
  EXPECT_FALSE(known("object", "CREATE TABLE object (name)")) << "no type";
  EXPECT_FALSE(known("object", "CREATE TABLE object (name BLOB)"));
}

TEST(KnownSchema, ColumnsCannotDropRowsOrComputeAnything) {
  const auto known = [](const char* column) {
    const std::string sql = StrCat("CREATE TABLE object (name TEXT, ", column, ")");
    return IsKnownSchemaObject(DbKind::kContainer, {"table", "object", "object", sql});
  };
  EXPECT_TRUE(known("x INTEGER DEFAULT -1, y TEXT DEFAULT '', z TEXT DEFAULT '0.5'"));
  EXPECT_TRUE(known("ROWID INTEGER PRIMARY KEY AUTOINCREMENT"));
  for (const char* column :
       {"x TEXT UNIQUE", "x TEXT UNIQUE ON CONFLICT IGNORE", "x TEXT PRIMARY KEY",
        "x INTEGER PRIMARY KEY ON CONFLICT REPLACE", "x TEXT NOT NULL", "UNIQUE (name)",
        "PRIMARY KEY (name)", "x TEXT DEFAULT (randomblob(1000000000))", "x TEXT DEFAULT (1)",
        "x TEXT DEFAULT x'00'", "x TEXT DEFAULT CURRENT_TIME", "x TEXT DEFAULT", "x AS (name)",
        "x TEXT CHECK (0)", "CONSTRAINT c CHECK (0)", "x TEXT DEFAULT 'it''s'", "x TEXT /**/"}) {
    EXPECT_FALSE(known(column)) << column;
  }
}

TEST(KnownSchema, WhatSqliteKeepsMustBeItsOwn) {
  const auto known = [](const char* name, const char* sql) {
    return IsKnownSchemaObject(DbKind::kAccount, {"table", name, name, sql});
  };
  EXPECT_TRUE(known("sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"));
  EXPECT_FALSE(known("sqlite_stat1", "CREATE VIRTUAL TABLE sqlite_stat1 USING fts5(x)"));
  EXPECT_FALSE(known("sqlite_sequence", "CREATE TABLE sqlite_sequence(name,seq,more)"));
  EXPECT_FALSE(known("sqlite_sequence", "CREATE VIEW sqlite_sequence AS SELECT 1"));
  EXPECT_FALSE(known("sqlite_evil", "CREATE TABLE sqlite_evil(x TEXT)"));
  EXPECT_TRUE(IsKnownSchemaObject(
      DbKind::kAccount, {"index", "sqlite_autoindex_outgoing_sync_1", "outgoing_sync", ""}));
  EXPECT_FALSE(IsKnownSchemaObject(DbKind::kAccount, {"index", "x", "outgoing_sync", ""}));
}

}  // namespace
}  // namespace dbrepl
