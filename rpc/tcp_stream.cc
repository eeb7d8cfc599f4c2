#include "rpc/tcp_stream.h"

#include <utility>

#include "common/check.h"
#include "rpc/uv_handle.h"

namespace dbrepl {
namespace {

struct WriteRequest {
  uv_write_t request;
  std::string bytes;
};

}  // namespace

struct TcpStream::Impl final : UvHandleOwner {
  Impl(EventLoop& the_loop, Observer& the_observer) : loop(the_loop), observer(the_observer) {
    CHECK(uv_tcp_init(loop.uv(), handle.Make(this)) == 0);
  }

  void OnLoopEnd() override {
    Finish({Errc::kCancelled, "connection: the event loop has ended", {}});
  }

  // May destroy this.
  void Finish(const Error& error) {
    if (!handle) return;
    handle.Close();
    on_connected = nullptr;
    observer.OnClosed(error);
  }

  // nullptr after the close: libuv still reports what was under way.
  static Impl* From(void* data) { return static_cast<Impl*>(static_cast<UvHandleOwner*>(data)); }

  static void GiveBuffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    const std::span<char> space = From(handle->data)->loop.read_buffer();
    *buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
  }

  static void OnRead(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    Impl* self = From(stream->data);
    if (self == nullptr || count == 0) return;
    if (count == UV_EOF) {
      self->OnEof();
    } else if (count < 0) {
      self->Finish(UvError(static_cast<int>(count), "connection"));
    } else if (!self->discarding) {
      self->observer.OnBytes({buffer->base, static_cast<std::size_t>(count)});
    }
  }

  void OnEof() {
    uv_read_stop(AsStream(handle));
    reading = false;
    ended = true;
    if (!discarding) return observer.OnEnd();
    if (shut_down) FinishClosed();
  }

  void FinishClosed() { Finish({Errc::kUnreachable, "connection: closed by the peer", {}}); }

  static void OnShutDown(uv_shutdown_t* request, int) {
    const std::unique_ptr<uv_shutdown_t> done(request);
    Impl* self = From(request->handle->data);
    if (self == nullptr) return;
    self->shut_down = true;
    if (self->ended) self->FinishClosed();
  }

  static void OnWritten(uv_write_t* request, int code) {
    const std::unique_ptr<WriteRequest> done(static_cast<WriteRequest*>(request->data));
    Impl* self = From(request->handle->data);
    if (self == nullptr) return;
    if (code != 0) {
      self->write_failed = true;
      // What the peer said before it hung up is still to be read, and the end comes with it.
      if (!self->reading) self->Finish(UvError(code, "connection"));
    } else if (!self->discarding && self->Queued() == 0) {
      self->observer.OnDrained();
    }
  }

  std::size_t Queued() const {
    return handle ? uv_stream_get_write_queue_size(AsStream(handle)) : 0;
  }

  // Bytes the kernel took at once.
  std::size_t TryWrite(const std::string& bytes) {
    if (Queued() != 0) return 0;
    uv_buf_t buffer =
        uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
    // An error shows again in the queued write, where it can be reported.
    const int count = uv_try_write(AsStream(handle), &buffer, 1);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }

  EventLoop& loop;
  Observer& observer;
  UvHandle<uv_tcp_t> handle;
  std::function<void(Result<>)> on_connected;
  bool reading = false;
  bool ended = false;       // the peer sends no more
  bool discarding = false;  // ShutDownGently was called
  bool shut_down = false;   // our end mark is sent
  bool write_failed = false;
};

TcpStream::TcpStream(EventLoop& loop, Observer& observer)
    : impl_(std::make_unique<Impl>(loop, observer)) {}
TcpStream::~TcpStream() = default;

bool TcpStream::Accept(void* listener) {
  return uv_accept(static_cast<uv_stream_t*>(listener), AsStream(impl_->handle)) == 0;
}

Result<> TcpStream::Connect(const SocketAddress& address,
                            std::function<void(Result<>)> on_connected) {
  impl_->on_connected = std::move(on_connected);
  auto* request = new uv_connect_t();
  const auto done = [](uv_connect_t* finished, int code) {
    const std::unique_ptr<uv_connect_t> owned(finished);
    Impl* self = Impl::From(finished->handle->data);
    if (self == nullptr) return;
    const auto callback = std::exchange(self->on_connected, nullptr);
    if (code != 0) return callback(Fail(UvError(code, "connect")));
    uv_tcp_nodelay(self->handle.get(), 1);
    callback({});
  };
  if (const int code = uv_tcp_connect(request, impl_->handle.get(), address.get(), done);
      code != 0) {
    delete request;
    impl_->on_connected = nullptr;
    return Fail(UvError(code, "connect"));
  }
  return {};
}

PeerAddress TcpStream::Peer() const {
  SocketAddress address;
  int size = sizeof(address.storage);
  auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
  if (!impl_->handle || uv_tcp_getpeername(impl_->handle.get(), raw, &size) != 0) return {};
  return ToPeerAddress(*raw);
}

void TcpStream::StartReading() {
  if (!impl_->handle || impl_->reading || impl_->ended) return;
  impl_->reading = true;
  CHECK(uv_read_start(AsStream(impl_->handle), Impl::GiveBuffer, Impl::OnRead) == 0);
}

void TcpStream::PauseReading() {
  if (!impl_->handle || !impl_->reading) return;
  impl_->reading = false;
  uv_read_stop(AsStream(impl_->handle));
}

void TcpStream::Write(std::string bytes) {
  if (!impl_->handle || bytes.empty()) return;
  const std::size_t taken = impl_->TryWrite(bytes);
  if (taken == bytes.size()) return;
  auto* write = new WriteRequest{{}, std::move(bytes)};
  write->request.data = write;
  uv_buf_t rest =
      uv_buf_init(write->bytes.data() + taken, static_cast<unsigned>(write->bytes.size() - taken));
  CHECK(uv_write(&write->request, AsStream(impl_->handle), &rest, 1, Impl::OnWritten) == 0);
}

std::size_t TcpStream::queued_bytes() const { return impl_->Queued(); }

bool TcpStream::write_failed() const { return impl_->write_failed; }

void TcpStream::ShutDownGently() {
  if (!impl_->handle || impl_->discarding) return;
  impl_->discarding = true;
  auto* request = new uv_shutdown_t();
  // Refused for a socket that is broken already; the read shows it.
  if (uv_shutdown(request, AsStream(impl_->handle), Impl::OnShutDown) != 0) delete request;
  StartReading();
}

void TcpStream::Close() {
  impl_->on_connected = nullptr;
  impl_->handle.Close();
}

}  // namespace dbrepl
