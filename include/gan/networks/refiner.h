#pragma once

#include "gan/networks/budget.h"
#include "gan/networks/network.h"

namespace gan {

/// What a coarse image lacks: [N, C + 1, H, W], the image enlarged and a plane of noise, to a residual [N, C, H, W]
/// that has no bounds. H and W are even. LAPGAN's generators of finer levels (Denton et al. 2015, arXiv:1506.05751,
/// section 2.3); two layers of ours work at half the side, which costs a quarter. b is `base_channels`.
///
///   layer                        output
///   conv1, 4x4, stride 2         2b x H/2 x W/2    LeakyReLU
///   conv2, 3x3                   4b x H/2 x W/2    LeakyReLU
///   conv3, 3x3                   2b x H/2 x W/2    LeakyReLU
///   conv4, transposed 4x4        C x H x W
Network refiner(const NetworkOptions& options, ImageShape images, Budget& budget);

}  // namespace gan
