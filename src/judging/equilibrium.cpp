#include "gan/judging/equilibrium.h"

#include <cmath>

#include "gan/base/text.h"
#include "gan/losses/adversarial.h"

namespace gan {

std::optional<Equilibrium> Equilibrium::of(Loss loss, double real, double fake) {
  if (!scores_are_probabilities(loss)) return std::nullopt;
  return Equilibrium(real, fake);
}

Equilibrium::Equilibrium(double real, double fake) : real_(real), fake_(fake) {
  constexpr double kNear = 0.1, kSure = 0.9;
  if (std::abs(real - 0.5) <= kNear && std::abs(fake - 0.5) <= kNear) {
    side_ = Side::even;
  } else if (real > kSure && fake < 1 - kSure) {
    side_ = Side::wins;
  } else if (real >= 0.5 && fake <= 0.5) {
    side_ = Side::ahead;
  } else if (real < 0.5 && fake > 0.5) {
    side_ = Side::fooled;
  } else {
    side_ = real >= 0.5 ? Side::says_real : Side::says_fake;
  }
}

std::string Equilibrium::word() const {
  switch (side_) {
    case Side::even:
      return "even";
    case Side::wins:
      return "wins";
    case Side::ahead:
      return "ahead";
    case Side::fooled:
      return "fooled";
    case Side::says_real:
      return "says real";
    case Side::says_fake:
      return "says fake";
  }
  return {};
}

std::string Equilibrium::distances() const {
  return fixed_text(std::abs(real_ - 0.5), 2) + " and " + fixed_text(std::abs(fake_ - 0.5), 2) + " from 1/2";
}

std::string Equilibrium::line() const {
  return "D " + word() + ": " + distances();
}

std::string Equilibrium::sentence() const {
  const auto with = [&](const char* meaning) {
    return "D gives " + fixed_text(real_, 2) + " to real examples and " + fixed_text(fake_, 2) + " to fake ones, " +
           distances() + ": " + meaning;
  };
  switch (side_) {
    case Side::even:
      return with("near equilibrium, it can hardly tell them apart");
    case Side::wins:
      return with("it tells nearly all apart, so G learns little from it");
    case Side::ahead:
      return with("it is right more often than not, so G still has something to learn");
    case Side::fooled:
      return with("it takes real for fake and fake for real, so G is ahead of it");
    case Side::says_real:
      return with("it takes most for real, so G has little left to gain");
    case Side::says_fake:
      return with("it takes most for fake, so it sees a difference only in degree");
  }
  return {};
}

}  // namespace gan
