#pragma once

#include <optional>
#include <string>

namespace gan {

enum class Loss;  // losses/adversarial.h

/// How far D is from the equilibrium, where it gives 1/2 to real examples and to samples alike because it cannot tell
/// them apart (Goodfellow et al. 2014, arXiv:1406.2661, proposition 1 and theorem 1).
///
///   even       both within 0.1 of 1/2
///   wins       real above 0.9, samples below 0.1: it tells nearly all apart
///   ahead      real at 1/2 or above, samples at or below: it is right more often than not
///   fooled     real below 1/2, samples above
///   says real, says fake   both on that side of 1/2
///
/// With --label-smoothing s the best D gives (1 - s) / 2 there, within "even".
class Equilibrium {
 public:
  /// Of D's mean scores. None for a loss whose scores are no probabilities.
  static std::optional<Equilibrium> of(Loss loss, double real, double fake);

  std::string word() const;      ///< "even"
  std::string line() const;      ///< "D even: 0.04 and 0.09 from 1/2"
  std::string sentence() const;  ///< with D's scores, and what they mean

 private:
  enum class Side { even, wins, ahead, fooled, says_real, says_fake };
  Equilibrium(double real, double fake);
  std::string distances() const;  ///< "0.04 and 0.09 from 1/2"

  double real_, fake_;
  Side side_;
};

}  // namespace gan
