// What gan-sample and gan-eval can be asked of models whose latents have more parts than z.

#include "gan/data/idx.h"
#include "support/trained.h"

namespace gan {
namespace {

using test::Ran, test::refused, test::sample, test::TemporaryFolder, test::trained, testing::HasSubstr;
namespace fs = std::filesystem;

at::Tensor drawn(const std::string& model, std::vector<std::string> more) {
  const TemporaryFolder folder;
  more.insert(more.end(), {"--out", "s.idx"});
  const Ran ran = sample(model, more, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  return read_idx(folder / "s.idx").to(at::kInt);
}

TEST(GanSampleLatents, ALabelIsTheClassOfEachSampleAndNamed) {
  const at::Tensor in_turn = drawn("cgan", {"--count", "20"});
  const at::Tensor threes = drawn("cgan", {"--count", "20", "--label", "3"});
  EXPECT_TRUE(at::equal(threes[3], in_turn[3]));
  EXPECT_TRUE(at::equal(threes[13], in_turn[13]));
  EXPECT_FALSE(at::equal(threes[4], in_turn[4]));
  const TemporaryFolder folder;
  EXPECT_EQ(sample("cgan", {"--count", "2", "--label", "3"}, folder.path()).out,
            "samples.png: 2 samples, seeds 0 to 1, label 3\n");
}

TEST(GanSampleLatents, SeveralLabelsTakeTurns) {
  const at::Tensor all = drawn("cgan", {"--count", "4", "--label", "7,2"});
  EXPECT_TRUE(at::equal(all[1], drawn("cgan", {"--count", "4", "--label", "2"})[1]));
  EXPECT_TRUE(at::equal(all[2], drawn("cgan", {"--count", "4", "--label", "7"})[2]));
}

TEST(GanSampleLatents, ACodeIsSetByItsName) {
  const at::Tensor plain = drawn("infogan", {"--count", "4"});
  const at::Tensor category = drawn("infogan", {"--count", "4", "--code", "category=2"});
  EXPECT_TRUE(at::equal(category[2], plain[2]));
  EXPECT_FALSE(at::equal(category[1], plain[1]));
  EXPECT_FALSE(at::equal(drawn("infogan", {"--count", "4", "--code", "code=-1,0.5"}), plain));
}

TEST(GanSampleLatents, AGridHasARowAClassByDefaultAsTheTrainingsGridHas) {
  for (const char* model : {"cgan", "infogan"}) {
    const TemporaryFolder folder;
    const Ran ran = sample(model, {}, folder.path());
    EXPECT_THAT(ran.out, testing::StartsWith("samples.png: 100 samples, seeds 0 10 20 30 40 50 60 70 80 90 1 11 "));
    EXPECT_EQ(test::slurp(folder / "samples.png"), test::slurp(trained(model) / "samples/step-000004.png"));
  }
}

TEST(GanSampleLatents, NiceSamplesOfALabelHaveIt) {
  const TemporaryFolder folder;
  const Ran ran = sample("cgan", {"--nice", "--count", "2", "--label", "5"}, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(", label 5\n"));
}

TEST(GanSampleLatents, WhatTheModelLacksIsRefusedInOneLine) {
  EXPECT_THAT(refused("infogan", {"--label", "3"}),
              HasSubstr("--label: this model's latents have no part label; parts: z, code, category"));
  EXPECT_THAT(refused("gan", {"--label", "3"}), HasSubstr("no part label; parts: z"));
  EXPECT_THAT(refused("cgan", {"--label", "10"}), HasSubstr("--label: expected a label from 0 to 9, got 10"));
  EXPECT_THAT(refused("cgan", {"--label", "1.5"}), HasSubstr("expected a label from 0 to 9, got 1.5"));
  EXPECT_THAT(refused("cgan", {"--label", "a"}), HasSubstr("--label: expected numbers, got 'a'"));
  EXPECT_THAT(refused("cgan", {"--label", "1,"}), HasSubstr("--label: expected values with commas"));
  EXPECT_THAT(refused("cgan", {"--nice", "--label", "1,2"}), HasSubstr("--nice compares samples of one label"));
  EXPECT_THAT(refused("infogan", {"--code", "code=1"}), HasSubstr("--code code: expected 2 numbers for code, got 1"));
  EXPECT_THAT(refused("infogan", {"--code", "3"}), HasSubstr("--code: expected NAME=NUMBERS, got '3'"));
}

TEST(GanEvalLatents, AConditionalModelIsJudgedByItsLabelsBesideTheTestImages) {
  const auto judged = [](const char* model) {
    const Ran ran = test::run(
        "gan-eval", {trained(model), "--data", test::mnist_tiny(), "--count", "200", "--threads", "1", "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  };
  const std::string cgan = judged("cgan");
  EXPECT_THAT(cgan, testing::ContainsRegex("\"label_accuracy\": .\"value\": 0\\.[0-9]+, \"error\": [0-9.e-]+, "
                                           "\"real\": 0\\.9[0-9]+"));
  EXPECT_THAT(cgan, HasSubstr("\"worst_accuracy\""));
  EXPECT_THAT(judged("infogan"), testing::Not(HasSubstr("label_accuracy")));
}

}  // namespace
}  // namespace gan
