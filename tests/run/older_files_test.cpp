// Files that older programs wrote are read: sampled to the same images, resumed to the same end. Of each program there
// is a run of 6 steps in tests/fixtures: its checkpoint of step 3, what it ended with, and samples of seeds 3 to 6.
// `before-sections` is from just before checkpoints had sections (c83eead). `before-penalty-kernels` is older
// (3eb2a9f): kernels have changed its last bits since, so the end to reach is c83eead's, which resumed it, too. Those
// of version 0.2 round otherwise again, so numbers are compared, and not bits.

#include "gan/data/idx.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

struct Older {
  std::string name, test_name, end_metrics;
};

class OlderFiles : public testing::TestWithParam<Older> {
 protected:
  fs::path fixture() const { return fs::path(GAN_SOURCE_DIR "/tests/fixtures") / GetParam().name; }
};

TEST_P(OlderFiles, AreSampledToTheSameImages) {
  for (const std::string name : {"g", "g-best"}) {
    const TrainedModel trained = read_model(fixture() / (name + ".pt"));
    const at::Tensor samples = sample_seeds(*trained.model, seeds_from(3, 4)).squeeze(1).to(at::kInt);
    const at::Tensor difference = samples - read_idx(fixture() / (name + ".idx")).to(at::kInt);
    EXPECT_LE(difference.abs().max().item<int>(), 1) << name;  // another processor may round otherwise
  }
}

TEST_P(OlderFiles, AreResumedToTheSameEnd) {
  set_up_cpu(1);
  const auto checkpoint = newest_checkpoint(RunFolder(fixture().string()));
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->step(), 3);
  const test::TemporaryFolder folder;
  fs::copy(fixture(), folder / "run", fs::copy_options::recursive);
  const RunFolder run((folder / "run").string());
  Trainer trainer(checkpoint->options, test::digits(), checkpoint->budget());
  trainer.judge_by(Evaluator::of(test::mnist_tiny(), {}));
  trainer.load(checkpoint->content);
  Progress progress({}, /*quiet=*/true);
  EXPECT_EQ(trainer.run(run, progress), RunEnd::finished);

  const auto then = test::lines_of(test::slurp(fixture() / GetParam().end_metrics));
  const auto now = test::lines_of(test::slurp(run.metrics()));
  ASSERT_EQ(now.size(), then.size());
  for (size_t i = 0; i < now.size(); ++i) {
    const bool losses = then[i].find("d_loss") != std::string::npos;
    const auto names = losses ? std::vector<std::string>{"step", "d_loss", "d_real", "d_fake", "g_loss"}
                              : std::vector<std::string>{"step", "mnist_fd", "confidence"};
    for (const std::string& name : names) {
      const double wanted = test::number_in(then[i], name);
      EXPECT_NEAR(test::number_in(now[i], name), wanted, 1e-4 * std::abs(wanted)) << name << " in\n" << now[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, OlderFiles,
                         testing::Values(Older{"before-sections", "BeforeSections", "metrics.jsonl"},
                                         Older{"before-penalty-kernels", "BeforePenaltyKernels",
                                               "resumed-metrics.jsonl"}),
                         [](const auto& info) { return info.param.test_name; });

}  // namespace
}  // namespace gan
