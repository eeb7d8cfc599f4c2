#include "ring/ring_file.h"

#include <functional>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "common/digest.h"
#include "common/files.h"
#include "ring/gzip.h"
#include "tests/testlib/temp_dir.h"
#include "tests/unit/ring/ring_samples.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Gzipped(std::string_view contents) {
  GzipWriter out("x");
  out.Write(contents);
  return std::move(out).Finish();
}

std::string Contents(RingFormat format, const RingData& data = SampleRing()) {
  const std::string file = SerializeRing(data, format, "x").value();
  return GzipReader(file).ReadRest(1U << 24).value();
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// A version 1 file's contents with another header and the length that belongs to it.
std::string WithHeader(std::string_view from, std::string_view to) {
  std::string contents = Replaced(Contents(RingFormat::kV1), from, to);
  std::uint32_t length = 0;
  for (std::size_t i = 6; i < 10; ++i)
    length = length << 8 | static_cast<std::uint8_t>(contents[i]);
  length += static_cast<std::uint32_t>(to.size()) - static_cast<std::uint32_t>(from.size());
  for (std::size_t i = 0; i < 4; ++i) contents[6 + i] = static_cast<char>(length >> (24 - 8 * i));
  return contents;
}

std::string V1() { return Contents(RingFormat::kV1); }
std::string V2() { return Contents(RingFormat::kV2); }

TEST(RingFileTest, BothFormatsRoundTripRandomRings) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    RingData data = RandomRing(seed);
    const RingFormat format = seed % 2 == 0 ? RingFormat::kV1 : RingFormat::kV2;
    if (format == RingFormat::kV2 && seed % 3 == 0) data.device_id_bytes = 4;
    if (seed % 5 == 0) data.next_part_power = 9;
    const auto back = ParseRingFile(SerializeRing(data, format, "x").value(), "x");
    ASSERT_TRUE(back) << back.error().message;
    // An empty last row cannot be told from none in version 2, and does not matter.
    if (data.rows.back().empty() && format == RingFormat::kV2) data.rows.pop_back();
    ASSERT_EQ(*back, data) << seed;
  }
}

TEST(RingFileTest, EitherByteOrderAndNoneIsRead) {
  for (const char* order : {"big", "little"}) {
    std::string contents = WithHeader("\"little\"", StrCat("\"", order, "\""));
    if (std::string_view(order) == "big") {
      for (std::size_t i = contents.size() - 20; i < contents.size(); i += 2) {
        std::swap(contents[i], contents[i + 1]);
      }
    }
    EXPECT_EQ(ParseRingFile(Gzipped(contents), order).value(), SampleRing());
  }
  EXPECT_EQ(ParseRingFile(Gzipped(WithHeader("\"byteorder\": \"little\", ", "")), "x").value(),
            SampleRing())
      << "without a byte order: this machine's";
}

TEST(RingFileTest, HeaderIsThatOfSwiftsWriter) {
  const std::string file = SerializeRing(SampleRing(), RingFormat::kV1, "account.ring").value();
  EXPECT_EQ(file.substr(0, 10), std::string("\x1f\x8b\x08\x08\xf4\x2a\x84\x4d\x02\xff", 10));
  EXPECT_EQ(file.substr(10, 13), std::string("account.ring\0", 13));
  EXPECT_THAT(V1().substr(10), StartsWith("{\"byteorder\": \"little\", \"devs\": [{\"device\": "
                                          "\"sd0\", \"id\": 0, \"ip\": \"10.0.0.1\""));
}

TEST(RingFileTest, TailLetsAReaderSeekToTheIndex) {
  const std::string file = SerializeRing(SampleRing(), RingFormat::kV2, "x").value();
  const std::string tail = file.substr(file.size() - 31);
  EXPECT_EQ(tail.substr(0, 5), std::string("\x00\x08\x00\xf7\xff", 5));
  EXPECT_EQ(tail.substr(13, 10), std::string("\x00\x00\x00\xff\xff\x01\x00\x00\xff\xff", 10));
}

struct Damage {
  const char* name;
  std::function<std::string()> file;
  const char* message;
};

class DamagedRingTest : public testing::TestWithParam<Damage> {};

TEST_P(DamagedRingTest, IsRefusedNamingFileAndPlace) {
  const auto ring = ParseRingFile(GetParam().file(), "a.ring.gz");
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().code, Errc::kBadInput);
  EXPECT_THAT(ring.error().message, StartsWith(StrCat("a.ring.gz: ", GetParam().message)));
}

std::string Cut(std::size_t bytes) {
  const std::string file = Gzipped(V1());
  return file.substr(0, file.size() - bytes);
}

std::string WithByte(std::string bytes, std::size_t at, char value) {
  bytes[at < bytes.size() ? at : 0] = value;
  return bytes;
}

INSTANTIATE_TEST_SUITE_P(
    Gzip, DamagedRingTest,
    testing::Values(
        Damage{"Empty", [] { return std::string(); },
               "truncated: gzip ends in the middle, after 0"},
        Damage{"NotGzip", [] { return std::string("R1NG no gzip at all"); },
               "not gzip or damaged, after 0 bytes of contents (incorrect header check)"},
        Damage{"CutInTrailer", [] { return Cut(3); }, "assignments: truncated: gzip ends"},
        Damage{"CutInTheMiddle", [] { return Cut(60); }, "header: truncated: gzip ends"},
        Damage{"WrongCrc", [] { return WithByte(Gzipped(V1()), Gzipped(V1()).size() - 8, 'x'); },
               "assignments: not gzip or damaged, after"},
        Damage{"AnotherMember", [] { return Gzipped(V1()) + Gzipped("more"); },
               "assignments: trailing bytes: "},
        Damage{"TrailingBytes", [] { return Gzipped(V1()) + "x"; },
               "assignments: trailing bytes: 1 after the end of gzip"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Version1, DamagedRingTest,
    testing::Values(
        Damage{"WrongMagic", [] { return Gzipped("RING\0\1 and more"); },
               "not a ring: begins with \"RING\""},
        Damage{"Pickle", [] { return Gzipped("\x80\x02}q\x01(U\x04"); },
               "a ring of format version 0 (a Python pickle)"},
        Damage{"VersionTooHigh", [] { return Gzipped(WithByte(V1(), 5, 3)); },
               "format version 3 is not known"},
        Damage{"HeaderTooLong", [] { return Gzipped(WithByte(V1(), 6, 5)); },
               "header: too large: "},
        Damage{"HeaderLongerThanFile", [] { return Gzipped(WithByte(V1(), 7, 5)); },
               "header: too short: contents end after "},
        Damage{"HeaderNoJson", [] { return Gzipped(WithByte(V1(), 10, '[')); }, "header: "},
        Damage{"NoDevices", [] { return Gzipped(WithHeader("\"devs\"", "\"dev_\"")); },
               "header: devs: missing"},
        Damage{"DeviceWithoutPort", [] { return Gzipped(WithHeader("\"port\": 6201, ", "")); },
               "header: devs: device 0: port: missing"},
        Damage{"PartShift", [] { return Gzipped(WithHeader("_shift\": 30", "_shift\": 33")); },
               "header: part_shift: must be 0..32 (got 33)"},
        Damage{"NoPartShift", [] { return Gzipped(WithHeader("part_shift", "bart_shift")); },
               "header: part_shift: missing"},
        Damage{"HugeTable", [] { return Gzipped(WithHeader("_shift\": 30", "_shift\": 0")); },
               "assignments: too large: 3 rows of 8589934592 bytes"},
        Damage{"ByteOrder", [] { return Gzipped(WithHeader("\"little\"", "\"middle\"")); },
               "header: byteorder: must be"},
        Damage{"ReplicaCount", [] { return Gzipped(WithHeader("_count\": 3", "_count\": 2.5")); },
               "header: replica_count: must be an integer"},
        Damage{"TableTooShort", [] { return Gzipped(V1().substr(0, V1().size() - 6)); },
               "assignments: row 1: has 3 partitions of 4"},
        Damage{"HalfAnId", [] { return Gzipped(V1().substr(0, V1().size() - 1)); },
               "assignments: row 2: 3 bytes are no whole number of 2-byte device ids"},
        Damage{"MoreTable", [] { return Gzipped(V1() + "123456"); },
               "assignments: trailing bytes in the contents, from offset "},
        Damage{"DeviceOutOfRange", [] { return Gzipped(WithByte(V1(), V1().size() - 2, 9)); },
               "assignments: row 2, partition 1: device 9 is not in the list of devices"},
        Damage{"DeviceIsAHole", [] { return Gzipped(WithByte(V1(), V1().size() - 2, 1)); },
               "assignments: row 2, partition 1: device 1 was removed"}),
    [](const auto& test) { return test.param.name; });

// A version 2 file whose checksum fits its damaged section.
std::string WithSection(std::string_view from, std::string_view to) {
  EXPECT_EQ(from.size(), to.size());
  std::string contents = V2();
  const std::size_t at = contents.find(from);
  std::size_t start = 6;
  std::size_t end = 6;
  while (end <= at) {
    start = end;
    std::size_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      length = length << 8 | static_cast<std::uint8_t>(contents[start + i]);
    }
    end = start + 8 + length;
  }
  const std::string before = DigestHex(DigestKind::kSha256, contents.substr(start, end - start));
  contents.replace(at, to.size(), to);
  const std::string after = DigestHex(DigestKind::kSha256, contents.substr(start, end - start));
  return Replaced(contents, before, after);
}

INSTANTIATE_TEST_SUITE_P(
    Version2, DamagedRingTest,
    testing::Values(
        Damage{"WrongChecksum", [] { return Gzipped(Replaced(V2(), "10.0.0.2", "10.0.0.3")); },
               "section swift/ring/devices: wrong checksum: "},
        Damage{"UnknownChecksum", [] { return Gzipped(Replaced(V2(), "sha256", "crc_32")); },
               "section swift/ring/assignments: index: unknown kind of checksum \"crc_32\""},
        Damage{"SectionNotInIndex",
               [] { return Gzipped(Replaced(V2(), "swift/ring/devices", "swift/ring/devizes")); },
               "section swift/ring/devices: not in the index"},
        Damage{"SectionTooLong", [] { return Gzipped(WithByte(V2(), 10, 1)); },
               "offset 6: section of "},
        Damage{"IndexPlace", [] { return Gzipped(WithByte(V2(), V2().size() - 9, 1)); },
               "index: not at offset "},
        Damage{"NoSections", [] { return Gzipped(V2().substr(0, 6)); }, "too short: no room"},
        Damage{"IdWidth", [] { return Gzipped(WithSection("id_bytes\": 2", "id_bytes\": 3")); },
               "section swift/ring/metadata: dev_id_bytes: must be 2 or 4"},
        Damage{"DeviceIp", [] { return Gzipped(WithSection("\"ip\": \"10.0", "\"iq\": \"10.0")); },
               "section swift/ring/devices: device 0: ip: missing"},
        Damage{"TrailingBytes", [] { return Gzipped(V2()) + "x"; },
               "trailing bytes: 1 after the end of gzip"}),
    [](const auto& test) { return test.param.name; });

TEST(RingFileTest, VersionZeroSaysHowToConvertIt) {
  const auto ring = ParseRingFile(Gzipped("\x80\x02}q\x01(U\x04"), "x");
  EXPECT_THAT(ring.error().hint, HasSubstr("swift-ring-builder <builder file> write_ring"));
}

TEST(RingFileTest, ABombCostsNoMoreThanTheLimits) {
  RingFileLimits limits;
  limits.max_header_bytes = 1U << 16;
  limits.max_table_bytes = 1U << 16;
  std::string contents("R1NG\0\2", 6);  // the magic of version 2
  contents.resize(50'000'000);
  const std::string bomb = Gzipped(contents);
  EXPECT_LT(bomb.size(), 60'000U);
  const auto ring = ParseRingFile(bomb, "bomb", limits);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().message, "bomb: too large: more than 131072 bytes of contents");
}

TEST(RingFileTest, RecompressedVersion2IsRead) {
  EXPECT_EQ(ParseRingFile(Gzipped(V2()), "x").value(), SampleRing());
}

TEST(RingFileTest, WritesWithSwiftsModeAndName) {
  TempDir dir;
  const std::string path = dir.Sub("account.ring.gz");
  ASSERT_TRUE(WriteRingFile(path, SampleRing(), RingFormat::kV1));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
  EXPECT_THAT(ReadFile(path, 1U << 20).value(), HasSubstr("account.ring"));
  EXPECT_EQ(ReadRingFile(path).value(), SampleRing());
}

TEST(RingFileTest, AnErrorLeavesTheOldFile) {
  TempDir dir;
  const std::string path = dir.Sub("account.ring.gz");
  ASSERT_TRUE(WriteRingFile(path, SampleRing(), RingFormat::kV1));
  RingData bad = SampleRing();
  bad.rows[0][0] = 1;
  EXPECT_FALSE(WriteRingFile(path, bad, RingFormat::kV1));
  EXPECT_EQ(ReadRingFile(path).value(), SampleRing());
  EXPECT_EQ(WriteRingFile("/dev/null/x", SampleRing(), RingFormat::kV1).error().code, Errc::kIo);
  EXPECT_EQ(ReadRingFile(dir.Sub("none")).error().code, Errc::kNotFound);
}

TEST(RingFileTest, IdsThatDoNotFitAreRefused) {
  RingData data = SampleRing();
  data.devices.resize(70000);
  data.devices.back() = SampleDevice(69999, 1, 1, "10.0.0.9");
  data.rows[0][1] = 69999;
  EXPECT_FALSE(SerializeRing(data, RingFormat::kV1, "x"));
  EXPECT_FALSE(SerializeRing(data, RingFormat::kV2, "x")) << "2 bytes an id";
  data.device_id_bytes = 4;
  EXPECT_EQ(ParseRingFile(SerializeRing(data, RingFormat::kV2, "x").value(), "x").value(), data);
}

}  // namespace
}  // namespace dbrepl
