#include "gan/losses/adversarial.h"

namespace gan {

namespace {

/// -t log s(l) - (1-t) log(1 - s(l)), mean over the batch.
at::Tensor cross_entropy(const at::Tensor& logits, double label) {
  return at::binary_cross_entropy_with_logits(logits, at::full_like(logits, label));
}

}  // namespace

at::Tensor discriminator_loss(Loss loss, const at::Tensor& real_logits, const at::Tensor& fake_logits,
                              double real_label) {
  switch (loss) {
    case Loss::nonsaturating:
    case Loss::minimax:
      return cross_entropy(real_logits, real_label) + cross_entropy(fake_logits, 0);
    case Loss::lsgan:
      return 0.5 * (real_logits - real_label).square().mean() + 0.5 * fake_logits.square().mean();
    case Loss::hinge:
      return at::relu(1 - real_logits).mean() + at::relu(1 + fake_logits).mean();
    case Loss::relativistic:
      return cross_entropy(real_logits - fake_logits, 1);
    case Loss::wasserstein:
      return fake_logits.mean() - real_logits.mean();
  }
  TORCH_CHECK(false, "discriminator_loss: unknown loss");
}

at::Tensor generator_loss(Loss loss, const at::Tensor& fake_logits, const at::Tensor& real_logits) {
  switch (loss) {
    case Loss::nonsaturating:
      return cross_entropy(fake_logits, 1);
    case Loss::minimax:
      return -cross_entropy(fake_logits, 0);
    case Loss::lsgan:
      return 0.5 * (fake_logits - 1).square().mean();
    case Loss::hinge:
    case Loss::wasserstein:
      return -fake_logits.mean();
    case Loss::relativistic:
      return cross_entropy(fake_logits - real_logits, 1);
  }
  TORCH_CHECK(false, "generator_loss: unknown loss");
}

at::Tensor symmetric_generator_loss(Loss loss, const at::Tensor& fake_logits, const at::Tensor& real_logits) {
  switch (loss) {
    case Loss::minimax:
      return -discriminator_loss(loss, real_logits, fake_logits, 1);
    case Loss::hinge:
      return real_logits.mean() - fake_logits.mean();
    case Loss::nonsaturating:
    case Loss::lsgan:
    case Loss::relativistic:
    case Loss::wasserstein:
      return discriminator_loss(loss, fake_logits, real_logits, 1);
  }
  TORCH_CHECK(false, "symmetric_generator_loss: unknown loss");
}

bool scores_are_probabilities(Loss loss) {
  return loss == Loss::nonsaturating || loss == Loss::minimax;
}

at::Tensor mean_score(Loss loss, const at::Tensor& logits) {
  const at::Tensor l = logits.detach();
  return scores_are_probabilities(loss) ? l.sigmoid().mean() : l.mean();
}

}  // namespace gan
