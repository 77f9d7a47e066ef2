"""An independent implementation of four recipes in plain PyTorch, and of the networks of all families, from
docs/recipes.md and the layer tables only.

  reference.py sample G_PT SEED COUNT OUT     write COUNT samples of g.pt to OUT as raw bytes
  reference.py train RECIPE IDX_IMAGES STEPS  train, and print a line of losses every 20 steps
"""

import statistics
import struct
import sys
from collections import OrderedDict
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Settings:
    """What decides the layers of networks besides the shapes of what they take: options of gan-train."""

    arch: str
    base_channels: int = 16
    depth: int = 0
    max_channels: int = 0
    dropout: float = 0.0
    dropout_last: bool = True
    d_norm_last: bool = True
    minibatch_std: bool = False
    norm_eps: float = 1e-5
    norm_momentum: float = 0.1
    same_padding: bool = False
    minibatch_discrimination: str = "0"
    virtual_batch_norm: bool = False


def settings_of(options):
    """Options are named as in gan-train. Older files lack some, which then have their defaults."""
    given = {field.name: field.name.replace("_", "-") for field in fields(Settings)}
    return Settings(**{name: options[option] for name, option in given.items() if option in options})


class Trunk(NamedTuple):
    """Layers from images to features."""

    layers: list
    features: int
    count: int  # layers with weights; a head's layer counts on: "linear4" after three

    def ended_by(self, outputs):
        return sequential(*self.layers, (f"linear{self.count + 1}", nn.Linear(self.features, outputs)))


def leaky():
    return nn.LeakyReLU(0.2)


def sequential(*layers):
    return nn.Sequential(OrderedDict(layers))


def hidden_layers(inputs, sizes, dropout=0.0, dropout_last=True):
    layers = []
    for number, outputs in enumerate(sizes, 1):
        layers += [(f"linear{number}", nn.Linear(inputs, outputs)), (f"act{number}", leaky())]
        if dropout and (dropout_last or number < len(sizes)):
            layers.append((f"dropout{number}", nn.Dropout(dropout)))
        inputs = outputs
    return layers


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


class MinibatchDiscrimination(nn.Module):
    """Salimans et al. 2016, section 3.2: adds o(x_i)_b = sum over j of exp(-|M_ib - M_jb|_1), where M_ib is row b of
    M_i = T f(x_i). For training only: the running means that eval mode would add instead are loaded and left alone."""

    def __init__(self, features, kernels, size):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(kernels * size, features))
        self.register_buffer("running_mean", torch.ones(kernels))

    def forward(self, f):
        m = F.linear(f, self.weight).unflatten(1, (len(self.running_mean), -1))
        distances = torch.stack([(m - one).abs().sum(2) for one in m])
        return torch.cat([f, torch.exp(-distances).sum(0)], 1)


REFERENCE_BATCH = 64


class Reference(nn.Module):
    """Puts the reference batch of virtual batch norms before the batch."""

    def __init__(self, inputs):
        super().__init__()
        self.register_buffer("batch", torch.empty(REFERENCE_BATCH, inputs))

    def forward(self, z):
        return torch.cat([self.batch, z])


class VirtualBatchNorm(nn.Module):
    """Salimans et al. 2016, section 3.5: an example is normalised by the statistics of the reference batch and itself,
    taken together; the reference batch by its own."""

    def __init__(self, maps, eps):
        super().__init__()
        self.weight, self.bias, self.eps = nn.Parameter(torch.ones(maps)), nn.Parameter(torch.zeros(maps)), eps

    def forward(self, x):
        reference, batch = x[:REFERENCE_BATCH], x[REFERENCE_BATCH:]
        each = [self.batch_norm(torch.cat([reference, one]))[-1:] for one in batch.split(1)]
        return torch.cat([self.batch_norm(reference), *each])

    def batch_norm(self, x):
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)


class WithoutReference(nn.Module):
    def forward(self, x):
        return x[REFERENCE_BATCH:]


def virtual_reference(settings, inputs):
    return [("reference", Reference(inputs))] if settings.virtual_batch_norm else []


def mlp_decoder(settings, inputs, side, channels):
    return sequential(
        *hidden_layers(inputs, (256, 512, 1024)), ("linear4", nn.Linear(1024, channels * side * side)),
        ("tanh", nn.Tanh()), ("image", nn.Unflatten(1, (channels, side, side))))  # fmt: skip


def mlp_trunk(settings, side, channels):
    hidden = hidden_layers(channels * side * side, (1024, 512, 256), settings.dropout, settings.dropout_last)
    return Trunk([("flatten", nn.Flatten()), *hidden], 256, 3)


def upconv_channels(settings):
    """Of the first and the second convolution from an image on."""
    most = settings.max_channels or 128
    return min(64, most), min(128, most)


def upconv_decoder(settings, inputs, side, channels):
    quarter, (few, many) = side // 4, upconv_channels(settings)
    maps = many * quarter * quarter
    norm = [("norm2", nn.BatchNorm1d(maps, eps=1e-3, momentum=0.01))]
    if settings.virtual_batch_norm:
        norm = [("norm2", VirtualBatchNorm(maps, 1e-3)), ("samples", WithoutReference())]
    return sequential(
        *virtual_reference(settings, inputs), ("linear1", nn.Linear(inputs, 1024)), ("tanh1", nn.Tanh()),
        ("linear2", nn.Linear(1024, maps)), *norm, ("tanh2", nn.Tanh()),
        ("maps", nn.Unflatten(1, (many, quarter, quarter))),
        ("up3", nn.Upsample(scale_factor=2, mode="nearest")),
        ("conv3", nn.Conv2d(many, few, 5, padding="same")), ("tanh3", nn.Tanh()),
        ("up4", nn.Upsample(scale_factor=2, mode="nearest")),
        ("conv4", nn.Conv2d(few, channels, 5, padding="same")), ("tanh4", nn.Tanh()))  # fmt: skip


def upconv_trunk(settings, side, channels):
    last, (few, many) = (side // 2 - 4) // 2, upconv_channels(settings)
    dropout = [("dropout3", nn.Dropout(settings.dropout))] if settings.dropout and settings.dropout_last else []
    return Trunk([
        ("conv1", nn.Conv2d(channels, few, 5, padding="same")), ("tanh1", nn.Tanh()), ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(few, many, 5, padding="valid")), ("tanh2", nn.Tanh()), ("pool2", nn.MaxPool2d(2)),
        ("flatten", nn.Flatten()), ("linear3", nn.Linear(many * last * last, 1024)), ("tanh3", nn.Tanh()), *dropout,
    ], 1024, 3)  # fmt: skip


def dcgan_maps(side):
    """Pixels a side of the smallest maps, how often they double up to the image, and whether the first time is from 4
    to 7."""
    smallest, doublings, to_7 = side, 0, side in (14, 28)
    while smallest > 7:
        smallest, doublings = smallest // 2, doublings + 1
    return (4, doublings + 1, True) if to_7 else (smallest, doublings, False)


def with_depth(settings, number, conv):
    """A convolution by its number, and those of 3 x 3 that follow it: "2", "2b", "2c", ... Their norms replace their
    biases."""
    maps = conv.out_channels
    return {f"{number}": conv} | {f"{number}{letter}": nn.Conv2d(maps, maps, 3, padding=1, bias=False)
                                  for letter in "bcdefghi"[: settings.depth]}  # fmt: skip


def dcgan_decoder(settings, inputs, side, channels):
    b, (smallest, doublings, to_7) = settings.base_channels, dcgan_maps(side)

    def norm(maps):
        if settings.virtual_batch_norm:
            return VirtualBatchNorm(maps, settings.norm_eps)
        return nn.BatchNorm2d(maps, eps=settings.norm_eps, momentum=settings.norm_momentum)

    maps = b << doublings
    layers = [
        *virtual_reference(settings, inputs), ("linear1", nn.Linear(inputs, maps * smallest**2, bias=False)),
        ("maps", nn.Unflatten(1, (maps, smallest, smallest))), ("norm1", norm(maps)), ("act1", leaky())]  # fmt: skip
    for number in range(2, doublings + 1):
        double = {"stride": 1, "padding": 0} if to_7 and number == 2 else {"stride": 2, "padding": 1}
        conv, maps = nn.ConvTranspose2d(maps, maps // 2, 4, bias=False, **double), maps // 2
        for name, each in with_depth(settings, number, conv).items():
            layers += [(f"conv{name}", each), (f"norm{name}", norm(maps)), (f"act{name}", leaky())]
    samples = [("samples", WithoutReference())] if settings.virtual_batch_norm else []
    last = nn.ConvTranspose2d(maps, channels, 4, stride=2, padding=1)
    return sequential(*layers, (f"conv{doublings + 1}", last), *samples, ("tanh", nn.Tanh()))


def dcgan_trunk(settings, side, channels):
    """Smaller images than 28 pixels pass fewer than three convolutions, of which the first are left out. There is no
    dropout here, and no limit of channels."""
    smallest, halvings, from_7 = dcgan_maps(side)
    layers, maps = [], channels
    for number in range(1, halvings + 1):
        outputs, padding = settings.base_channels << max(0, 3 - halvings) + number - 1, 1
        if from_7 and number == halvings:
            padding = 0 if settings.same_padding else 2
            layers += [(f"pad{number}", nn.ZeroPad2d((1, 2, 1, 2)))] if settings.same_padding else []
        conv = nn.Conv2d(maps, outputs, 4, stride=2, padding=padding, bias=False)
        for name, each in with_depth(settings, number, conv).items():
            norm = nn.BatchNorm2d(outputs, eps=settings.norm_eps, momentum=settings.norm_momentum)
            layers += [(f"conv{name}", each), (f"norm{name}", norm), (f"act{name}", leaky())]
        maps = outputs
    if not settings.d_norm_last:
        (name, conv), _, act = layers[-3:]
        biased = nn.Conv2d(conv.in_channels, maps, conv.kernel_size, conv.stride, conv.padding)
        layers[-3:] = [(name, biased), act]
    layers += [("std", MinibatchStd())] if settings.minibatch_std else []
    features = (maps + settings.minibatch_std) * smallest**2
    return Trunk([*layers, ("flatten", nn.Flatten())], features, halvings)


DECODERS = {"mlp": mlp_decoder, "upconv": upconv_decoder, "dcgan": dcgan_decoder}
TRUNKS = {"mlp": mlp_trunk, "upconv": upconv_trunk, "dcgan": dcgan_trunk}


def decoder(settings, inputs, side=28, channels=1):
    return DECODERS[settings.arch](settings, inputs, side, channels)


def discriminating_trunk(settings, side=28, channels=1):
    return with_minibatch_discrimination(TRUNKS[settings.arch](settings, side, channels), settings)


def with_minibatch_discrimination(trunk, settings):
    if settings.minibatch_discrimination == "0":
        return trunk
    kernels, size = map(int, settings.minibatch_discrimination.split("x"))
    layer = f"minibatch{trunk.count + 1}", MinibatchDiscrimination(trunk.features, kernels, size)
    return Trunk([*trunk.layers, layer], trunk.features + kernels, trunk.count + 1)


def networks(settings, inputs=100):
    """A generator of `inputs` numbers, and a discriminator, whose last layer is its head."""
    return decoder(settings, inputs), discriminating_trunk(settings).ended_by(1)


def networks_of(options, inputs=100):
    return networks(settings_of(options), inputs)


def encoder(settings, outputs):
    """A discriminator's layers without those that drop or compare examples."""
    plain = replace(settings, dropout=0.0, d_norm_last=True, minibatch_std=False)
    return TRUNKS[settings.arch](plain, 28, 1).ended_by(outputs)


def latent_discriminator(settings, inputs):
    """Makhzani et al. 2015, appendix A, with LeakyReLU."""
    hidden = hidden_layers(inputs, (1000, 1000), settings.dropout, settings.dropout_last)
    return with_minibatch_discrimination(Trunk(hidden, 1000, 2), settings).ended_by(1)


def pair_head(settings, inputs):
    """From the features of an image and what is given with it to D's logit."""
    hidden = hidden_layers(inputs, (512, 256), settings.dropout, settings.dropout_last)
    return Trunk(hidden, 256, 2).ended_by(1)


def refiner(settings):
    """LAPGAN's generator of a finer level: an image, enlarged, and a plane of noise to what the image lacks."""
    b = settings.base_channels
    return sequential(
        ("conv1", nn.Conv2d(2, 2 * b, 4, stride=2, padding=1)), ("act1", leaky()),
        ("conv2", nn.Conv2d(2 * b, 4 * b, 3, padding=1)), ("act2", leaky()),
        ("conv3", nn.Conv2d(4 * b, 2 * b, 3, padding=1)), ("act3", leaky()),
        ("conv4", nn.ConvTranspose2d(2 * b, 1, 4, stride=2, padding=1)))  # fmt: skip


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


WIDE = Settings("dcgan", base_channels=64, norm_eps=1e-3, norm_momentum=0.01, same_padding=True)
RECIPES = {
    "dcgan-wide": dict(networks=WIDE, optimizers=(tensorflow_adam, tensorflow_adam),
                       noise="uniform", label=0.9, joined=False, fresh=False, batch=64),
    "upconv": dict(networks=Settings("upconv"), optimizers=(sgd, sgd), noise="uniform", label=1.0, joined=True,
                   fresh=True, batch=128, sequential=True, inferred_fakes=True),
    "mlp": dict(networks=Settings("mlp", dropout=0.3), optimizers=(tuned_adam, tuned_adam), noise="normal", label=1.0,
                joined=True, fresh=False, batch=128),
    "mlp-smooth": dict(networks=Settings("mlp", dropout=0.3, dropout_last=False), optimizers=(keras_adam, tuned_adam),
                       noise="normal", label=0.9, joined=True, fresh=True, batch=128),
}  # fmt: skip


def train(name, path, steps):
    torch.manual_seed(0)
    recipe = RECIPES[name]
    generator, discriminator = networks(recipe["networks"])
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
