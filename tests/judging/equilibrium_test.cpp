#include "gan/judging/equilibrium.h"

#include "gan/losses/adversarial.h"
#include "support/test.h"

namespace gan {
namespace {

std::string word(double real, double fake) {
  return Equilibrium::of(Loss::nonsaturating, real, fake)->word();
}

TEST(Equilibrium, SaysHowDStandsOnBothSidesOfOneHalf) {
  EXPECT_EQ(word(0.5, 0.5), "even");
  EXPECT_EQ(word(0.59, 0.41), "even");
  EXPECT_EQ(word(0.61, 0.41), "ahead");
  EXPECT_EQ(word(0.95, 0.2), "ahead");
  EXPECT_EQ(word(0.95, 0.05), "wins");
  EXPECT_EQ(word(0.3, 0.8), "fooled");
  EXPECT_EQ(word(0.9, 0.8), "says real");
  EXPECT_EQ(word(0.2, 0.1), "says fake");
  EXPECT_EQ(word(0.5, 0.7), "says real");
}

TEST(Equilibrium, NamesTheDistancesAndWhatTheyMean) {
  const Equilibrium ahead = *Equilibrium::of(Loss::minimax, 0.8, 0.25);
  EXPECT_EQ(ahead.line(), "D ahead: 0.30 and 0.25 from 1/2");
  EXPECT_EQ(
      ahead.sentence(),
      "D gives 0.80 to real examples and 0.25 to fake ones, 0.30 and 0.25 from 1/2: it is right more often than not, "
      "so G still has something to learn");
}

TEST(Equilibrium, IsNoneWhereScoresAreNoProbabilities) {
  for (const Loss loss : {Loss::lsgan, Loss::hinge, Loss::relativistic, Loss::wasserstein}) {
    EXPECT_FALSE(Equilibrium::of(loss, 0.5, 0.5)) << to_text(loss);
  }
}

}  // namespace
}  // namespace gan
