// One libuv loop on one thread: the thread of all sockets, timers and signals.
//
// Loop code never blocks. Other threads reach it by Post only. Everything built on the loop
// (servers, clients, timers) is used and destroyed on its thread, or after the loop has ended.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "common/result.h"

struct uv_loop_s;
struct uv_async_s;

namespace dbrepl {

class EventLoop {
 public:
  // Also makes the process ignore SIGPIPE: a closed peer is an error of the write. kIo when the
  // system gives no epoll or event descriptor.
  static Result<std::unique_ptr<EventLoop>> Create();
  // After Run() has returned, or without any Run().
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Serves until Stop(); the calling thread is the loop's thread from now on. At the end it runs
  // the jobs accepted so far, closes every handle still open (its owner is told kCancelled) and
  // returns when all close callbacks have run. Call once.
  void Run();

  // Any thread. True: `job` will run on the loop thread, in order of posting. False: the loop is
  // stopping; the job was dropped.
  bool Post(std::function<void()> job);

  // Any thread but the loop's: Post, and wait until the job has run. False as for Post.
  bool PostAndWait(std::function<void()> job);

  // Any thread, signal handlers excepted. Returns at once; further calls do nothing.
  void Stop();

  // Loop thread: the end has begun; nothing new should be started.
  bool stopping() const { return stopping_; }

  // The raw loop, for the handle wrappers in rpc/.
  uv_loop_s* uv() { return loop_.get(); }

  // Where reads land: valid until the callback that got the bytes returns. Shared by all streams of
  // the loop, so that an idle connection costs no buffer.
  std::span<char> read_buffer() { return read_buffer_; }

 private:
  EventLoop();
  void RunPosted();
  void CloseAll();

  struct LoopDeleter {
    void operator()(uv_loop_s* loop) const;
  };
  std::unique_ptr<uv_loop_s, LoopDeleter> loop_;
  std::vector<char> read_buffer_;
  bool stopping_ = false;  // loop thread only

  Mutex mutex_;
  // nullptr once no more jobs are taken. The wake-up is sent under the mutex: outside of it, the
  // handle could be closing already.
  uv_async_s* wake_up_ GUARDED_BY(mutex_) = nullptr;
  bool stop_wanted_ GUARDED_BY(mutex_) = false;
  std::vector<std::function<void()>> posted_ GUARDED_BY(mutex_);
};

// A loop with its own thread, for programs and tests whose main thread has other work.
class LoopThread {
 public:
  static Result<LoopThread> Start();
  // Stops the loop and joins the thread.
  ~LoopThread();
  LoopThread(LoopThread&&) noexcept = default;
  LoopThread& operator=(LoopThread&&) = delete;

  EventLoop& loop() { return *loop_; }

  // Stops the loop and waits until it has ended; for what is destroyed after the loop's end.
  void Join();

 private:
  explicit LoopThread(std::unique_ptr<EventLoop> loop);
  std::unique_ptr<EventLoop> loop_;
  std::jthread thread_;
};

}  // namespace dbrepl
