#include "broker/account_fold.h"

#include <optional>
#include <string_view>

#include "common/strings.h"

namespace dbrepl {

namespace {

std::int64_t Integer(const SqlValue& value) { return std::get<std::int64_t>(value); }

// The text that goes into the hash beside the name. One NULL makes the whole NULL, as || does.
std::optional<std::string> HashText(const ContainerRecord& record) {
  if (IsNull(record.put_timestamp) || IsNull(record.delete_timestamp)) return std::nullopt;
  return StrCat(std::get<std::string>(record.put_timestamp), "-",
                std::get<std::string>(record.delete_timestamp), "-", Integer(record.object_count),
                "-", Integer(record.bytes_used));
}

}  // namespace

Result<bool> AccountFold::Applies(Connection& connection) {
  TRY_ASSIGN(Statement query,
             connection.Prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND"
                                " tbl_name = 'container' ORDER BY name"));
  constexpr std::string_view kKnown[] = {"container_delete", "container_delete_ps",
                                         "container_insert", "container_insert_ps",
                                         "container_update"};
  for (const auto known : kKnown) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row || query.Text(0) != known) return false;
  }
  TRY_ASSIGN(const bool more, query.Step());
  return !more;
}

Result<AccountFold> AccountFold::Begin(Connection& connection) {
  AccountFold fold;
  TRY_ASSIGN(Statement stat, connection.Prepare("SELECT hash FROM account_stat"));
  TRY_ASSIGN(const bool row, stat.Step());
  if (!row) {
    return Fail(Errc::kCorrupt, StrCat(connection.path(), ": missing row in account_stat table"));
  }
  auto hash = RowHash::Parse(stat.Text(0));
  if (!hash) return Fail(std::move(hash).error().Within(connection.path()));
  fold.hash_ = *hash;
  TRY_ASSIGN(fold.policies_count_containers_,
             connection.HasColumn("policy_stat", "container_count"));
  TRY_ASSIGN(Statement policies,
             connection.Prepare("SELECT storage_policy_index FROM policy_stat"));
  while (true) {
    TRY_ASSIGN(const bool policy, policies.Step());
    if (!policy) return fold;
    fold.policies_[policies.Int64(0)] = Policy{};
  }
}

bool AccountFold::AddUp(Sums& sums, const Sums& row, int sign) {
  const auto add = [sign](std::int64_t& sum, std::int64_t value) {
    return sign > 0 ? !__builtin_add_overflow(sum, value, &sum)
                    : !__builtin_sub_overflow(sum, value, &sum);
  };
  return add(sums.containers, row.containers) && add(sums.objects, row.objects) &&
         add(sums.bytes, row.bytes);
}

Result<> AccountFold::AddToPolicy(std::int64_t index, const Sums& row, int sign) {
  auto found = policies_.find(index);
  if (found == policies_.end()) {
    // A deleted row does not make its policy's row, so it counts for nothing.
    if (sign < 0) return {};
    found = policies_.emplace(index, Policy{true, {}}).first;
  }
  if (!AddUp(found->second.sums, row, sign)) {
    return Fail(Errc::kBadInput, StrCat("policy ", index, ": counts beyond 64 bits"));
  }
  return {};
}

Result<> AccountFold::Add(const ContainerRecord& record, int sign) {
  const Sums row{1 - Integer(record.deleted), Integer(record.object_count),
                 Integer(record.bytes_used)};
  if (!AddUp(account_, row, sign)) {
    return Fail(Errc::kBadInput, "account: counts beyond 64 bits");
  }
  TRY(AddToPolicy(Integer(record.storage_policy_index), row, sign));
  hash_.Toggle(std::get<std::string>(record.name), HashText(record));
  changed_ = true;
  return {};
}

Result<> AccountFold::WritePolicies(Connection& connection) {
  for (const auto& [index, policy] : policies_) {
    if (!policy.is_new && policy.sums == Sums{}) continue;
    if (policy.is_new) {
      TRY_ASSIGN(Statement insert, connection.Prepare("INSERT INTO policy_stat"
                                                      " (storage_policy_index) VALUES (?)"));
      insert.Bind(1, index);
      TRY(insert.Run());
    }
    TRY_ASSIGN(Statement update,
               connection.Prepare(policies_count_containers_
                                      ? "UPDATE policy_stat SET object_count = object_count + ?2,"
                                        " bytes_used = bytes_used + ?3,"
                                        " container_count = container_count + ?4"
                                        " WHERE storage_policy_index = ?1"
                                      : "UPDATE policy_stat SET object_count = object_count + ?2,"
                                        " bytes_used = bytes_used + ?3"
                                        " WHERE storage_policy_index = ?1"));
    update.BindAll(index, policy.sums.objects, policy.sums.bytes);
    if (policies_count_containers_) update.Bind(4, policy.sums.containers);
    TRY(update.Run());
  }
  return {};
}

Result<> AccountFold::Write(Connection& connection) {
  if (!changed_) return {};
  TRY(WritePolicies(connection));
  TRY_ASSIGN(Statement update,
             connection.Prepare("UPDATE account_stat SET container_count = container_count + ?,"
                                " object_count = object_count + ?, bytes_used = bytes_used + ?,"
                                " hash = ?"));
  const std::string hash = hash_.Hex();
  update.BindAll(account_.containers, account_.objects, account_.bytes, hash);
  return update.Run();
}

}  // namespace dbrepl
