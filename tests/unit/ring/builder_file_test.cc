#include "ring/builder_file.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "common/files.h"
#include "common/strings.h"
#include "ring/builder_tables.h"
#include "ring/dispersion.h"
#include "ring/placement.h"

namespace dbrepl {
namespace {

Builder RebalancedBuilder() {
  Builder builder = *CreateBuilder(5, 2.5, 3);
  for (int i = 0; i < 5; ++i) {
    Device device;
    device.zone = i;
    device.ip = StrCat("10.0.0.", i);
    device.port = 1;
    device.replication_ip = "::1";
    device.replication_port = 2;
    device.device = "sda";
    device.weight = 10.0 + i;
    device.meta = "\xC3\xA4";
    device.other.emplace_back("colour", "red");
    EXPECT_TRUE(AddDevice(builder, device));
  }
  EXPECT_TRUE(RemoveDevice(builder, 1));
  SeededRandom random(1);
  EXPECT_TRUE(Rebalance(builder, 1e9, random));
  EXPECT_TRUE(RemoveDevice(builder, 4));
  builder.id = "0123";
  return builder;
}

TEST(BuilderFileTest, WhatIsWrittenIsRead) {
  const Builder builder = RebalancedBuilder();
  const auto loaded = ParseBuilderFile(SerializeBuilder(builder), "x");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->format, BuilderFormat::kJson);
  EXPECT_EQ(loaded->builder, builder);
  const Builder fresh = *CreateBuilder(0, 1, 0);
  EXPECT_EQ(ParseBuilderFile(SerializeBuilder(fresh), "x")->builder, fresh);
}

TEST(BuilderFileTest, EveryTruncationAndManyFlipsAreRefusedOrHarmless) {
  const std::string text = SerializeBuilder(RebalancedBuilder());
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    EXPECT_FALSE(ParseBuilderFile(text.substr(0, length), "x")) << length;
  }
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    const auto loaded = ParseBuilderFile(flipped, "x");
    if (!loaded) {
      EXPECT_TRUE(loaded.error().message.starts_with("x: "));
    } else {
      EXPECT_TRUE(CheckBuilder(loaded->builder));
    }
  }
}

TEST(BuilderFileTest, SwiftsGoldenBuilder) {
  const auto loaded = ReadBuilderFile(StrCat(DBREPL_TEST_DATA, "/golden/rings/swift.builder"));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->format, BuilderFormat::kSwiftPickle);
  const Builder& builder = loaded->builder;
  EXPECT_EQ(builder.part_power, 5);
  EXPECT_EQ(builder.version, 17);
  EXPECT_EQ(builder.id, "af093277320c46c7a63b2baf686109af");
  EXPECT_FALSE(builder.devices[5]);
  EXPECT_EQ(builder.devices[0]->ip, "fd00::1");
  EXPECT_EQ(MeasureBalance(builder).devices[0].partitions, 8U);
  EXPECT_DOUBLE_EQ(MeasureDispersion(builder).percent, *builder.dispersion);
}

TEST(BuilderFileTest, DamagedPicklesAreRefused) {
  const std::string bytes =
      *ReadFile(StrCat(DBREPL_TEST_DATA, "/golden/rings/swift.builder"), 1U << 20);
  for (std::size_t length = 0; length < bytes.size() - 1; length += 5) {
    EXPECT_FALSE(ParseBuilderFile(bytes.substr(0, length), "x")) << length;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x11);
    const auto loaded = ParseBuilderFile(flipped, "x");
    if (loaded) {
      EXPECT_TRUE(CheckBuilder(loaded->builder)) << i;
    }
  }
}

TEST(BuilderTablesTest, RoundTripsOfEveryLengthAndWidth) {
  for (const std::size_t bytes : {1U, 2U, 4U}) {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < 20; ++i) {
      EXPECT_EQ(*DecodeTable(EncodeTable(numbers, bytes), bytes), numbers);
      numbers.push_back((i * 2654435761U) >> (32 - 8 * bytes));
    }
  }
  EXPECT_EQ(EncodeTable({'f', 'o', 'o', 'b'}, 1), "Zm9vYg==");
  for (const char* text : {"Zg", "Zg=", "Z===", "Z=g=", "Zm9v!A=="}) {
    EXPECT_FALSE(DecodeTable(text, 1)) << text;
  }
  EXPECT_FALSE(DecodeTable("Zm9v", 2));  // three bytes
}

}  // namespace
}  // namespace dbrepl
