// demo_databases: makes databases with our own brokers, as they would be found on a disk.
//
// Standard input: one JSON object a line, {"kind": "container", "path": ..., "account": ...,
// "container": ..., "put_timestamp":
// ..., "metadata": {name: [value, timestamp]}, "rows": [rows as merge_items takes them],
// "delete_timestamp": ... or null}. Exit code 0: all were made; 1: the message names the one that
// was not.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "broker/create.h"
#include "broker/make_broker.h"
#include "broker/metadata.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/random.h"
#include "common/result.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

Result<std::string> Text(const JsonValue& line, std::string_view name) {
  const JsonValue* member = line.Find(name);
  if (member == nullptr || member->AsString() == nullptr)
    return Fail(Errc::kBadInput, StrCat("no text \"", name, "\""));
  return *member->AsString();
}

Result<> MakeDatabase(const std::string& text) {
  TRY_ASSIGN(const JsonValue line, ParseJson(text));
  TRY_ASSIGN(const std::string kind, Text(line, "kind"));
  NewDatabase database;
  database.kind = kind == "account" ? DbKind::kAccount : DbKind::kContainer;
  TRY_ASSIGN(database.path, Text(line, "path"));
  TRY_ASSIGN(database.account, Text(line, "account"));
  TRY_ASSIGN(database.container, Text(line, "container"));
  TRY_ASSIGN(database.put_timestamp, Text(line, "put_timestamp"));
  TRY(CreateDatabase(database, SystemClock(), SystemRandom()));

  const auto broker = MakeBroker(database.kind, database.path);
  if (const JsonValue* rows = line.Find("rows"))
    TRY(broker->MergeItemsJson(DumpJson(*rows), std::nullopt));
  if (const JsonValue* metadata = line.Find("metadata")) {
    TRY_ASSIGN(const Metadata items, ParseMetadata(DumpJson(*metadata)));
    TRY(broker->UpdateMetadata(items));
  }
  const JsonValue* deleted = line.Find("delete_timestamp");
  if (deleted != nullptr && deleted->AsString() != nullptr)
    TRY(broker->DeleteDb(*deleted->AsString()));
  return {};
}

int Main() {
  int line_number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++line_number;
    if (auto made = MakeDatabase(line); !made) {
      const Error error = std::move(made).error().Within(StrCat("line ", line_number));
      std::fputs(DescribeForPerson("demo_databases", error).c_str(), stderr);
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace dbrepl

int main() { return dbrepl::Main(); }
