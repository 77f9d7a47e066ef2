#include "gan/networks/architecture.h"

#include "gan/networks/dcgan.h"
#include "gan/networks/mlp.h"
#include "gan/networks/upconv.h"

namespace gan {

Architecture architecture(Arch arch) {
  const auto any_images = [](ImageShape) { return std::string(); };
  switch (arch) {
    case Arch::dcgan:
      return {dcgan_decoder, dcgan_trunk, dcgan_refusal};
    case Arch::upconv:
      return {upconv_decoder, upconv_trunk, upconv_refusal, 2};
    case Arch::mlp:
      return {mlp_decoder, mlp_trunk, any_images};
  }
  TORCH_CHECK(false, "architecture: unknown name");
}

void set_reference(const Network& decoder, const at::Tensor& latents) {
  const torch::NoGradGuard no_grad;
  state_dict(decoder).get<at::Tensor>("reference.batch").copy_(latents);
}

void require_image_shape(Arch arch, ImageShape images) {
  if (std::max(images.height, images.width) > kMaxImageSide) {
    throw Error("expected images of at most " + std::to_string(kMaxImageSide) + " pixels a side; the data has " +
                to_text(images));
  }
  const std::string expected = architecture(arch).refusal(images);
  if (!expected.empty()) {
    throw Error("--arch " + to_text(arch) + " makes images of " + expected + "; the data has " + to_text(images),
                "--image-size 32 resizes them; --arch mlp takes any size");
  }
}

}  // namespace gan
