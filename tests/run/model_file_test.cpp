#include "gan/run/model_file.h"

#include <filesystem>

#include "gan/base/archive.h"
#include "gan/base/gan_file.h"
#include "gan/device/device.h"
#include "gan/training/config.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of, test::kEnormous, test::sha_in, test::spill;
using test::TemporaryFolder;
using testing::AllOf, testing::HasSubstr;
namespace fs = std::filesystem;

/// A training that has taken some steps, so that averages and weights differ.
Training trained(double ema = 0.9, int64_t steps = 2) {
  Options options = test::small(steps);
  options.network.base_channels = 2;
  options.ema = ema;
  Training training(options, test::digits(), Budget::of_run());
  for (int64_t i = 0; i < steps; ++i) training.take_step();
  return training;
}

TEST(ModelFile, BringsBackWeightsAndAverages) {
  const TemporaryFolder folder;
  const Training written = trained();
  const auto sha_of = [&](const std::string& part) { return weights_sha256(written.model().part(part).network); };
  write_model(folder / "g.pt", written);
  EXPECT_EQ(sha_in(folder / "g.pt", WeightsKind::ema), weights_sha256(written));
  EXPECT_EQ(sha_in(folder / "g.pt", WeightsKind::raw), sha_of("generator"));
  EXPECT_NE(sha_of("generator"), weights_sha256(written));
  for (const WeightsKind weights : {WeightsKind::ema, WeightsKind::raw}) {
    EXPECT_EQ(sha_in(folder / "g.pt", weights, "discriminator"), sha_of("discriminator"));
  }
  const TrainedModel read = read_model(folder / "g.pt");
  EXPECT_EQ(read.step, 2);
  EXPECT_EQ(to_toml(read.options), to_toml(written.options()));
}

TEST(ModelFile, SaysWhatDrawsLatentsOfSeedsAndAnOlderOneHasMt19937) {
  const TemporaryFolder folder;
  write_model(folder / "g.pt", trained());
  Dict file = read_archive(folder / "g.pt");
  const auto generator_of = [](const Dict& file) { return model_from_dict(file).model->latents().generator(); };
  EXPECT_EQ(generator_of(file), LatentGenerator::philox);
  EXPECT_EQ(generator_of(test::with(file, {"latent_generator"}, std::string("mt19937"))), LatentGenerator::mt19937);
  EXPECT_THAT(error_of([&] { generator_of(test::with(file, {"latent_generator"}, std::string("dice"))); }),
              HasSubstr("'latent_generator': expected mt19937|philox, got 'dice'"));
  std::erase_if(file.items, [](const auto& item) { return item.first == "latent_generator"; });
  EXPECT_EQ(generator_of(file), LatentGenerator::mt19937);
}

TEST(ModelFile, WithoutAverageHoldsTheRawWeightsTwice) {
  const TemporaryFolder folder;
  write_model(folder / "g.pt", trained(0));
  EXPECT_EQ(sha_in(folder / "g.pt", WeightsKind::raw), sha_in(folder / "g.pt", WeightsKind::ema));
}

TEST(ModelFile, OfAModelThatThisProgramLacksIsRefused) {
  const TemporaryFolder folder;
  write_model(folder / "g.pt", trained());
  const Dict file = read_archive(folder / "g.pt");
  EXPECT_THAT(error_of([&] {
                model_from_dict(test::with(file, {"options", "model"}, std::string("unknown")));
              }),
              HasSubstr("--model: expected " + words<ModelKind>() + ", got 'unknown'"));
}

TEST(ModelFile, StrangersAreRefusedByName) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_model(folder / "none.pt"); }), HasSubstr("none.pt: no such file"));
  spill(folder / "text.pt", "hello");
  EXPECT_THAT(error_of([&] { read_model(folder / "text.pt"); }), HasSubstr("text.pt: not a zip file"));
  write_archive(folder / "other.pt", {{{"weights", at::zeros({2})}}});
  EXPECT_THAT(error_of([&] { read_model(folder / "other.pt"); }), HasSubstr("not a file of this program"));
  write_gan_file(folder / "checkpoint.pt", GanFile::checkpoint, {});
  EXPECT_THAT(error_of([&] { read_model(folder / "checkpoint.pt"); }),
              HasSubstr("expected a 'gan generator', got a 'gan checkpoint'"));
}

TEST(ModelFile, ANewerVersionIsNamed) {
  const TemporaryFolder folder;
  write_archive(folder / "g.pt",
                {{{"format", std::string("gan generator")}, {"version", int64_t{2}}, {"gan", std::string("9.9")}}});
  EXPECT_THAT(error_of([&] { read_model(folder / "g.pt"); }),
              HasSubstr("format version: expected 1, got 2 (a newer one, written by gan 9.9)"));
}

TEST(ModelFile, ThatAsksForEnormousNetworksTakesNoMemory) {
  const TemporaryFolder folder;
  write_model(folder / "g.pt", trained());
  const Dict file = read_archive(folder / "g.pt");
  const int64_t before = peak_memory(at::kCPU);
  for (const auto& [model, images] : kEnormous) {
    write_archive(folder / "large.pt", test::asking_for(file, {"image_shape"}, model, images));
    EXPECT_THAT(error_of([&] { read_model(folder / "large.pt"); }),
                AllOf(HasSubstr("large.pt: the networks that its options describe have more than the "),
                      HasSubstr("weights that it holds")));
  }
  EXPECT_LT(peak_memory(at::kCPU) - before, 64 << 20);
}

TEST(ModelFile, OfAnImpossibleShapeIsRefused) {
  const TemporaryFolder folder;
  write_model(folder / "g.pt", trained());
  const Dict file = read_archive(folder / "g.pt");
  const ModelOptions narrow{.network = {.base_channels = 2}};
  for (const ImageShape images : {ImageShape{2, 28, 28}, {1, 0, 28}, {1, 28, -28}, {1, 4097, 4097}, {1, 30, 30}}) {
    write_archive(folder / "other.pt", test::asking_for(file, {"image_shape"}, narrow, images));
    EXPECT_THAT(error_of([&] { read_model(folder / "other.pt"); }), HasSubstr("other.pt: ")) << to_text(images);
  }
}

TEST(ModelFile, KeepsTheNamesOfClassesAndRefusesAnotherNumberOfThem) {
  const TemporaryFolder folder;
  Options options = test::small(1);
  options.network.base_channels = 2;
  options.model = ModelKind::cgan;
  Dataset data = test::digits();
  data.labels = at::arange(data.size()).remainder(2).to(at::kByte);
  data.class_names = {"even", "odd", "none has this label"};
  write_model(folder / "g.pt", Training(options, data, Budget::of_run()));
  const auto named = [](const TrainedModel& read) { return read.model->latents().find("label").class_names; };
  EXPECT_THAT(named(read_model(folder / "g.pt")), testing::ElementsAre("even", "odd"));
  Dict file = read_archive(folder / "g.pt");
  std::erase_if(file.items, [](const auto& item) { return item.first == "class_names"; });
  EXPECT_TRUE(named(model_from_dict(file)).empty()) << "older files have none";
  file.set("class_names", to_list({"even\n", "odd"}));
  EXPECT_THAT(named(model_from_dict(file)), testing::ElementsAre("even?", "odd"));
  file.items.back().second = to_list({"even"});
  EXPECT_EQ(error_of([&] { model_from_dict(file); }), "'class_names': expected 2, got 1");
}

TEST(WeightsSha256, IsThatOfTheBytesInTheirOrder) {
  // Python: hashlib.sha256(b"".join(t.contiguous().numpy().tobytes() for t in state_dict.values()))
  const Training training = trained();
  const Network network = training.model().part("generator").network;
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
