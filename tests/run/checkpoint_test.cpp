#include "gan/run/checkpoint.h"

#include <fstream>

#include "gan/base/archive.h"
#include "gan/base/gan_file.h"
#include "gan/base/zip.h"
#include "gan/device/device.h"
#include "gan/run/trainer.h"
#include "support/runs.h"
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

/// A run of 4 steps, small, with checkpoints at steps 2 and 4.
class NewestCheckpoint : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Options options = find_recipe("dcgan").options;
    options.network.base_channels = 1, options.latent.size = 4;
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
    EXPECT_EQ(found->step(), 2) << what;
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
  EXPECT_EQ(found->options.latent.size, 4);
  EXPECT_EQ(found->step(), 4);
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
  set("version", int64_t{1});
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }),
              HasSubstr("format version: expected 2 to 3, got 1 (an older one, written by gan "));
}

TEST_F(NewestCheckpoint, OfAnotherKindIsNotPassedOver) {
  write_gan_file(run_.checkpoint(6), GanFile::generator, {});
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }),
              HasSubstr("step-000006.pt: expected a 'gan checkpoint', got a 'gan generator'"));
  write_archive(run_.checkpoint(6), {{{"weights", at::zeros({2})}}});
  EXPECT_THAT(error_of([&] { newest_checkpoint(run_); }), HasSubstr("step-000006.pt: not a file of this program"));
}

TEST_F(NewestCheckpoint, ThatAsksForEnormousNetworksTakesNoMemory) {
  const int64_t before = peak_memory(at::kCPU);
  for (const auto& [model, images] : test::kEnormous) {
    write_archive(run_.checkpoint(4), test::asking_for(unpack_archive(newer_), {"data", "image_shape"}, model, images));
    const auto found = newest_checkpoint(run_);
    Budget budget = found->budget();
    EXPECT_THAT(
        error_of([&] { make_model(found->options, {images}, budget); }),
        StartsWith(run_.checkpoint(4).string() + ": the networks that its options describe have more than the "));
  }
  EXPECT_LT(peak_memory(at::kCPU) - before, 64 << 20);
}

}  // namespace
}  // namespace gan
