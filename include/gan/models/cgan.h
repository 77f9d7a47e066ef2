#pragma once

#include "gan/models/gan.h"

namespace gan {

/// The conditional GAN (Mirza and Osindero 2014, arXiv:1411.1784): G makes an image of z and a label, D judges an image
/// and its label. D's logit is a projection (Miyato and Koyama 2018, arXiv:1802.05637, equation 3): of the trunk's
/// features f and the label y, head(f) + <embedding(y), f>. Samples take labels at random, each as often.
class Cgan : public Gan {
 public:
  /// Throws Error as `make_model` does.
  Cgan(const ModelOptions& options, const DataShape& data, Budget& budget);

  Score score(const at::Tensor& images, const at::Tensor& latents) const override;
  InferenceGraph discrimination() const override;

 protected:
  Sample real(const Batch& batch) override;
  Sample fake(const Batch& batch) override;
  Judged judge(const Sample& sample, Differentiable asked) override;

 private:
  Network embedding_;  ///< one-hot labels [N, classes] -> [N, features]
  int64_t classes_ = 0;
};

}  // namespace gan
