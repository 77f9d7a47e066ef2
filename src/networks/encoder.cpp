#include "gan/networks/encoder.h"

#include "gan/networks/head.h"

namespace gan {

Network encoder(const NetworkOptions& options, int64_t outputs, ImageShape images, Budget& budget) {
  NetworkOptions plain = options;
  plain.dropout = 0;
  plain.d_norm = Norm::batch;
  plain.d_norm_last = true;
  plain.minibatch_std = false;
  const Trunk trunk = architecture(plain.arch).trunk(plain, images, budget);
  return joined(trunk.network, linear_head(trunk, outputs, plain, budget));
}

}  // namespace gan
