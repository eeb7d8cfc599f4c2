#include "common/small_thread.h"

#include <atomic>
#include <utility>

#include <gtest/gtest.h>
#include <pthread.h>

namespace dbrepl {
namespace {

TEST(SmallThread, RunsTheJobUnderItsNameOnASmallStack) {
  std::string name(16, '\0');
  std::size_t stack = 0;
  {
    const auto thread = SmallThread::Start("a-name-that-is-too-long", [&] {
      ::pthread_getname_np(::pthread_self(), name.data(), name.size());
      pthread_attr_t attributes;
      ::pthread_getattr_np(::pthread_self(), &attributes);
      ::pthread_attr_getstacksize(&attributes, &stack);
      ::pthread_attr_destroy(&attributes);
    });
    ASSERT_TRUE(thread);
  }
  EXPECT_STREQ(name.c_str(), "a-name-that-is-");
  EXPECT_GE(stack, SmallThread::kStackBytes / 2);
  EXPECT_LE(stack, 2 * SmallThread::kStackBytes);
}

TEST(SmallThread, TheDestructorWaitsAlsoAfterAMove) {
  std::atomic<bool> done = false;
  {
    auto started = SmallThread::Start("job", [&] { done = true; });
    ASSERT_TRUE(started);
    const SmallThread moved = *std::move(started);
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace dbrepl
