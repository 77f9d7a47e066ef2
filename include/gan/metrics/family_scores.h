#pragma once

#include "gan/losses/adversarial.h"
#include "gan/metrics/judge.h"
#include "gan/models/model.h"

namespace gan {

/// Whether `family_scores` has any for such a model.
bool has_family_scores(const Model& model);

/// A score of a family, and the same of real images; NaN where these have none.
struct FamilyScore {
  std::string name;
  Estimate found, real;
};

/// What the family of a model promises. With labels as a part of the latents, of `samples` as its images:
///   label_accuracy, worst_accuracy   whether samples show the class that was asked for (classes.h)
///   N_class_fd, N_worst_class_fd     the mean and the largest of the Fréchet distances within the classes that have
///                                    ten images or more; of as many other real images
/// With an encoder of latents, of the test images:
///   neighbour_accuracy        of the nearest other real image among latents; of real images among pixels (encoding.h)
///   reconstruction_accuracy   whether the classifier sees their label in the reconstructions, and in themselves
///   reconstruction_error      mean squared error of pixels in [0, 1]
///   prior_mean, prior_deviation   the distance of their latents from the prior, and that of other rows of the prior
/// With an encoder of codes:
///   category_accuracy         how well categories match the classes of the test images (encoding.h)
///   CODE_movement             how far a sample moves when that code goes from -1 to 1, in mean distances between two
///                             samples (Euclidean, of pixels)
/// `real` has labels, and the judge its test images. Runs on the model's device.
std::vector<FamilyScore> family_scores(const Model& model, const Judge& judge, const Judgement& judgement,
                                       const RealImages& real, const Dataset& samples);

/// D's mean score (losses/adversarial.h) of samples as `found`, and of the test images as `real`; of an autoencoder's
/// encoder and prior. The same each time. On the model's device.
FamilyScore d_score(Model& model, Loss loss, const Dataset& test);

}  // namespace gan
