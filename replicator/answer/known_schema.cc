#include "replicator/answer/known_schema.h"

#include <algorithm>
#include <array>

#include "common/digest.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::string_view kSharedTables[] = {"outgoing_sync", "incoming_sync", "policy_stat"};
constexpr std::string_view kContainerTables[] = {"object", "container_info", "container_stat",
                                                 "shard_range"};
constexpr std::string_view kAccountTables[] = {"container", "account_stat"};
// What SQLite itself keeps, as BareSql returns it.
constexpr std::string_view kInternalTables[] = {
    "createtablesqlite_sequence(name,seq)", "createtablesqlite_stat1(tbl,idx,stat)",
    "createtablesqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"};
// The columns that a table's rows may be told apart by, as BareSql returns them.
constexpr std::string_view kKeyColumns[] = {"rowidintegerprimarykeyautoincrement",
                                            "storage_policy_indexintegerprimarykey",
                                            "remote_idtextunique"};

// What no table of Swift's has; without blanks, in lower case.
constexpr std::string_view kForeignToTables[] = {"check(", "generated", "references", "collate",
                                                 "withoutrowid"};

// MD5 of the text as BareSql returns it.
struct KnownText {
  std::string_view name;
  std::string_view digest;
};
constexpr KnownText kSharedTexts[] = {
    {"incoming_sync_insert", "44d0065423c4d01304469531279f0096"},
    {"incoming_sync_update", "c3746a490df4a822874cf8c3aa049268"},
    {"outgoing_sync_insert", "0269489c74340f1775e6b1dae0121c4c"},
    {"outgoing_sync_update", "dc5448a2cdef59c0df244783a2841962"},
};
constexpr KnownText kAccountTexts[] = {
    {"ix_container_deleted_name", "99153687506579f5d5f1e940019e26e8"},
    {"container_delete", "d3bad2fd77b09df94d1777c84a01c832"},
    {"container_delete_ps", "a86dcb23048a6b1cd66a303d91ab56df"},
    {"container_delete_ps", "431a3e0188c08b2cd66be46f07f8eef8"},  // before Swift 2.2
    {"container_insert", "eb534fcc910e3599527d75111ec61d83"},
    {"container_insert_ps", "80d85c87b934ac16e400ca0d04be6966"},
    {"container_insert_ps", "b9115c23eff0a262638ab6f7f0268727"},  // before Swift 2.2
    {"container_update", "243400cb8600257969b3da33dbc1df55"},
};
constexpr KnownText kContainerTexts[] = {
    {"ix_object_deleted_name", "7c8418ba52875a643fc64e4a41bf697c"},
    {"container_stat", "5edae6a4076b19c0da427ce74cbc5e09"},
    {"container_stat", "081b1f5b4ab55142174a5b8ec167868f"},  // ours
    {"container_stat_update", "52b0ff61071dbd6c7d29157f873ea3a7"},
    {"object_delete", "486b33447499863b6b057839b7ee36e8"},  // before Swift 2.0
    {"object_delete_policy_stat", "f42de970c6f4012c9f99b368eb5ad2d9"},
    {"object_insert", "8f0de703b358d1abad878302e370455c"},  // before Swift 2.0
    {"object_insert_policy_stat", "b1b87deb4055f0a03608acd38bd9b51f"},
    {"object_insert_policy_stat", "1690273a944e0be8c24eb4dfd23c06a2"},  // ours
    {"object_update", "726a29b51c39d80c9c7a65bd95534207"},
    {"shard_range_update", "0ec1f62b20fb799c89d50ecf2394e89d"},
};

// Without blanks outside of quotes, in lower case there, without ';' at the end.
std::string BareSql(std::string_view sql) {
  std::string bare;
  bool quoted = false;
  for (const char c : sql) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && (c == ' ' || (c >= '\t' && c <= '\r'))) continue;
    bare.push_back(!quoted && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  while (bare.ends_with(';')) bare.pop_back();
  return bare;
}

template <class List>
bool Contains(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool IsKnownTable(DbKind kind, std::string_view name) {
  return Contains(kSharedTables, name) ||
         (kind == DbKind::kAccount ? Contains(kAccountTables, name)
                                   : Contains(kContainerTables, name));
}

// "name TEXT" or "name INTEGER", a number or text as default, nothing else: a key would let rows
// disappear that are merged, an expression would be worked out for each of them. Bare text.
bool IsPlainColumn(std::string_view column) {
  if (Contains(kKeyColumns, column)) return true;
  if (const auto at = column.find("default"); at != column.npos) {
    std::string_view literal = column.substr(at + std::string_view("default").size());
    column = column.substr(0, at);
    const bool is_text = literal.size() >= 2 && literal.front() == '\'' && literal.back() == '\'';
    if (is_text) literal = literal.substr(1, literal.size() - 2);
    if (!is_text && literal.starts_with('-')) literal.remove_prefix(1);
    const char* allowed = is_text ? "0123456789." : "0123456789";
    if ((literal.empty() && !is_text) || literal.find_first_not_of(allowed) != literal.npos)
      return false;
  }
  return (column.ends_with("text") || column.ends_with("integer")) &&
         column.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == column.npos;
}

bool IsPlainTable(std::string_view name, std::string_view sql) {
  const std::string bare = BareSql(sql);
  const std::string begin = StrCat("createtable", name, "(");
  if (!bare.starts_with(begin) || !bare.ends_with(')') ||
      std::any_of(std::begin(kForeignToTables), std::end(kForeignToTables),
                  [&bare](std::string_view word) { return bare.find(word) != bare.npos; })) {
    return false;
  }
  const auto columns =
      Split(std::string_view(bare).substr(begin.size(), bare.size() - begin.size() - 1), ',');
  return std::all_of(columns.begin(), columns.end(), IsPlainColumn);
}

template <class Texts>
bool IsKnownText(const Texts& texts, std::string_view name, std::string_view digest) {
  return std::any_of(std::begin(texts), std::end(texts), [&](const KnownText& known) {
    return known.name == name && known.digest == digest;
  });
}

}  // namespace

bool IsKnownSchemaObject(DbKind kind, const SchemaObject& object) {
  if (object.type == "table") {
    if (object.name.starts_with("sqlite_")) return Contains(kInternalTables, BareSql(object.sql));
    return IsKnownTable(kind, object.name) && IsPlainTable(object.name, object.sql);
  }
  if (object.type == "index" && object.sql.empty())
    return object.name.starts_with("sqlite_autoindex_") && IsKnownTable(kind, object.table);
  const std::string digest = ToHex(Md5(BareSql(object.sql)));
  return IsKnownText(kSharedTexts, object.name, digest) ||
         (kind == DbKind::kAccount ? IsKnownText(kAccountTexts, object.name, digest)
                                   : IsKnownText(kContainerTexts, object.name, digest));
}

}  // namespace dbrepl
