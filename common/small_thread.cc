#include "common/small_thread.h"

#include <utility>

#include <pthread.h>

#include "common/strings.h"

namespace dbrepl {

struct SmallThread::Handle {
  std::string name;
  std::function<void()> job;
  pthread_t thread{};

  // The thread names itself, so that its job never runs under another name.
  static void* Run(void* handle);
};

namespace {

class ThreadAttributes {
 public:
  ThreadAttributes() { ::pthread_attr_init(&attributes_); }
  ~ThreadAttributes() { ::pthread_attr_destroy(&attributes_); }
  ThreadAttributes(const ThreadAttributes&) = delete;
  ThreadAttributes& operator=(const ThreadAttributes&) = delete;
  pthread_attr_t* get() { return &attributes_; }

 private:
  pthread_attr_t attributes_{};
};

}  // namespace

void* SmallThread::Handle::Run(void* handle) {
  const auto* self = static_cast<const Handle*>(handle);
  ::pthread_setname_np(::pthread_self(), self->name.c_str());
  self->job();
  return nullptr;
}

SmallThread::SmallThread(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
SmallThread::SmallThread(SmallThread&&) noexcept = default;

SmallThread::~SmallThread() {
  if (handle_ != nullptr) ::pthread_join(handle_->thread, nullptr);
}

Result<SmallThread> SmallThread::Start(const std::string& name, std::function<void()> job) {
  auto handle = std::make_unique<Handle>();
  // The kernel refuses longer names and keeps the program's.
  constexpr std::size_t kMaxName = 15;
  handle->name = name.substr(0, kMaxName);
  handle->job = std::move(job);
  ThreadAttributes attributes;
  ::pthread_attr_setstacksize(attributes.get(), kStackBytes);
  const int error = ::pthread_create(&handle->thread, attributes.get(), &Handle::Run, handle.get());
  if (error != 0) return Fail(ErrnoError(error, StrCat("thread ", name)));
  return SmallThread(std::move(handle));
}

}  // namespace dbrepl
