#include "gan/judging/watchdog.h"

#include "support/test.h"

namespace gan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using NamedNumbers = NamedNumbers;
using Faults = std::vector<std::string>;

constexpr double kSpread = 0.9;  // of samples that differ, beside real images'

/// Losses of a step, a little different each time.
NamedNumbers losses(double real, double fake, double g_loss = 1) {
  static double wobble = 0;
  wobble += 1e-3;
  return {{"d_loss", 0.5 + wobble}, {"d_real", real}, {"d_fake", fake}, {"g_loss", g_loss + wobble}};
}

NamedNumbers scores(double distance, double missing = 0, double pairwise = 10) {
  return {{"mnist_fd", distance}, {"missing_classes", missing}, {"pairwise_distance", pairwise}};
}

/// What comes of so many equal looks: all that was barked.
template <class Look>
Faults repeated(int times, const Look& look) {
  Faults all;
  for (int i = 0; i < times; ++i) {
    for (const auto& fault : look()) all.push_back(fault);
  }
  return all;
}

TEST(Watchdog, SaysThatDHasWonOnceAfterTenLogs) {
  for (const auto& [loss, real, fake] : {std::tuple{Loss::nonsaturating, 0.9, 0.001},
                                         {Loss::lsgan, 0.97, -0.003},
                                         {Loss::hinge, 2.0, -2.0},
                                         {Loss::minimax, 0.99, 0.0},
                                         {Loss::relativistic, 7.0, -7.0}}) {
    Watchdog dog(loss);
    EXPECT_THAT(repeated(9, [&] { return dog.logged(losses(real, fake)); }), IsEmpty()) << to_text(loss);
    EXPECT_THAT(repeated(20, [&] { return dog.logged(losses(real, fake)); }), ElementsAre(HasSubstr("D is too strong")))
        << to_text(loss);
  }
}

TEST(Watchdog, SaysThatDHasWonWhereItAimsAtASmallerLabel) {
  Watchdog dog(Loss::nonsaturating, 0.7);
  EXPECT_THAT(repeated(20, [&] { return dog.logged(losses(0.69, 0.001)); }), ElementsAre(HasSubstr("D is too strong")));
}

TEST(Watchdog, IsSilentWhileBothPlayersLearn) {
  for (const auto& [loss, real, fake] :
       {std::tuple{Loss::nonsaturating, 0.87, 0.08}, {Loss::lsgan, 0.9, 0.15}, {Loss::hinge, 1.2, -1.1}}) {
    Watchdog dog(loss);
    EXPECT_THAT(repeated(100, [&] { return dog.logged(losses(real, fake)); }), IsEmpty()) << to_text(loss);
  }
}

TEST(Watchdog, ForgetsAFaultThatPassed) {
  Watchdog dog(Loss::nonsaturating);
  const auto bad = [&] { return dog.logged(losses(0.9, 0.001)); };
  const auto good = [&] { return dog.logged(losses(0.8, 0.1)); };
  EXPECT_THAT(repeated(9, bad), IsEmpty());
  EXPECT_THAT(repeated(1, good), IsEmpty());
  EXPECT_THAT(repeated(9, bad), IsEmpty());
  EXPECT_THAT(repeated(1, bad), ElementsAre(HasSubstr("D is too strong")));
  EXPECT_THAT(repeated(1, good), IsEmpty());
  EXPECT_THAT(repeated(10, bad), ElementsAre(HasSubstr("D is too strong")));
}

TEST(Watchdog, SaysThatLossesAreFlat) {
  Watchdog dog(Loss::nonsaturating);
  const NamedNumbers same{{"d_loss", 1.3863}, {"d_real", 0.5}, {"d_fake", 0.5}, {"g_loss", 0.6931}};
  EXPECT_THAT(repeated(30, [&] { return dog.logged(same); }), ElementsAre(HasSubstr("have not changed for 10 logs")));
}

TEST(Watchdog, SaysThatGIsDead) {
  Watchdog dog(Loss::nonsaturating);
  EXPECT_THAT(repeated(2, [&] { return dog.evaluated(scores(50), 0.002); }), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(50), 0.002), ElementsAre(HasSubstr("G is dead")));
  EXPECT_THAT(dog.evaluated(scores(50), 0.002), IsEmpty());
}

TEST(Watchdog, SaysThatGIsDeadWhereSamplesAreNotJudged) {
  Watchdog dog(Loss::nonsaturating);
  EXPECT_THAT(repeated(4, [&] { return dog.looked_at(0.03); }), IsEmpty());
  EXPECT_THAT(dog.looked_at(0.03), ElementsAre(HasSubstr("G is dead")));
}

TEST(Watchdog, SaysThatGHasDied) {
  Watchdog dog(Loss::nonsaturating);
  EXPECT_THAT(repeated(9, [&] { return dog.looked_at(0.8); }), IsEmpty());
  double spread = 0.03;
  EXPECT_THAT(repeated(9, [&] { return dog.looked_at(spread += 0.001); }), ElementsAre(HasSubstr("G is dead")));
}

TEST(Watchdog, IsSilentWhileAYoungGeneratorsSamplesSpreadFurtherAtEachGrid) {
  Watchdog dog(Loss::nonsaturating);
  for (const double spread : {0.009, 0.008, 0.0085, 0.01, 0.012, 0.013, 0.03, 0.058, 0.22, 0.35}) {
    EXPECT_THAT(dog.looked_at(spread), IsEmpty()) << spread;
  }
}

TEST(Watchdog, IsSilentWhereThereIsNoSpreadToCompare) {
  Watchdog dog(Loss::nonsaturating);
  for (const double none : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(repeated(9, [&] { return dog.looked_at(none); }), IsEmpty());
  }
}

TEST(Watchdog, SaysThatClassesAreMissingWhereTheDistanceFallsNoMore) {
  Watchdog dog(Loss::nonsaturating);
  EXPECT_THAT(repeated(3, [&] { return dog.evaluated(scores(50, 3), kSpread); }), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(50, 3), kSpread), ElementsAre(HasSubstr("3 classes have been missing")));
}

TEST(Watchdog, SaysThatClassesAreMissingThatWereThere) {
  Watchdog dog(Loss::nonsaturating);
  EXPECT_THAT(dog.evaluated(scores(50, 1), kSpread), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(49, 2), kSpread), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(48, 2), kSpread), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(47, 2), kSpread), ElementsAre(HasSubstr("2 classes have been missing")));
}

TEST(Watchdog, IsSilentWhileAYoungRunFindsItsClasses) {
  Watchdog dog(Loss::nonsaturating);  // gan-train --data data/mnist-tiny, its first thirteen epochs
  for (const NamedNumbers& young :
       {scores(713, 9, 0.2), scores(641, 9, 1.5), scores(570, 9, 2.9), scores(518, 8, 4.1), scores(468, 7, 5.3),
        scores(461, 7, 5.5), scores(453, 7, 5.7), scores(415, 7, 6.9), scores(370, 3, 8.4), scores(319, 1, 9.8),
        scores(277, 0, 11), scores(238, 0, 12), scores(205, 0, 14)}) {
    EXPECT_THAT(dog.evaluated(young, kSpread), IsEmpty());
  }
}

TEST(Watchdog, SaysThatSamplesBecomeAlike) {
  Watchdog dog(Loss::nonsaturating);
  EXPECT_THAT(repeated(3, [&] { return dog.evaluated(scores(50, 0, 10), kSpread); }), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(50, 0, 5), kSpread), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(50, 0, 5), kSpread), ElementsAre(HasSubstr("from 10.00 to 5.00")));
}

TEST(Watchdog, SaysThatSamplesBecomeWorse) {
  Watchdog dog(Loss::nonsaturating);
  EXPECT_THAT(dog.evaluated(scores(10), kSpread), IsEmpty());
  EXPECT_THAT(repeated(4, [&] { return dog.evaluated(scores(25), kSpread); }), IsEmpty());
  EXPECT_THAT(dog.evaluated(scores(25), kSpread), ElementsAre(HasSubstr("mnist_fd 25.00, it was 10.00 once")));
}

TEST(Watchdog, GoesOnFromItsStateAsIfItHadNeverStopped) {
  Watchdog dog(Loss::nonsaturating), other(Loss::nonsaturating);
  repeated(7, [&] { return dog.logged(losses(0.9, 0.001)); });
  dog.evaluated(scores(10, 0, 20), kSpread);
  repeated(4, [&] { return dog.looked_at(0.01); });
  other.load(dog.state());
  for (Watchdog* one : {&dog, &other}) {
    EXPECT_THAT(repeated(3, [&] { return one->logged(losses(0.9, 0.001)); }),
                ElementsAre(HasSubstr("D is too strong")));
    EXPECT_THAT(repeated(3, [&] { return one->evaluated(scores(9, 1, 5), kSpread); }),
                ElementsAre(HasSubstr("mode collapse"), HasSubstr("missing")));
    EXPECT_THAT(one->looked_at(0.01), ElementsAre(HasSubstr("G is dead")));
  }
}

TEST(Watchdog, ReadsTheStateOfAnOlderVersion) {
  Watchdog dog(Loss::nonsaturating), other(Loss::nonsaturating);
  dog.evaluated(scores(10, 2), kSpread);
  Dict older = dog.state();
  std::erase_if(older.items,
                [](const auto& item) { return item.first == "largest_spread" || item.first == "fewest_missing"; });
  other.load(older);
  EXPECT_THAT(repeated(4, [&] { return other.evaluated(scores(9, 0), kSpread); }), IsEmpty());
  EXPECT_THAT(repeated(5, [&] { return other.looked_at(0.01); }), ElementsAre(HasSubstr("G is dead")));
}

}  // namespace
}  // namespace gan
