"""An independent implementation of the five recipes in plain PyTorch, from docs/recipes.md and the layer tables only.

  reference.py sample G_PT SEED COUNT OUT     write COUNT samples of g.pt to OUT as raw bytes
  reference.py train RECIPE IDX_IMAGES STEPS  train, and print a line of losses every 20 steps
"""

import statistics
import struct
import sys
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


def leaky():
    return nn.LeakyReLU(0.2)


def sequential(*layers):
    return nn.Sequential(OrderedDict(layers))


def mlp(dropout, dropout_last=True, inputs=100):
    generator = sequential(
        ("linear1", nn.Linear(inputs, 256)), ("act1", leaky()),
        ("linear2", nn.Linear(256, 512)), ("act2", leaky()),
        ("linear3", nn.Linear(512, 1024)), ("act3", leaky()),
        ("linear4", nn.Linear(1024, 784)), ("tanh", nn.Tanh()),
        ("image", nn.Unflatten(1, (1, 28, 28))))
    last = [("dropout3", nn.Dropout(dropout))] if dropout_last else []
    discriminator = sequential(
        ("flatten", nn.Flatten()),
        ("linear1", nn.Linear(784, 1024)), ("act1", leaky()), ("dropout1", nn.Dropout(dropout)),
        ("linear2", nn.Linear(1024, 512)), ("act2", leaky()), ("dropout2", nn.Dropout(dropout)),
        ("linear3", nn.Linear(512, 256)), ("act3", leaky()), *last,
        ("linear4", nn.Linear(256, 1)))
    return generator, discriminator


def upconv(inputs=100):
    generator = sequential(
        ("linear1", nn.Linear(inputs, 1024)), ("tanh1", nn.Tanh()),
        ("linear2", nn.Linear(1024, 128 * 7 * 7)), ("norm2", nn.BatchNorm1d(128 * 7 * 7, eps=1e-3, momentum=0.01)),
        ("tanh2", nn.Tanh()), ("maps", nn.Unflatten(1, (128, 7, 7))),
        ("up3", nn.Upsample(scale_factor=2, mode="nearest")),
        ("conv3", nn.Conv2d(128, 64, 5, padding="same")), ("tanh3", nn.Tanh()),
        ("up4", nn.Upsample(scale_factor=2, mode="nearest")),
        ("conv4", nn.Conv2d(64, 1, 5, padding="same")), ("tanh4", nn.Tanh()))
    discriminator = sequential(
        ("conv1", nn.Conv2d(1, 64, 5, padding="same")), ("tanh1", nn.Tanh()), ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(64, 128, 5, padding="valid")), ("tanh2", nn.Tanh()), ("pool2", nn.MaxPool2d(2)),
        ("flatten", nn.Flatten()), ("linear3", nn.Linear(128 * 5 * 5, 1024)), ("tanh3", nn.Tanh()),
        ("linear4", nn.Linear(1024, 1)))
    return generator, discriminator


class MinibatchStd(nn.Module):
    """Adds a map with the mean standard deviation of the maps over the batch; in eval mode, the running mean of it."""

    def __init__(self):
        super().__init__()
        self.register_buffer("running_mean", torch.ones(()))

    def forward(self, maps):
        mean = self.running_mean
        if self.training:
            mean = (maps.var(0, unbiased=False) + 1e-8).sqrt().mean()
            self.running_mean.lerp_(mean.detach().float(), 0.1)
        return torch.cat([maps, mean.to(maps.dtype).expand(len(maps), 1, *maps.shape[2:])], 1)


def dcgan(b, minibatch_std=False, eps=1e-5, momentum=0.1, same_padding=False, inputs=100):
    def norm(maps):
        return nn.BatchNorm2d(maps, eps=eps, momentum=momentum)

    generator = sequential(
        ("linear1", nn.Linear(inputs, 8 * b * 16, bias=False)), ("maps", nn.Unflatten(1, (8 * b, 4, 4))),
        ("norm1", norm(8 * b)), ("act1", leaky()),
        ("conv2", nn.ConvTranspose2d(8 * b, 4 * b, 4, bias=False)), ("norm2", norm(4 * b)), ("act2", leaky()),
        ("conv3", nn.ConvTranspose2d(4 * b, 2 * b, 4, stride=2, padding=1, bias=False)), ("norm3", norm(2 * b)),
        ("act3", leaky()), ("conv4", nn.ConvTranspose2d(2 * b, 1, 4, stride=2, padding=1)), ("tanh", nn.Tanh()))
    std = [("std", MinibatchStd())] if minibatch_std else []
    pad = [("pad3", nn.ZeroPad2d((1, 2, 1, 2)))] if same_padding else []
    discriminator = sequential(
        ("conv1", nn.Conv2d(1, b, 4, stride=2, padding=1, bias=False)), ("norm1", norm(b)), ("act1", leaky()),
        ("conv2", nn.Conv2d(b, 2 * b, 4, stride=2, padding=1, bias=False)), ("norm2", norm(2 * b)), ("act2", leaky()),
        *pad, ("conv3", nn.Conv2d(2 * b, 4 * b, 4, stride=2, padding=0 if pad else 2, bias=False)),
        ("norm3", norm(4 * b)),
        ("act3", leaky()), *std, ("flatten", nn.Flatten()), ("linear4", nn.Linear((4 * b + len(std)) * 16, 1)))
    return generator, discriminator


def networks(arch, base_channels=16, dropout=0.0, dropout_last=True, inputs=100, **of_dcgan):
    """A generator of `inputs` numbers, and a discriminator, whose last layer is its head."""
    if arch == "mlp":
        return mlp(dropout, dropout_last, inputs)
    return upconv(inputs) if arch == "upconv" else dcgan(base_channels, inputs=inputs, **of_dcgan)


def networks_of(options, inputs=100):
    """Options are named as in gan-train. Older files lack the last three, which then have their defaults."""
    names = ("arch", "base-channels", "dropout", "dropout-last")
    return networks(*(options[name] for name in names), inputs=inputs, minibatch_std=options["minibatch-std"],
                    eps=options.get("norm-eps", 1e-5), momentum=options.get("norm-momentum", 0.1),
                    same_padding=options.get("same-padding", False))  # fmt: skip


def xavier(network):
    for parameter in network.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter)
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)


def draw(noise, count):
    return torch.randn(count, 100) if noise == "normal" else torch.rand(count, 100) * 2 - 1


def philox(counter, key):
    """Philox 4x32-10 (Salmon et al. 2011)."""
    mask = 0xFFFFFFFF
    for _ in range(10):
        x, y = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(y >> 32) ^ counter[1] ^ key[0], y & mask, (x >> 32) ^ counter[3] ^ key[1], x & mask]
        key = [(key[0] + 0x9E3779B9) & mask, (key[1] + 0xBB67AE85) & mask]
    return counter


def latent_of_seed(seed, noise):
    words = [word for block in range(25) for word in philox([block, 0, 0, 0], [seed & 0xFFFFFFFF, seed >> 32])]
    if noise == "normal":
        return torch.tensor([statistics.NormalDist().inv_cdf((word + 0.5) / 2**32) for word in words])
    return torch.tensor([(word >> 8) / 2**23 - 1 for word in words])


def sample(path, seed, count, out):
    file = torch.load(path)  # weights_only=True is the default
    options = file["options"]
    generator, discriminator = networks_of(options)
    generator.load_state_dict(file["generator"])
    discriminator.load_state_dict(file["discriminator"])
    latents = torch.stack([latent_of_seed(seed + i, options["noise"]) for i in range(count)])
    with torch.no_grad():
        images = generator.eval()(latents)
    pixels = ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    with open(out, "wb") as target:
        target.write(bytes(pixels.flatten().tolist()))


def read_images(path):
    with open(path, "rb") as file:
        count, height, width = struct.unpack(">4xIII", file.read(16))
        pixels = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)
    return pixels.view(count, 1, height, width)


class EpsilonHatAdam(torch.optim.Adam):
    """Adam with epsilon added before the bias correction (Kingma and Ba 2015, end of section 2), as in TensorFlow and
    Keras. PyTorch adds it after the correction, where it amounts to epsilon / sqrt(1 - beta2^t)."""

    def __init__(self, parameters, lr, betas, eps, **more):
        super().__init__(parameters, lr=lr, betas=betas, eps=eps, **more)
        self.epsilon_hat = eps

    def step(self):
        t = 1 + max((int(state["step"]) for state in self.state.values()), default=0)
        for group in self.param_groups:
            group["eps"] = self.epsilon_hat / (1 - group["betas"][1] ** t) ** 0.5
        super().step()


def keras_adam(parameters, lr=1e-3, beta1=0.9, eps=1e-7):
    return EpsilonHatAdam(parameters, lr=lr, betas=(beta1, 0.999), eps=eps)


def tuned_adam(parameters):
    return keras_adam(parameters, 2e-4, 0.5)


def tensorflow_adam(parameters):
    return keras_adam(parameters, 1e-3, 0.5, eps=1e-8)


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, nesterov=True)


WIDE = dict(base_channels=64, eps=1e-3, momentum=0.01, same_padding=True)
RECIPES = {
    "dcgan-wide": dict(networks=dict(arch="dcgan", **WIDE), optimizers=(tensorflow_adam, tensorflow_adam),
                       noise="uniform", label=0.9, joined=False, fresh=False, batch=64),
    "upconv": dict(networks=dict(arch="upconv"), optimizers=(sgd, sgd), noise="uniform", label=1.0, joined=True,
                   fresh=True, batch=128, sequential=True, inferred_fakes=True),
    "mlp": dict(networks=dict(arch="mlp", dropout=0.3), optimizers=(tuned_adam, tuned_adam), noise="normal", label=1.0,
                joined=True, fresh=False, batch=128),
    "mlp-smooth": dict(networks=dict(arch="mlp", dropout=0.3, dropout_last=False), optimizers=(keras_adam, tuned_adam),
                       noise="normal", label=0.9, joined=True, fresh=True, batch=128),
}  # fmt: skip


def train(name, path, steps):
    torch.manual_seed(0)
    recipe = RECIPES[name]
    generator, discriminator = networks(**recipe["networks"])
    xavier(generator), xavier(discriminator)
    g_optimizer, d_optimizer = (make(network.parameters())
                                for make, network in zip(recipe["optimizers"], (generator, discriminator)))  # fmt: skip
    images, batch = read_images(path), recipe["batch"]
    for step in range(1, steps + 1):
        at = (step - 1) % (len(images) // batch) * batch
        chosen = torch.arange(at, at + batch) if recipe.get("sequential") else torch.randint(len(images), (batch,))
        real = images[chosen].float() / 127.5 - 1
        noise = draw(recipe["noise"], batch)
        labels = torch.cat([torch.full((batch, 1), recipe["label"]), torch.zeros(batch, 1)])
        generator.train(not recipe.get("inferred_fakes"))
        with torch.no_grad():
            fake = generator(noise)
        generator.train()
        if recipe["joined"]:
            logits = discriminator(torch.cat([real, fake]))
            d_loss = F.binary_cross_entropy_with_logits(logits, labels)
        else:
            logits = torch.cat([discriminator(real), discriminator(fake)])
            d_loss = 2 * F.binary_cross_entropy_with_logits(logits, labels)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        if recipe["fresh"]:
            noise = draw(recipe["noise"], batch)
        g_loss = F.binary_cross_entropy_with_logits(discriminator(generator(noise)), torch.ones(batch, 1))
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        if step % 20 == 0:
            d_real, d_fake = logits.sigmoid().chunk(2)
            print(f"step {step} d_loss {d_loss:.3f} d_real {d_real.mean():.3f} d_fake {d_fake.mean():.3f} "
                  f"g_loss {g_loss:.3f}", flush=True)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "sample":
        sample(arguments[0], int(arguments[1]), int(arguments[2]), arguments[3])
    else:
        train(arguments[0], arguments[1], int(arguments[2]))
