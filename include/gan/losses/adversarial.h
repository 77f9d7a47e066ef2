#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "gan/base/choice.h"

namespace gan {

/// The losses of D and G, as means over the batch. l are D's logits, s is the sigmoid, t the label of real images: 1,
/// or less with one-sided label smoothing (Salimans et al. 2016, arXiv:1606.03498, section 3.4).
///
///   loss           D minimises                                     G minimises                 paper
///   nonsaturating  -t log s(l_r) - (1-t) log(1 - s(l_r))           -log s(l_f)                 Goodfellow et al. 2014,
///                  - log(1 - s(l_f))                                                           arXiv:1406.2661 (3)
///   minimax        the same                                        log(1 - s(l_f))             the same, eq. 1
///   lsgan          1/2 (l_r - t)^2 + 1/2 l_f^2                     1/2 (l_f - 1)^2             Mao et al. 2017,
///                                                                                              arXiv:1611.04076 (9)
///   hinge          max(0, 1 - l_r) + max(0, 1 + l_f)               -l_f                        Lim and Ye 2017,
///                                                                                              arXiv:1705.02894
///   relativistic   -log s(l_r - l_f)                               -log s(l_f - l_r)           J.-Martineau 2019,
///                                                                                              arXiv:1807.00734
///   wasserstein    l_f - l_r                                       -l_f                        Arjovsky et al. 2017,
///                                                                                              arXiv:1701.07875 (2)
///
/// Hinge, relativistic and wasserstein have no labels, so smoothing does not change them. Relativistic pairs the i-th
/// real image with the i-th sample. Wasserstein wants D's slope bounded: by clipped weights (there, algorithm 1) or by
/// the gradient penalty.
enum class Loss { nonsaturating, minimax, lsgan, hinge, relativistic, wasserstein };
constexpr auto choices(Loss) {
  return std::array<Choice<Loss>, 6>{{{Loss::nonsaturating, "nonsaturating"},
                                      {Loss::minimax, "minimax"},
                                      {Loss::lsgan, "lsgan"},
                                      {Loss::hinge, "hinge"},
                                      {Loss::relativistic, "relativistic"},
                                      {Loss::wasserstein, "wasserstein"}}};
}

/// Whether G's loss needs the logits of real images, too.
constexpr bool compares_with_real(Loss loss) {
  return loss == Loss::relativistic;
}

/// Logits are float [N, 1] (any shape works); the results are scalars on their device. Pass G's loss `real_logits` if
/// `compares_with_real`.
at::Tensor discriminator_loss(Loss loss, const at::Tensor& real_logits, const at::Tensor& fake_logits,
                              double real_label);
at::Tensor generator_loss(Loss loss, const at::Tensor& fake_logits, const at::Tensor& real_logits = {});

/// G's loss where its side makes both what is real and what is fake for D, as a BiGAN's encoder and generator do: each
/// is to be taken for the other. It is D's loss with real and fake exchanged; of minimax minus D's loss; of hinge,
/// which would stop at its margin, l_r - l_f.
at::Tensor symmetric_generator_loss(Loss loss, const at::Tensor& fake_logits, const at::Tensor& real_logits);

/// Whether D(x) is s(l), the probability that x is real, rather than l itself.
bool scores_are_probabilities(Loss loss);

/// The mean of D(x), as defined by this loss.
at::Tensor mean_score(Loss loss, const at::Tensor& logits);

}  // namespace gan
