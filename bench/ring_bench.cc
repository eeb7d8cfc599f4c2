// What rings cost inside a process: loading a file, look-ups, handoffs.
//
// usage: ring_bench RING [Google Benchmark's options]
#include <cstdint>
#include <cstdio>
#include <string>

#include <benchmark/benchmark.h>

#include "common/strings.h"
#include "ring/handoff_sequences.h"
#include "ring/ring.h"

namespace dbrepl {
namespace {

std::string ring_path;  // set before the benchmarks run
const HashPathConfig kCluster = {"bench", "ring"};

PartitionId Nth(const Ring& ring, std::uint64_t n) {
  return PartitionId(static_cast<std::uint32_t>(n * 7919 % ring.partition_count()));
}

void BM_Load(benchmark::State& state) {
  for (auto step : state) benchmark::DoNotOptimize(Ring::Load(ring_path).value());
}

void BM_PartitionOf(benchmark::State& state) {
  const auto ring = Ring::Load(ring_path).value();
  std::uint64_t n = 0;
  for (auto step : state) {
    benchmark::DoNotOptimize(ring->PartitionOf(kCluster, "AUTH_bench", StrCat("photos-", ++n)));
  }
}

void BM_PrimaryNodes(benchmark::State& state) {
  const auto ring = Ring::Load(ring_path).value();
  std::uint64_t n = 0;
  for (auto step : state) benchmark::DoNotOptimize(ring->PrimaryNodes(Nth(*ring, ++n)));
}

// Taking the first few handoffs and dropping the rest, as a replicator does; -1 is all of them.
void BM_Handoffs(benchmark::State& state) {
  const auto ring = Ring::Load(ring_path).value();
  std::uint64_t n = 0;
  for (auto step : state) {
    Handoffs handoffs = ring->HandoffsOf(Nth(*ring, ++n));
    for (std::int64_t left = state.range(0); left != 0 && handoffs.Next() != nullptr; --left) {
    }
  }
}

void BM_HandoffSequences(benchmark::State& state) {
  const auto ring = Ring::Load(ring_path).value();
  constexpr std::size_t kBlock = 4096;
  for (auto step : state) {
    benchmark::DoNotOptimize(HandoffSequences(ring->data(), ring->tiers(), PartitionId(0), kBlock));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlock));
}

BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_PartitionOf);
BENCHMARK(BM_PrimaryNodes);
BENCHMARK(BM_Handoffs)->Arg(1)->Arg(3)->Arg(-1);
BENCHMARK(BM_HandoffSequences)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace dbrepl

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: ring_bench RING [options of Google Benchmark]\n");
    return 2;
  }
  dbrepl::ring_path = argv[1];
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
