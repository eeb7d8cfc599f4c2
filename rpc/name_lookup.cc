#include "rpc/name_lookup.h"

#include <cstring>
#include <utility>

#include "common/strings.h"
#include "rpc/uv_handle.h"

namespace dbrepl {

struct NameLookup::Request {
  uv_getaddrinfo_t raw{};
  std::function<void(Result<SocketAddress>)> on_done;  // empty: nobody waits any more
  std::shared_ptr<Request> self;                       // while libuv has the request
  std::string host;

  static void Done(uv_getaddrinfo_t* raw, int code, addrinfo* found) {
    const std::shared_ptr<Request> request = std::move(static_cast<Request*>(raw->data)->self);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, uv_freeaddrinfo);
    const auto on_done = std::exchange(request->on_done, nullptr);
    if (!on_done) return;
    if (code != 0 || found == nullptr)
      return on_done(Fail(UvError(code, StrCat("look up ", Printable(request->host)))));
    SocketAddress address;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    on_done(address);
  }
};

NameLookup::NameLookup(EventLoop& loop, const PeerAddress& peer,
                       std::function<void(Result<SocketAddress>)> on_done)
    : request_(std::make_shared<Request>()) {
  request_->on_done = std::move(on_done);
  request_->host = peer.host;
  request_->raw.data = request_.get();
  request_->self = request_;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const int code = uv_getaddrinfo(loop.uv(), &request_->raw, Request::Done, peer.host.c_str(),
                                  StrCat(peer.port).c_str(), &hints);
  if (code == 0) return;
  // A name too long, say. Told from the loop, as every other outcome.
  loop.Post([request = request_, code] { Request::Done(&request->raw, code, nullptr); });
}

NameLookup::~NameLookup() {
  request_->on_done = nullptr;
  if (request_->self) uv_cancel(reinterpret_cast<uv_req_t*>(&request_->raw));
}

}  // namespace dbrepl
