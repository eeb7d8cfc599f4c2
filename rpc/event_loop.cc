#include "rpc/event_loop.h"

#include <csignal>
#include <utility>

#include <pthread.h>

#include "common/check.h"
#include "common/strings.h"
#include "rpc/uv_handle.h"

namespace dbrepl {
namespace {

constexpr std::size_t kReadBufferBytes = std::size_t{64} * 1024;

void CloseIfOpen(uv_handle_t* handle, void*) {
  if (uv_is_closing(handle) != 0) return;
  CHECK(handle->data != nullptr);
  static_cast<UvHandleOwner*>(handle->data)->OnLoopEnd();
}

}  // namespace

Error UvError(int code, std::string_view context) {
  Errc reaction = Errc::kIo;
  switch (code) {
    case UV_ECANCELED: reaction = Errc::kCancelled; break;
    case UV_EOF:
    case UV_ECONNREFUSED:
    case UV_ECONNRESET:
    case UV_ECONNABORTED:
    case UV_EPIPE:
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
    case UV_EHOSTDOWN:
    case UV_ENETDOWN:
    case UV_EADDRNOTAVAIL: reaction = Errc::kUnreachable; break;
    default:
      // Failed look-ups have numbers of their own, far beyond errno's.
      if (code > UV_EAI_ADDRFAMILY - 100 && code <= UV_EAI_ADDRFAMILY) {
        reaction = Errc::kUnreachable;
        break;
      }
      return ErrnoError(-code, context);
  }
  return {reaction, StrCat(context, ": ", std::string_view(uv_strerror(code))), {}};
}

void EventLoop::LoopDeleter::operator()(uv_loop_s* loop) const {
  CHECK(uv_loop_close(loop) == 0);
  delete loop;
}

EventLoop::EventLoop() : read_buffer_(kReadBufferBytes) {}

Result<std::unique_ptr<EventLoop>> EventLoop::Create() {
  std::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<EventLoop> loop(new EventLoop());
  auto raw = std::make_unique<uv_loop_t>();
  if (const int code = uv_loop_init(raw.get()); code != 0) return Fail(UvError(code, "event loop"));
  loop->loop_.reset(raw.release());
  auto wake_up = std::make_unique<uv_async_t>();
  const int code = uv_async_init(loop->uv(), wake_up.get(), [](uv_async_t* handle) {
    static_cast<EventLoop*>(handle->data)->RunPosted();
  });
  if (code != 0) return Fail(UvError(code, "event loop wake-up"));
  wake_up->data = loop.get();
  MutexLock lock(loop->mutex_);
  loop->wake_up_ = wake_up.release();
  return loop;
}

EventLoop::~EventLoop() {
  if (!loop_ || stopping_) return;
  Stop();
  bool is_whole = false;
  {
    MutexLock lock(mutex_);
    is_whole = wake_up_ != nullptr;
  }
  if (is_whole) Run();  // never ran: close what was made
}

void EventLoop::Run() {
  uv_run(uv(), UV_RUN_DEFAULT);
  CHECK(stopping_);
  RunPosted();
  CloseAll();
}

bool EventLoop::Post(std::function<void()> job) {
  MutexLock lock(mutex_);
  if (wake_up_ == nullptr || stop_wanted_) return false;
  posted_.push_back(std::move(job));
  uv_async_send(wake_up_);
  return true;
}

bool EventLoop::PostAndWait(std::function<void()> job) {
  struct {
    Mutex mutex;
    CondVar changed;
    bool done = false;
  } state;
  const bool accepted = Post([&] {
    job();
    MutexLock lock(state.mutex);
    state.done = true;
    state.changed.NotifyOne();
  });
  if (!accepted) return false;
  MutexLock lock(state.mutex);
  while (!state.done) state.changed.Wait(state.mutex);
  return true;
}

void EventLoop::Stop() {
  MutexLock lock(mutex_);
  if (wake_up_ == nullptr || stop_wanted_) return;
  stop_wanted_ = true;
  uv_async_send(wake_up_);
}

void EventLoop::RunPosted() {
  std::vector<std::function<void()>> jobs;
  {
    MutexLock lock(mutex_);
    jobs.swap(posted_);
    if (stop_wanted_ && !stopping_) {
      stopping_ = true;
      uv_stop(uv());
    }
  }
  for (const auto& job : jobs) job();
}

void EventLoop::CloseAll() {
  uv_async_t* wake_up = nullptr;
  {
    MutexLock lock(mutex_);
    wake_up = std::exchange(wake_up_, nullptr);
  }
  if (wake_up != nullptr)
    uv_close(reinterpret_cast<uv_handle_t*>(wake_up),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
  // Owners may answer a closed handle by closing or even opening others.
  do {
    uv_walk(uv(), CloseIfOpen, nullptr);
  } while (uv_run(uv(), UV_RUN_ONCE) != 0);
}

Result<LoopThread> LoopThread::Start() {
  TRY_ASSIGN(auto loop, EventLoop::Create());
  return LoopThread(std::move(loop));
}

LoopThread::LoopThread(std::unique_ptr<EventLoop> loop)
    : loop_(std::move(loop)), thread_([raw = loop_.get()] { raw->Run(); }) {
  pthread_setname_np(thread_.native_handle(), "loop");
}

LoopThread::~LoopThread() { Join(); }

void LoopThread::Join() {
  if (!thread_.joinable()) return;
  loop_->Stop();
  thread_.join();
}

}  // namespace dbrepl
