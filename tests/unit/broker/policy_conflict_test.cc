#include "broker/policy_conflict.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

enum class Life { kLive, kDeleted, kRecreated };

PolicyClaim Claim(Life life, const std::string& status_changed_at, std::int64_t policy) {
  PolicyClaim claim;
  claim.storage_policy_index = policy;
  claim.put_timestamp = life == Life::kRecreated ? "1700000030.00000" : "1700000010.00000";
  claim.delete_timestamp = life == Life::kLive ? "0" : "1700000020.00000";
  claim.status_changed_at = status_changed_at;
  return claim;
}

struct Case {
  Life local;
  Life remote;
  bool when_local_changed_first;
  bool when_remote_changed_first;
  bool when_both_changed_at_once;
};

// Answers of Swift 2.30.1's incorrect_policy_index.
constexpr Case kCases[] = {
    {Life::kLive, Life::kLive, false, true, false},
    {Life::kLive, Life::kDeleted, false, false, false},
    {Life::kLive, Life::kRecreated, true, true, true},
    {Life::kDeleted, Life::kLive, true, true, true},
    {Life::kDeleted, Life::kDeleted, true, false, false},
    {Life::kDeleted, Life::kRecreated, true, true, true},
    {Life::kRecreated, Life::kLive, false, false, false},
    {Life::kRecreated, Life::kDeleted, false, false, false},
    {Life::kRecreated, Life::kRecreated, false, true, false},
};

TEST(PolicyConflictTest, DecidesByLifeThenByStatusChange) {
  const std::string early = "1700000040.00000";
  const std::string late = "1700000050.00000";
  for (const Case& one : kCases) {
    const auto wins = [&one](const std::string& local, const std::string& remote) {
      return RemotePolicyWins(Claim(one.local, local, 0), Claim(one.remote, remote, 1));
    };
    const int row = static_cast<int>(&one - kCases);
    EXPECT_EQ(wins(early, late), one.when_local_changed_first) << "row " << row;
    EXPECT_EQ(wins(late, early), one.when_remote_changed_first) << "row " << row;
    EXPECT_EQ(wins(early, early), one.when_both_changed_at_once) << "row " << row;
  }
}

TEST(PolicyConflictTest, EqualOrUnknownRemoteIndexNeverWins) {
  const PolicyClaim local = Claim(Life::kDeleted, "1700000050.00000", 1);
  EXPECT_FALSE(RemotePolicyWins(local, Claim(Life::kLive, "1700000040.00000", 1)));
  PolicyClaim old_peer = Claim(Life::kLive, "1700000040.00000", 0);
  EXPECT_TRUE(RemotePolicyWins(local, old_peer));
  old_peer.storage_policy_index.reset();
  EXPECT_FALSE(RemotePolicyWins(local, old_peer));
}

TEST(PolicyConflictTest, RowsKeepADeletedContainerAlive) {
  PolicyClaim local = Claim(Life::kDeleted, "1700000050.00000", 0);
  const PolicyClaim remote = Claim(Life::kLive, "1700000060.00000", 1);
  EXPECT_TRUE(RemotePolicyWins(local, remote));
  local.object_count = 1;
  EXPECT_FALSE(RemotePolicyWins(local, remote));
}

TEST(PolicyConflictTest, OfTwoRecreatedTheOneBeforeTheLastDeleteLoses) {
  PolicyClaim local = Claim(Life::kRecreated, "1700000040.00000", 0);
  PolicyClaim remote = Claim(Life::kRecreated, "1700000050.00000", 1);
  remote.delete_timestamp = "1700000035.00000";
  remote.put_timestamp = "1700000036.00000";
  EXPECT_TRUE(RemotePolicyWins(local, remote));
  EXPECT_FALSE(RemotePolicyWins(remote, local));
}

TEST(PolicyConflictTest, DeleteTimesOfZeroOrJunkAreNoRecreation) {
  for (const char* never : {"0", "0000000000.00000", "-1", "junk"}) {
    PolicyClaim remote = Claim(Life::kLive, "1700000050.00000", 1);
    remote.put_timestamp = "z";  // above all of them as text
    remote.delete_timestamp = never;
    EXPECT_FALSE(RemotePolicyWins(Claim(Life::kLive, "1700000040.00000", 0), remote)) << never;
  }
}

}  // namespace
}  // namespace dbrepl
