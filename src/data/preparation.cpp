#include "gan/data/preparation.h"

#include "gan/base/text.h"

namespace gan {

std::string to_text(const Preparation& preparation) {
  const Framing& framing = preparation.framing;
  return std::string(preparation.transpose ? "transpose, " : "") + "side " + to_text(framing.side) + ", crop " +
         to_text(framing.crop) + ", background " + to_text(framing.background) + ", colors " +
         to_text(preparation.colors) + ", labels " + to_text(preparation.labels) + ", bad pictures " +
         to_text(preparation.bad_pictures);
}

}  // namespace gan
