// What our brokers cost on a given database.
//
// usage: broker_bench create FILE
//        broker_bench merge FILE FIRST COUNT BATCH rows|json   new rows, COUNT in calls of BATCH
//        broker_bench since FILE LIMIT                         all rows, LIMIT at a time, as JSON
//        broker_bench open FILE TIMES                          a new broker each time
//        broker_bench again FILE TIMES                         one broker for all
// Prints the CPU seconds of the work itself. bench/broker_rows.h says what the rows are.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include "bench/broker_rows.h"
#include "broker/container_broker.h"
#include "broker/create.h"
#include "common/json.h"
#include "common/random.h"
#include "common/result.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

ObjectItem MakeItem(long number) {
  BenchRow made;
  BenchMakeRow(number, &made);
  ObjectItem item;
  item.row.name = made.name;
  item.row.created_at = made.created_at;
  item.row.size = made.size;
  item.row.content_type = kBenchContentType;
  item.row.etag = made.etag;
  item.row_id = number + 1;
  return item;
}

std::string MakeJson(long first, long count) {
  JsonValue::Array rows;
  for (long i = 0; i < count; ++i) {
    const ObjectItem item = MakeItem(first + i);
    JsonValue row;
    row.Set("ROWID", *item.row_id);
    row.Set("name", item.row.name);
    row.Set("created_at", item.row.created_at);
    row.Set("size", item.row.size);
    row.Set("content_type", item.row.content_type);
    row.Set("etag", item.row.etag);
    row.Set("deleted", item.row.deleted);
    row.Set("storage_policy_index", item.row.storage_policy_index);
    rows.push_back(std::move(row));
  }
  return DumpJson(rows);
}

// Rows are made batch by batch outside the time that counts, so that memory shows the merge's.
Result<double> Merge(const std::string& path, long first, long count, long batch, bool json) {
  double used = 0;
  double started = CpuSeconds();
  ContainerBroker broker(path);
  used += CpuSeconds() - started;
  for (long done = 0; done < count; done += batch) {
    const long size = std::min(batch, count - done);
    if (json) {
      const std::string text = MakeJson(first + done, size);
      started = CpuSeconds();
      TRY(broker.MergeItemsJson(text, "peer"));
    } else {
      std::vector<ObjectItem> items;
      items.reserve(static_cast<std::size_t>(size));
      for (long i = 0; i < size; ++i) items.push_back(MakeItem(first + done + i));
      started = CpuSeconds();
      TRY(broker.MergeItems(std::move(items), "peer"));
    }
    used += CpuSeconds() - started;
  }
  return used;
}

Result<double> Since(const std::string& path, int limit) {
  const double started = CpuSeconds();
  ContainerBroker broker(path);
  RowId last = -1;
  while (true) {
    TRY_ASSIGN(const ItemsPage page, broker.ItemsSince(last, limit));
    if (page.count == 0) return CpuSeconds() - started;
    last = page.last_row;
  }
}

Result<> ReadState(ContainerBroker& broker) {
  TRY(broker.GetReplicationInfo());
  TRY(broker.GetSyncs(SyncDirection::kIncoming));
  TRY(broker.GetSyncs(SyncDirection::kOutgoing));
  return {};
}

Result<double> Open(const std::string& path, int times, bool again) {
  ContainerBroker kept(path);
  if (again) TRY(ReadState(kept));
  const double started = CpuSeconds();
  for (int i = 0; i < times; ++i) {
    if (again) {
      TRY(ReadState(kept));
    } else {
      ContainerBroker broker(path);
      TRY(ReadState(broker));
    }
  }
  return CpuSeconds() - started;
}

Result<double> Run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "create") {
    NewDatabase database;
    database.path = words[1];
    database.account = "a";
    database.container = "c";
    database.put_timestamp = "1700000000.00000";
    TRY(CreateDatabase(database, SystemClock(), SystemRandom()));
    return 0.0;
  }
  if (words.size() == 6 && words[0] == "merge")
    return Merge(words[1], std::stol(words[2]), std::stol(words[3]), std::stol(words[4]),
                 words[5] == "json");
  if (words.size() == 3 && words[0] == "since") return Since(words[1], std::stoi(words[2]));
  if (words.size() == 3 && (words[0] == "open" || words[0] == "again"))
    return Open(words[1], std::stoi(words[2]), words[0] == "again");
  return Fail(Errc::kBadInput, "no such measurement", "see the head of bench/broker_bench.cc");
}

}  // namespace
}  // namespace dbrepl

int main(int argc, char** argv) {
  const auto used = dbrepl::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (!used) {
    std::fputs(dbrepl::DescribeForPerson("broker_bench", used.error()).c_str(), stderr);
    return 1;
  }
  std::printf("%.6f\n", *used);
  return 0;
}
