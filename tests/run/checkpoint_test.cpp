#include "gan/run/checkpoint.h"

#include <fstream>

#include "gan/base/archive.h"
#include "gan/base/gan_file.h"
#include "gan/base/zip.h"
#include "gan/device/device.h"
#include "gan/run/trainer.h"
#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::slurp;
using test::spill;
using test::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
namespace fs = std::filesystem;

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

TEST(GeneratorFile, SaysWhatMakesLatentsOfSeedsAndAnOlderOneHasMt19937) {
  const TemporaryFolder folder;
  TrainedGenerator written = trained();
  for (const auto generator : {LatentGenerator::philox, LatentGenerator::mt19937}) {
    written.latent_generator = generator;
    write_generator(folder / "g.pt", written);
    EXPECT_EQ(read_generator(folder / "g.pt").latents().generator, generator);
  }
  written.latent_generator = LatentGenerator::philox;
  write_generator(folder / "g.pt", written);
  Dict file = read_archive(folder / "g.pt");
  for (auto& [key, value] : file.items) {
    if (key == "latent_generator") value = std::string("dice");
  }
  EXPECT_THAT(error_of([&] { generator_from_dict(file); }),
              HasSubstr("'latent_generator': expected mt19937|philox, got 'dice'"));
  std::erase_if(file.items, [](const auto& item) { return item.first == "latent_generator"; });
  EXPECT_EQ(generator_from_dict(file).latents().generator, LatentGenerator::mt19937);
}

TEST(GeneratorFile, WithoutAverageHoldsTheRawWeightsTwice) {
  const TemporaryFolder folder;
  write_generator(folder / "g.pt", trained(0));
  const TrainedGenerator read = read_generator(folder / "g.pt");
  EXPECT_EQ(weights_sha256(read.raw), weights_sha256(read.averaged));
}

TEST(GeneratorFile, StrangersAreRefusedByName) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_generator(folder / "none.pt"); }), HasSubstr("none.pt: no such file"));
  spill(folder / "text.pt", "hello");
  EXPECT_THAT(error_of([&] { read_generator(folder / "text.pt"); }), HasSubstr("text.pt: not a zip file"));
  write_archive(folder / "other.pt", {{{"weights", at::zeros({2})}}});
  EXPECT_THAT(error_of([&] { read_generator(folder / "other.pt"); }), HasSubstr("not a file of this program"));
  write_gan_file(folder / "checkpoint.pt", GanFile::checkpoint, {});
  EXPECT_THAT(error_of([&] { read_generator(folder / "checkpoint.pt"); }),
              HasSubstr("expected a 'gan generator', got a 'gan checkpoint'"));
}

TEST(GeneratorFile, ANewerVersionIsNamed) {
  const TemporaryFolder folder;
  write_archive(folder / "g.pt",
                {{{"format", std::string("gan generator")}, {"version", int64_t{2}}, {"gan", std::string("9.9")}}});
  EXPECT_THAT(error_of([&] { read_generator(folder / "g.pt"); }),
              HasSubstr("format version: expected 1, got 2 (a newer one, written by gan 9.9)"));
}

/// `file` with other options and image shape in it.
Dict asking_for(Dict file, const NetworkOptions& network, ImageShape images) {
  Options options = options_from_dict(file.get<Dict>("options"));
  options.network = network;
  for (auto& [key, value] : file.items) {
    if (key == "options") value = to_dict(options);
    if (key == "image_shape") value = image_shape_to_dict(images);
  }
  return file;
}

/// Networks far larger than the memory of the machine, or than a small file.
const std::vector<std::pair<NetworkOptions, ImageShape>> kEnormous{
    {{.arch = Arch::dcgan, .latent_size = 65536, .base_channels = 1024}, {3, 32, 32}},
    {{.arch = Arch::upconv, .latent_size = 65536}, {3, 4096, 4096}},
    {{.arch = Arch::mlp, .latent_size = 65536}, {3, 4096, 4096}}};

TEST(GeneratorFile, ThatAsksForEnormousNetworksTakesNoMemory) {
  TrainedGenerator tiny{.options = find_recipe("dcgan").options, .images = {1, 28, 28}, .step = 12};
  tiny.options.network.latent_size = tiny.options.network.base_channels = 1;
  const NetworkPair pair = build_networks(tiny.options.network, tiny.images);
  tiny.raw = tiny.averaged = pair.generator;
  tiny.discriminator = pair.discriminator;
  const TemporaryFolder folder;
  write_generator(folder / "g.pt", tiny);
  ASSERT_LT(fs::file_size(folder / "g.pt"), 32u << 10);
  const int64_t before = peak_memory(at::kCPU);
  for (const auto& [network, images] : kEnormous) {
    write_archive(folder / "large.pt", asking_for(read_archive(folder / "g.pt"), network, images));
    EXPECT_THAT(error_of([&] { read_generator(folder / "large.pt"); }),
                AllOf(HasSubstr("large.pt: the networks that its options describe have "), HasSubstr(",")));
  }
  EXPECT_LT(peak_memory(at::kCPU) - before, 64 << 20);
}

TEST(GeneratorFile, OfAnImpossibleShapeIsRefused) {
  const TemporaryFolder folder;
  write_generator(folder / "g.pt", trained());
  const Dict file = read_archive(folder / "g.pt");
  for (const ImageShape images : {ImageShape{2, 28, 28}, {1, 0, 28}, {1, 28, -28}, {1, 4097, 4097}, {1, 30, 30}}) {
    write_archive(folder / "other.pt", asking_for(file, {.base_channels = 2}, images));
    EXPECT_THAT(error_of([&] { read_generator(folder / "other.pt"); }), HasSubstr("other.pt: ")) << to_text(images);
  }
}

/// A run of 4 steps, small, with checkpoints at steps 2 and 4.
class NewestCheckpoint : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Options options = find_recipe("dcgan").options;
    options.network.base_channels = 1, options.network.latent_size = 4;
    options.batch_size = 4, options.limit = 8, options.steps = 4, options.grid = {1, 1};
    options.sample_every = {0}, options.checkpoint_every = {2};
    set_up_cpu(options.threads = 1);
    const TemporaryFolder folder;
    const RunFolder run = RunFolder::create(folder / "run", "x");
    Progress progress({}, /*quiet=*/true);
    Trainer(options, load_dataset(test::mnist_tiny())).run(run, progress);
    older_ = slurp(run.checkpoint(2));
    newer_ = slurp(run.checkpoint(4));
  }

  NewestCheckpoint() {
    fs::create_directory(run_.checkpoints());
    spill(run_.checkpoint(2), older_);
    spill(run_.checkpoint(4), newer_);
  }

  void expect_passed_over(const std::string& what) {
    const auto found = newest_checkpoint(run_);
    ASSERT_TRUE(found) << what;
    EXPECT_EQ(found->path, run_.checkpoint(2)) << what;
    EXPECT_EQ(found->content.get<int64_t>("step"), 2) << what;
    ASSERT_EQ(found->damaged.size(), 1u) << what;
    EXPECT_EQ(found->damaged[0].path, run_.checkpoint(4)) << what;
    EXPECT_THAT(found->damaged[0].what, StartsWith(run_.checkpoint(4).string() + ": ")) << what;
  }

  /// Flips bits of the newer one's byte at `at`: harm there must be seen, or be none.
  void expect_no_harm(size_t at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      put(at, static_cast<char>(newer_[at] ^ flip));
      const auto found = newest_checkpoint(run_);
      ASSERT_TRUE(found) << at;
      if (found->path == run_.checkpoint(4)) {
        EXPECT_EQ(pack_archive(found->content), newer_) << at;
        EXPECT_TRUE(found->damaged.empty()) << at;
      } else {
        expect_passed_over("byte " + std::to_string(at));
      }
    }
    put(at, newer_[at]);
  }

  /// Changes one byte of the newer one where it lies, which is quicker than to write the whole file.
  void put(size_t at, char byte) {
    std::fstream file(run_.checkpoint(4), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at)).put(byte);
    ASSERT_TRUE(file.flush());
  }

  /// The place of the newer one's entry of that name.
  static size_t place_of(const std::string& name) {
    for (const auto& entry : unpack_zip(newer_)) {
      if (entry.name == name) return static_cast<size_t>(entry.bytes.data() - newer_.data());
    }
    throw std::runtime_error("no entry " + name);
  }

  /// Puts `value` for `key` into the newer one.
  void set(const std::string& key, const Value& value) {
    Dict content = unpack_archive(newer_);
    for (auto& [name, held] : content.items) {
      if (name == key) held = value;
    }
    write_archive(run_.checkpoint(4), content);
  }

  static std::string older_, newer_;
  const TemporaryFolder folder_;
  const RunFolder run_{folder_.path()};
};

std::string NewestCheckpoint::older_, NewestCheckpoint::newer_;

TEST_F(NewestCheckpoint, IsThatOfTheHighestStep) {
  const auto found = newest_checkpoint(run_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, run_.checkpoint(4));
  EXPECT_EQ(found->options.network.latent_size, 4);
  EXPECT_EQ(found->content.get<int64_t>("step"), 4);
  EXPECT_EQ(pack_archive(found->content), newer_);
  EXPECT_TRUE(found->damaged.empty());
}

TEST_F(NewestCheckpoint, IsNoneWhereThereAreNone) {
  const TemporaryFolder empty;
  EXPECT_EQ(newest_checkpoint(RunFolder(empty.path())), std::nullopt);
  EXPECT_EQ(newest_checkpoint(RunFolder(empty / "none")), std::nullopt);
  fs::create_directory(empty / "checkpoints");
  spill(empty / "checkpoints/.gan-1.tmp", newer_);
  EXPECT_EQ(newest_checkpoint(RunFolder(empty.path())), std::nullopt);
}

TEST_F(NewestCheckpoint, CutOffIsPassedOver) {
  const size_t size = newer_.size(), directory = newer_.find("PK\x01\x02");
  for (const size_t cut : {size_t{0}, size_t{1}, size_t{10}, size_t{64}, size / 2, directory, directory + 10, size - 22,
                           size - 21, size - 2, size - 1}) {
    spill(run_.checkpoint(4), newer_.substr(0, cut));
    expect_passed_over("cut off at " + std::to_string(cut));
  }
}

TEST_F(NewestCheckpoint, FilledUpWithZerosIsPassedOver) {
  // What some file systems leave of a file whose length was safe on the disk before its bytes were.
  for (const size_t kept : {size_t{0}, size_t{4096}, newer_.size() / 2, newer_.size() - 22}) {
    spill(run_.checkpoint(4), newer_.substr(0, kept) + std::string(newer_.size() - kept, '\0'));
    expect_passed_over("zeros from " + std::to_string(kept));
  }
}

TEST_F(NewestCheckpoint, DamagedInAHeaderDoesNoHarm) {
  const size_t first_data = place_of("archive/data.pkl"), last = newer_.rfind("PK\x03\x04");
  for (size_t at = 0; at < first_data; ++at) expect_no_harm(at);
  for (size_t at = last; at < place_of("archive/version"); ++at) expect_no_harm(at);
}

TEST_F(NewestCheckpoint, DamagedInThePickleDoesNoHarm) {
  const size_t begin = place_of("archive/data.pkl");
  for (size_t at = begin; at < begin + 200; ++at) expect_no_harm(at);
}

TEST_F(NewestCheckpoint, DamagedInATensorIsPassedOver) {
  for (const char* name : {"archive/data/0", "archive/data/5"}) {
    put(place_of(name), static_cast<char>(newer_[place_of(name)] ^ 1));
    expect_passed_over(name);
    put(place_of(name), newer_[place_of(name)]);
  }
}

TEST_F(NewestCheckpoint, DamagedInTheDirectoryDoesNoHarm) {
  const size_t directory = newer_.find("PK\x01\x02"), last = newer_.rfind("PK\x01\x02");
  for (size_t at = directory; at < directory + 200; ++at) expect_no_harm(at);
  for (size_t at = last; at < newer_.size(); ++at) expect_no_harm(at);  // and in the end record
}

TEST_F(NewestCheckpoint, DamagedAnywhereDoesNoHarm) {
  for (size_t at = 0; at < newer_.size(); at += newer_.size() / 199) expect_no_harm(at);
}

TEST_F(NewestCheckpoint, AllDamagedAreAllNamed) {
  spill(run_.checkpoint(2), older_.substr(0, 100));
  spill(run_.checkpoint(4), "");
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }),
              AllOf(StartsWith("no checkpoint is whole: " + run_.checkpoint(4).string() + ": not a zip file; "),
                    HasSubstr(run_.checkpoint(2).string() + ": ")));
}

TEST_F(NewestCheckpoint, OfANewerVersionIsNotPassedOver) {
  const auto version = unpack_archive(newer_).get<int64_t>("version");
  set("version", version + 1);
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }),
              AllOf(StartsWith(run_.checkpoint(4).string() + ": format version: expected "),
                    HasSubstr("(a newer one, written by gan ")));
  set("version", version - 1);
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }), HasSubstr("(an older one, written by gan "));
}

TEST_F(NewestCheckpoint, OfAnotherKindIsNotPassedOver) {
  write_generator(run_.checkpoint(6), trained());
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }),
              HasSubstr("step-000006.pt: expected a 'gan checkpoint', got a 'gan generator'"));
  write_archive(run_.checkpoint(6), {{{"weights", at::zeros({2})}}});
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }), HasSubstr("step-000006.pt: not a file of this program"));
}

TEST_F(NewestCheckpoint, ThatAsksForEnormousNetworksTakesNoMemory) {
  const int64_t before = peak_memory(at::kCPU);
  for (const auto& [network, images] : kEnormous) {
    write_archive(run_.checkpoint(4), asking_for(unpack_archive(newer_), network, images));
    EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }),
                StartsWith(run_.checkpoint(4).string() + ": the networks that its options describe have "));
  }
  EXPECT_LT(peak_memory(at::kCPU) - before, 64 << 20);
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
