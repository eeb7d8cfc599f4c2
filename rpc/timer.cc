#include "rpc/timer.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "rpc/uv_handle.h"

namespace dbrepl {

struct Timer::Impl final : UvHandleOwner {
  void OnLoopEnd() override { handle.Close(); }

  UvHandle<uv_timer_t> handle;
  std::function<void()> on_time;
};

Timer::Timer(EventLoop& loop, std::function<void()> on_time) : impl_(std::make_unique<Impl>()) {
  impl_->on_time = std::move(on_time);
  CHECK(uv_timer_init(loop.uv(), impl_->handle.Make(impl_.get())) == 0);
}

Timer::~Timer() = default;

void Timer::Start(std::chrono::milliseconds delay) {
  if (!impl_->handle) return;  // the loop has ended
  const auto fire = [](uv_timer_t* handle) {
    // Through a copy: the call may destroy the timer.
    const auto on_time = static_cast<Impl*>(static_cast<UvHandleOwner*>(handle->data))->on_time;
    on_time();
  };
  const auto count = std::max<std::chrono::milliseconds::rep>(0, delay.count());
  CHECK(uv_timer_start(impl_->handle.get(), fire, static_cast<std::uint64_t>(count), 0) == 0);
}

void Timer::Stop() {
  if (impl_->handle) uv_timer_stop(impl_->handle.get());
}

struct SignalWatcher::Impl final : UvHandleOwner {
  void OnLoopEnd() override { handle.Close(); }

  UvHandle<uv_signal_t> handle;
  std::function<void()> on_signal;
};

SignalWatcher::SignalWatcher(EventLoop& loop, int signal_number, std::function<void()> on_signal)
    : impl_(std::make_unique<Impl>()) {
  impl_->on_signal = std::move(on_signal);
  CHECK(uv_signal_init(loop.uv(), impl_->handle.Make(impl_.get())) == 0);
  const auto fire = [](uv_signal_t* handle, int) {
    const auto call = static_cast<Impl*>(static_cast<UvHandleOwner*>(handle->data))->on_signal;
    call();
  };
  CHECK(uv_signal_start(impl_->handle.get(), fire, signal_number) == 0);
}

SignalWatcher::~SignalWatcher() = default;

}  // namespace dbrepl
