#include "gan/run/checkpoint.h"

#include "gan/base/archive.h"
#include "gan/run/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

TrainedGenerator trained(double ema = 0.9) {
  TrainedGenerator trained{.options = find_recipe("dcgan").options, .images = {1, 28, 28}, .step = 12};
  trained.options.network.base_channels = 2;
  trained.options.ema = ema;
  const NetworkPair pair = build_networks(trained.options.network, trained.images);
  trained.raw = pair.generator;
  trained.discriminator = pair.discriminator;
  trained.averaged = ema > 0 ? build_networks(trained.options.network, trained.images).generator : pair.generator;
  return trained;
}

TEST(GeneratorFile, BringsBackAllThreeNetworks) {
  const TemporaryFolder folder;
  const TrainedGenerator written = trained();
  write_generator(folder / "g.pt", written);
  const TrainedGenerator read = read_generator(folder / "g.pt");
  EXPECT_EQ(weights_sha256(read.averaged), weights_sha256(written.averaged));
  EXPECT_EQ(weights_sha256(read.raw), weights_sha256(written.raw));
  EXPECT_EQ(weights_sha256(read.discriminator), weights_sha256(written.discriminator));
  EXPECT_NE(weights_sha256(read.raw), weights_sha256(read.averaged));
  EXPECT_EQ(read.step, 12);
  EXPECT_EQ(to_toml(read.options), to_toml(written.options));
}

TEST(GeneratorFile, WithoutAverageHoldsTheRawWeightsTwice) {
  const TemporaryFolder folder;
  write_generator(folder / "g.pt", trained(0));
  const TrainedGenerator read = read_generator(folder / "g.pt");
  EXPECT_EQ(weights_sha256(read.raw), weights_sha256(read.averaged));
}

TEST(GeneratorFile, StrangersAreRefusedByName) {
  const TemporaryFolder folder;
  EXPECT_THAT(test::error_of([&] { read_generator(folder / "none.pt"); }), HasSubstr("none.pt: no such file"));
  test::spill(folder / "text.pt", "hello");
  EXPECT_THAT(test::error_of([&] { read_generator(folder / "text.pt"); }), HasSubstr("text.pt: not a zip file"));
  write_archive(folder / "other.pt", {{{"weights", at::zeros({2})}}});
  EXPECT_THAT(test::error_of([&] { read_generator(folder / "other.pt"); }), HasSubstr("not a file of this program"));
  write_checkpoint(folder / "checkpoint.pt", FileKind::checkpoint, {});
  EXPECT_THAT(test::error_of([&] { read_generator(folder / "checkpoint.pt"); }),
              HasSubstr("expected a 'gan generator', got a 'gan checkpoint'"));
}

TEST(GeneratorFile, ANewerVersionIsNamed) {
  const TemporaryFolder folder;
  write_archive(folder / "g.pt",
                {{{"format", std::string("gan generator")}, {"version", int64_t{2}}, {"gan", std::string("9.9")}}});
  EXPECT_THAT(test::error_of([&] { read_generator(folder / "g.pt"); }),
              HasSubstr("format version: expected 1, got 2 (written by gan 9.9)"));
}

TEST(WeightsSha256, IsThatOfTheBytesInTheirOrder) {
  // Python: hashlib.sha256(b"".join(t.contiguous().numpy().tobytes() for t in state_dict.values()))
  const Network network = trained().raw;
  for (const auto& [name, value] : state_dict(network).items) std::get<at::Tensor>(value).detach().zero_();
  int64_t bytes = 0;
  for (const auto& [name, value] : state_dict(network).items)
    bytes += static_cast<int64_t>(std::get<at::Tensor>(value).nbytes());
  EXPECT_EQ(bytes, 4 * (100 * 256 + 16 * 8 * 16 + 8 * 4 * 16 + 4 * 16 + 1 + 4 * (16 + 8 + 4)) + 3 * 8);
  const std::string zeros = weights_sha256(network);
  parameters(network)[0].detach()[0][0] = 1;
  EXPECT_NE(weights_sha256(network), zeros);
}

}  // namespace
}  // namespace gan
