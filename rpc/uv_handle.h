// Owns one libuv handle. The handle lives on the heap and dies in its close callback, which is the
// only moment libuv allows; the owner may die earlier. Loop thread only. Internal to rpc/.
#pragma once

#include <utility>

#include <uv.h>

#include "common/result.h"

namespace dbrepl {

// A libuv error code (negative) as an Error: "context: connection refused". ETIMEDOUT is kTimeout;
// what says that the peer is away or hung up, and names that cannot be looked up, are kUnreachable;
// ECANCELED is kCancelled; the rest as ErrnoError. The only place that reads such codes.
Error UvError(int code, std::string_view context);

// Whoever owns handles; what their `data` points to.
class UvHandleOwner {
 public:
  // The loop ends: close the handles now.
  virtual void OnLoopEnd() = 0;

 protected:
  ~UvHandleOwner() = default;
};

template <class Handle>
class UvHandle {
 public:
  UvHandle() = default;
  UvHandle(const UvHandle&) = delete;
  UvHandle& operator=(const UvHandle&) = delete;
  ~UvHandle() { Close(); }

  // A fresh handle, to be given to its uv_..._init at once.
  Handle* Make(UvHandleOwner* owner) {
    Close();
    handle_ = new Handle();
    handle_->data = owner;
    return handle_;
  }

  // No callback runs after this. Closing twice is fine.
  void Close() {
    Handle* handle = std::exchange(handle_, nullptr);
    if (handle == nullptr) return;
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }

  // nullptr once closed.
  Handle* get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  Handle* handle_ = nullptr;
};

template <class Handle>
uv_stream_t* AsStream(const UvHandle<Handle>& handle) {
  return reinterpret_cast<uv_stream_t*>(handle.get());
}

}  // namespace dbrepl
