#include "replicator/progress_writer.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "common/files.h"
#include "replicator/pass_report.h"
#include "tests/testlib/captured_log.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(ProgressWriter, WritesNowAndThenAndTheReportTakesItAway) {
  const TempDir dir(TempDir::kInMemory);
  CapturedLog log;
  PassOptions options;
  options.recon_cache_path = dir.path();
  options.logger = log.logger();
  PassProgress progress(SystemClock());
  progress.Begin();
  const std::string file = dir.Sub("container.recon");
  {
    const ProgressWriter writer(options, progress, milliseconds(1));
    while (!std::filesystem::exists(file)) std::this_thread::yield();
    std::filesystem::remove(file);
    while (!std::filesystem::exists(file)) std::this_thread::yield();
  }
  const JsonValue written = ParseJson(ReadFile(file, 1000).value()).value();
  ASSERT_NE(written.Find("replication_progress"), nullptr);
  EXPECT_EQ(*written.Find("replication_progress")->Find("running"), JsonValue(true));
  ReportPass({}, options);
  const JsonValue reported = ParseJson(ReadFile(file, 1000).value()).value();
  EXPECT_EQ(reported.Find("replication_progress"), nullptr);
  EXPECT_NE(reported.Find("replication_stats"), nullptr);
}

TEST(ProgressWriter, AShortPassWritesNothingAndEndsAtOnce) {
  const TempDir dir(TempDir::kInMemory);
  PassOptions options;
  options.recon_cache_path = dir.path();
  const PassProgress progress(SystemClock());
  { const ProgressWriter writer(options, progress, hours(1)); }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace dbrepl
