// How much memory the bodies of requests may take, all connections of a server together. What one
// body may be long says nothing about a thousand of them that somebody sends slowly. Internal to
// rpc/; thread-safe, a single Share is used by one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace dbrepl {

class BodyBudget {
  using Held = std::shared_ptr<std::atomic<std::size_t>>;

 public:
  explicit BodyBudget(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // What one body takes; given back when it is destroyed, which may be after the budget.
  class Share {
   public:
    Share() = default;  // of no budget: cannot grow
    Share(Share&& other) noexcept
        : held_(std::move(other.held_)),
          max_bytes_(other.max_bytes_),
          bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(held_, other.held_);
      std::swap(max_bytes_, other.max_bytes_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (held_) *held_ -= bytes_;
    }

    // The body has so many bytes now. False, and nothing changes: there is no room.
    bool GrowTo(std::size_t bytes) {
      if (bytes <= bytes_) return true;
      const std::size_t more = bytes - bytes_;
      if (!held_ || held_->fetch_add(more) + more > max_bytes_) {
        if (held_) *held_ -= more;
        return false;
      }
      bytes_ = bytes;
      return true;
    }

   private:
    friend class BodyBudget;
    Share(Held held, std::size_t max_bytes) : held_(std::move(held)), max_bytes_(max_bytes) {}

    Held held_;
    std::size_t max_bytes_ = 0;
    std::size_t bytes_ = 0;
  };

  Share NewShare() const { return Share(held_, max_bytes_); }

 private:
  const Held held_ = std::make_shared<std::atomic<std::size_t>>(0);
  const std::size_t max_bytes_;
};

}  // namespace dbrepl
