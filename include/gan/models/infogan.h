#pragma once

#include "gan/models/gan.h"

namespace gan {

/// InfoGAN (Chen et al. 2016, arXiv:1606.03657). G makes an image of z, of uniform codes and of a one-hot category; Q,
/// a head on D's trunk, reads codes and category off samples again. Both losses lose lambda times the variational bound
/// of their mutual information with the image (equation 5), up to the codes' constant entropy, lambda being one weight
/// for the category and one for the codes (section 6):
///
///   mean log Q(category | x)  and  - 1/2 mean |codes - Q's means|^2
///
/// The codes' Q is a normal distribution of variance 1, as in the authors' program. D's turn moves D and Q.
class InfoGan : public Gan {
 public:
  /// Throws Error as `make_model` does.
  InfoGan(const ModelOptions& options, ImageShape images, Budget& budget);

  Encodes encodes() const override { return Encodes::codes; }

  /// What Q reads off images: float [N, categories + codes], the probabilities of the categories, then the codes.
  at::Tensor encode(const at::Tensor& images) const override;
  InferenceGraph encoding() const override;

 protected:
  Sample fake(const Batch& batch) override;
  Scalars extra(const Judged& fake) override;
  bool reads_features() const override { return true; }

 private:
  Network q_;  ///< D's features -> [N, categories + codes]: logits of the categories, then the codes' means
  CodeOptions options_;
};

}  // namespace gan
