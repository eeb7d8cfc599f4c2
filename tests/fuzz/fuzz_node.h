// A node for fuzz targets of the receiving half: one device in memory with one database, and a
// ReplicateService over it, whose clock stands still at 1700000000. One thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "broker/db_kind.h"
#include "common/random.h"
#include "replicator/answer/replicate_service.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {

class FuzzNode {
 public:
  explicit FuzzNode(DbKind kind);

  // Asks about the database and returns the status.
  int Send(std::string body);
  // The same; the answer must be none of 5xx, and a refusal have exactly one log line, anything
  // else at most one.
  int Ask(std::string body);
  // Of the last request.
  const std::string& answer() const { return answer_; }
  // Whatever has happened to the database: requests that any database serves are served.
  void CheckServes();

  // Puts the database back as it was at first, with one row, or removes it; empties tmp.
  void Restore();
  void Remove();
  // The database is as at first, and nothing of it was quarantined.
  bool IsFresh() const;

  // A file in tmp, as rsync leaves it.
  void Land(std::string_view name, std::string_view bytes) const;

 private:
  ReplicateOptions Options();
  std::string Path() const;
  std::string TmpPath(std::string_view name) const;
  // A row as a peer sends it.
  std::string Row(std::string_view name) const;

  const DbKind kind_;
  const TempDir directory_{TempDir::kInMemory};
  FakeClock clock_;
  SeededRandom random_{1};
  int lines_ = 0;
  std::string answer_;
  std::string hash_;
  std::string fresh_;
  ReplicateService service_;
};

}  // namespace dbrepl
