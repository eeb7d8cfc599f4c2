// Runs a fuzz target without libFuzzer: every file of a corpus folder, then seeded mutations of
// them.
//
// usage: fuzz_NAME CORPUS_DIR [RUNS [SEED]]
// The seed is printed first, so that a crash can be repeated; the last line counts the inputs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Random = std::mt19937_64;

void RunOne(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::size_t Below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

// One of: flip a bit, overwrite a byte with an extreme, cut the tail, insert, repeat a stretch,
// splice another file.
void Mutate(std::string& input, const std::vector<std::string>& corpus, Random& random) {
  constexpr char kExtremes[] = {'\x00', '\x01', '\x7f', '\x80', '\xff', '"', ':', '\n'};
  const std::size_t at = Below(random, input.size());
  const char extreme = kExtremes[Below(random, sizeof(kExtremes))];
  switch (Below(random, 6)) {
    case 0:
      if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << Below(random, 8)));
      break;
    case 1:
      if (!input.empty()) input[at] = extreme;
      break;
    case 2: input.resize(at); break;
    case 3: input.insert(at, 1 + Below(random, 8), extreme); break;
    case 4: input.insert(at, input.substr(at, Below(random, 64))); break;
    default: {
      const std::string& other = corpus[Below(random, corpus.size())];
      input = input.substr(0, at) + other.substr(Below(random, other.size()));
    }
  }
  constexpr std::size_t kMaxBytes = 1 << 16;
  if (input.size() > kMaxBytes) input.resize(kMaxBytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS_DIR [RUNS [SEED]]\n", argv[0]);
    return 2;
  }
  const unsigned long long runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20000;
  const unsigned long long seed =
      argc > 3 ? std::strtoull(argv[3], nullptr, 10) : std::random_device{}();
  std::printf("seed %llu\n", seed);
  std::fflush(stdout);

  std::vector<std::string> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    RunOne(corpus.back());
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: error: no corpus files in %s\n", argv[0], argv[1]);
    return 2;
  }
  Random random(seed);
  for (unsigned long long run = 0; run < runs; ++run) {
    std::string input = corpus[Below(random, corpus.size())];
    for (std::size_t mutations = 1 + Below(random, 6); mutations > 0; --mutations)
      Mutate(input, corpus, random);
    RunOne(input);
  }
  std::printf("%zu corpus files and %llu mutations, no crash\n", corpus.size(), runs);
  return 0;
}
