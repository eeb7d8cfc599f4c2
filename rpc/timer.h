// A timer and a signal watcher of an event loop. Loop thread only; both stop when they are
// destroyed, and end by themselves with their loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "rpc/event_loop.h"

namespace dbrepl {

class Timer {
 public:
  // `on_time` may destroy the timer.
  Timer(EventLoop& loop, std::function<void()> on_time);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Once after `delay`; a start before that begins anew.
  void Start(std::chrono::milliseconds delay);
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class SignalWatcher {
 public:
  // Calls `on_signal` for each arrival of the signal (several close together may count as one), in
  // place of what the process did with it before.
  SignalWatcher(EventLoop& loop, int signal_number, std::function<void()> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dbrepl
