// The public header, in this process and as the program of docs/cpp.md.

#include "gan/generator.h"

#include <ATen/ATen.h>

#include <thread>

#include "gan/data/npy.h"
#include "support/pages.h"
#include "support/test.h"
#include "support/trained.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

Generator generator_of(const std::string& model) {
  return Generator((test::trained(model) / "g.pt").string());
}

/// The largest difference in grey levels between images in bytes and those of gan-sample.
int64_t difference(const std::vector<uint8_t>& ours, const at::Tensor& theirs) {
  EXPECT_EQ(std::ssize(ours), theirs.numel());
  const at::Tensor bytes = at::from_blob(const_cast<uint8_t*>(ours.data()), {std::ssize(ours)}, at::kByte);
  EXPECT_GT(bytes.to(at::kFloat).std().item<double>(), 1);
  return (bytes.to(at::kInt) - theirs.flatten().to(at::kInt)).abs().max().item<int64_t>();
}

at::Tensor sampled(const std::string& model, std::vector<std::string> flags) {
  const TemporaryFolder folder;
  flags.insert(flags.end(), {"--out", "a.npy"});
  EXPECT_EQ(test::sample(model, flags, folder.path()).code, 0);
  return read_npy(folder / "a.npy");
}

TEST(Generator, DrawsTheSeedsOfGanSampleOneByOneOrTogether) {
  for (const char* model : {"gan", "infogan", "aae", "lapgan"}) {
    const Generator generator = generator_of(model);
    const at::Tensor theirs = sampled(model, {"--count", "5"});
    EXPECT_EQ(generator.channels() * generator.height() * generator.width(), theirs[0].numel());
    std::vector<float> rows;
    for (int64_t seed = 0; seed < 5; ++seed) {
      EXPECT_LE(difference(generator.sample(seed), theirs[seed]), 1) << model;
      const std::vector<float> row = generator.latent(seed);
      ASSERT_EQ(std::ssize(row), generator.latent_size());
      rows.insert(rows.end(), row.begin(), row.end());
    }
    EXPECT_LE(difference(generator.draw(rows), theirs), 1) << model;
  }
}

TEST(Generator, DrawsTheClassThatIsAskedFor) {
  const Generator generator = generator_of("cgan");
  EXPECT_EQ(generator.classes(), 10);
  EXPECT_LE(difference(generator.sample(4, 7), sampled("cgan", {"--count", "1", "--seed", "4", "--label", "7"})), 1);
  EXPECT_EQ(generator.sample(4), generator.sample(4, 4));
  EXPECT_EQ(generator_of("gan").classes(), 0);
}

TEST(Generator, ServesSeveralThreadsAtATime) {
  const Generator generator = generator_of("gan");
  std::vector<std::vector<uint8_t>> alone;
  for (int64_t seed = 0; seed < 8; ++seed) alone.push_back(generator.sample(seed));
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (int64_t i = 0; i < 200; ++i) wrong[thread] += generator.sample(i % 8) != alone[static_cast<size_t>(i % 8)];
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

TEST(Generator, RefusesFilesClassesAndLatentsThatDoNotFit) {
  const TemporaryFolder folder;
  test::spill(folder / "g.pt", "no generator");
  EXPECT_THAT(test::error_of([&] { Generator((folder / "g.pt").string()); }), HasSubstr("g.pt"));
  EXPECT_THAT(test::error_of([&] { Generator((folder / "none.pt").string()); }), HasSubstr("none.pt"));
  EXPECT_THAT(test::error_of([] { generator_of("cgan").sample(0, 10); }), HasSubstr("expected a label from 0 to 9"));
  EXPECT_THAT(test::error_of([] { generator_of("gan").sample(0, 1); }), HasSubstr("has no classes"));
  EXPECT_THAT(test::error_of([] { generator_of("gan").sample(-1); }), HasSubstr("expected a seed from 0 to"));
  EXPECT_THAT(test::error_of([] { generator_of("gan").draw({}); }), HasSubstr("expected latents of 6 numbers"));
  EXPECT_THAT(test::error_of([] { generator_of("gan").draw({1, 2}); }), HasSubstr("got 2"));
}

TEST(CppPage, ItsProgramBuildsAgainstTheInstalledLibraryAndDrawsWhatGanSampleDraws) {
  const TemporaryFolder folder;
  const std::string script = R"sh(
set -e
cmake --install "$0" --prefix "$1/dir" >/dev/null
test "$(ls "$1/dir/include/gan")" = generator.h
cmake -B "$1/build" -S "$1" -DCMAKE_PREFIX_PATH="$1/dir;$2" >/dev/null
cmake --build "$1/build" >/dev/null
cd "$1" && cp "$3" g.pt && build/seven)sh";
  test::spill(folder / "seven.cpp", test::lines_in("cpp.md", "cpp"));
  test::spill(folder / "CMakeLists.txt", test::lines_in("cpp.md", "cmake"));
  const Ran ran = test::run("/bin/bash",
                            {"-c", script, GAN_BINARY_DIR, folder.path(), GAN_LIBTORCH, test::trained("gan") / "g.pt"});
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const std::string pgm = test::slurp(folder / "seven.pgm"), head = "P5 28 28 255\n";
  ASSERT_TRUE(pgm.starts_with(head));
  EXPECT_LE(difference({pgm.begin() + std::ssize(head), pgm.end()}, sampled("gan", {"--seed", "7", "--count", "1"})),
            1);
}

}  // namespace
}  // namespace gan
