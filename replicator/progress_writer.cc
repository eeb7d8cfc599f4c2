#include "replicator/progress_writer.h"

#include <utility>

#include "replicator/recon/recon_cache.h"
#include "replicator/recon/recon_write.h"

namespace dbrepl {

ProgressWriter::ProgressWriter(const PassOptions& options, const PassProgress& progress,
                               std::chrono::milliseconds interval)
    : options_(options), progress_(progress), interval_(interval) {
  // Without a thread there is no progress to read, which is no reason not to replicate.
  if (auto thread = SmallThread::Start("progress", [this] { Run(); }))
    thread_.emplace(*std::move(thread));
}

ProgressWriter::~ProgressWriter() {
  mutex_.Lock();
  ending_ = true;
  ended_.NotifyAll();
  mutex_.Unlock();
  thread_.reset();
}

void ProgressWriter::Run() {
  mutex_.Lock();
  while (!ending_) {
    const auto next = std::chrono::steady_clock::now() + interval_;
    while (!ending_ && ended_.WaitUntil(mutex_, next)) {
    }
    if (ending_) break;
    mutex_.Unlock();
    Write();
    mutex_.Lock();
  }
  mutex_.Unlock();
}

void ProgressWriter::Write() const {
  const std::string file = ReconCacheFile(options_.recon_cache_path, DbKindName(options_.kind));
  const auto written = WriteReconCache(file, {{kProgressKey, progress_.ToJson()}}, options_.logger);
  if (!written) options_.logger.Debug("Progress not written: ", written.error().message);
}

}  // namespace dbrepl
