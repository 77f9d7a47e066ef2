"""Continues a run of gan-train in plain PyTorch, with the same noise and batches. Each family is written down from its
papers, independently of gan-train.

  families.py DATA STEPS CHECKPOINT...     print a line of JSON with the losses of each step
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts/bench"))

import reference  # noqa: E402
from batches import Batches, read_images  # noqa: E402
from command_line import Fault  # noqa: E402
from game import Game, Sample, draw_z  # noqa: E402
from idx import read_classes  # noqa: E402


def read_labels(folder):
    return torch.frombuffer(read_classes(folder), dtype=torch.uint8).long()


def one_hot(classes, count):
    return F.one_hot(classes, count).float()


class Gan(Game):
    """Goodfellow et al. 2014."""

    def make_parts(self):
        trunk = reference.discriminating_trunk(self.settings, self.side, self.channels)
        self.generator, self.discriminator = self.make_generator(), trunk.ended_by(1)
        self.trunk, self.head, self.features = self.discriminator[:-1], self.discriminator[-1], trunk.features
        return {"generator": self.generator, "discriminator": self.discriminator}

    def make_generator(self):
        return reference.decoder(self.settings, self.inputs(), self.side, self.channels)

    def inputs(self):
        return self.z

    def real(self, images, labels):
        return Sample(images)

    def fake(self, images):
        return Sample(self.generator(draw_z(self.options)))

    def judge(self, x, given):
        """D's logits, and its features."""
        f = self.trunk(x)
        return self.head(f), f


class ConditionalGan(Gan):
    """Miyato and Koyama 2018: D's logit is psi(f) + <v_y, f>."""

    classes = 10
    d_parts = "discriminator", ["discriminator", "embedding"]

    def make_parts(self):
        parts = super().make_parts()
        self.embedding = reference.sequential(("linear1", nn.Linear(self.classes, self.features, bias=False)))
        return parts | {"embedding": self.embedding}

    def inputs(self):
        return self.z + self.classes

    def real(self, images, labels):
        return Sample(images, one_hot(labels, self.classes))

    def fake(self, images):
        z, y = draw_z(self.options), one_hot(torch.randint(self.classes, (len(images),)), self.classes)
        return Sample(self.generator(torch.cat([z, y], 1)), y)

    def judge(self, x, given):
        logits, f = super().judge(x, given)
        return logits + torch.einsum("nf,nf->n", f, self.embedding(given)).unsqueeze(1), f


class InfoGan(Gan):
    """Chen et al. 2016: Q reads a category and codes off D's features."""

    d_parts = "discriminator", ["discriminator", "q"]

    def make_parts(self):
        parts = super().make_parts()
        outputs = self.options["categories"] + self.options["codes"]
        hidden = reference.hidden_layers(self.features, [128])
        self.q = reference.sequential(*hidden, ("linear2", nn.Linear(128, outputs)))
        return parts | {"q": self.q}

    def inputs(self):
        return self.z + self.options["codes"] + self.options["categories"]

    def fake(self, images):
        size, categories = len(images), self.options["categories"]
        z = draw_z(self.options)
        code = torch.empty(size, self.options["codes"]).uniform_(-1, 1)
        category = torch.randint(categories, (size,))
        return Sample(self.generator(torch.cat([z, code, one_hot(category, categories)], 1)), hidden=(category, code))

    def extra(self, f, hidden):
        category, code = hidden
        logits, means = self.q(f).split([self.options["categories"], self.options["codes"]], 1)
        of_category = F.cross_entropy(logits, category)
        of_code = F.mse_loss(means, code, reduction="sum") / len(code) / 2
        return {"category": self.options["information"] * of_category,
                "code": self.options["code-information"] * of_code}  # fmt: skip


class BiGan(Game):
    """Donahue et al. 2017: D tells pairs (x, E(x)) from (G(z), z). With a stochastic encoder, Dumoulin et al. 2017,
    section 2.1: it gives means and log variances, and a latent is mean + deviation * noise."""

    g_parts = "generator", ["generator", "encoder"]
    d_parts = "discriminator", ["discriminator", "pair"]

    def make_parts(self):
        trunk = reference.discriminating_trunk(self.settings)
        self.generator = reference.decoder(self.settings, self.z)
        self.encoder = reference.encoder(self.settings, self.z * (1 + self.options["stochastic-encoder"]))
        self.trunk = reference.sequential(*trunk.layers)
        self.pair = reference.pair_head(self.settings, trunk.features + self.z)
        return {"generator": self.generator, "encoder": self.encoder, "discriminator": self.trunk, "pair": self.pair}

    def real(self, images, labels):
        z = self.encoder(images)
        if self.options["stochastic-encoder"]:
            mean, log_variance = z.split(self.z, 1)
            z = mean + torch.sqrt(log_variance.exp()) * torch.randn(mean.shape)
        return Sample(images, z)

    def fake(self, images):
        z = draw_z(self.options)
        return Sample(self.generator(z), z)

    def judge(self, x, given):
        f = self.trunk(x)
        return self.pair(torch.cat([f, given], 1)), f

    def needs_real_in_g_turn(self):
        return True

    def loss_of_g(self, fake_logits, real):
        """D's loss with the labels exchanged: G and E want each pair to be taken for the other."""
        return self.loss.of_d(fake_logits, self.judge_augmented(real)[0])


class Aae(Game):
    """Makhzani et al. 2015: encoder and decoder reconstruct images; then D tells latents of the prior, the real ones,
    from the encoder's, and the encoder learns to fool it."""

    g_parts = "encoder", ["encoder"]

    def __init__(self, options, state):
        super().__init__(options, state)
        self.autoencoder = self.player("g-", "autoencoder", ["encoder", "decoder"])

    def make_parts(self):
        self.decoder = reference.decoder(self.settings, self.z)
        self.encoder = reference.encoder(self.settings, self.z)
        self.discriminator = reference.latent_discriminator(self.settings, self.z)
        return {"decoder": self.decoder, "encoder": self.encoder, "discriminator": self.discriminator}

    def step(self, images, labels, number):
        pixels, made = (images + 1) / 2, (self.decoder(self.encoder(images)) + 1) / 2
        self.losses["r_loss"] = F.mse_loss(made, pixels)
        self.autoencoder.begin_step(number)
        self.autoencoder.minimise(self.losses["r_loss"])
        return super().step(images, labels, number)

    def real(self, images, labels):
        return Sample(draw_z(self.options))

    def fake(self, images):
        return Sample(self.encoder(images))

    def judge(self, x, given):
        f = self.discriminator[:-1](x)
        return self.discriminator[-1](f), f


class Refinement(Gan):
    """A finer level of LAPGAN: of an image that was shrunk and enlarged again, and a plane of noise, G makes what that
    lacks. Samples stay in the range of images."""

    def make_generator(self):
        return reference.refiner(self.settings)

    def fake(self, images):
        low = F.interpolate(F.avg_pool2d(images, 2), scale_factor=2)
        noise = torch.randn(len(images), self.side * self.side).view_as(images)
        return Sample((low + self.generator(torch.cat([low, noise], 1))).clamp(-1, 1))


class LapGan:
    """Denton et al. 2015: a GAN for each level of a pyramid of images, here from 7 to 14 to 28 pixels."""

    def __init__(self, options, state):
        self.games = [
            Gan(options | {"arch": "mlp"}, state, "_0", side=7),
            Refinement(options, state, "_1", side=14),
            Refinement(options, state, "_2", side=28),
        ]

    def step(self, images, labels, number):
        half = F.avg_pool2d(images, 2)
        all_losses = {}
        for level, of_its_size in zip(self.games, (F.avg_pool2d(half, 2), half, images)):
            suffix = level.suffix if of_its_size is not images else ""  # the finest level's losses have the plain names
            losses = level.step(of_its_size, labels, number)
            all_losses |= {name + suffix: value for name, value in losses.items()}
        return all_losses


FAMILIES = {"gan": Gan, "cgan": ConditionalGan, "infogan": InfoGan, "bigan": BiGan, "aae": Aae, "lapgan": LapGan}


class Run:
    """A run of gan-train, from a checkpoint on. `images` are bytes [N, C, H, W]."""

    def __init__(self, path, images, labels):
        checkpoint = torch.load(path)
        self.options, state = checkpoint["options"], checkpoint["training"]
        self.images, self.labels, self.steps = images[: self.options["limit"] or None], labels, state["step"]
        self.batches = Batches(self.images, self.options)
        self.batches.load(state["batches"])
        shape = {}
        if images.shape[1:] != (1, 28, 28):
            if self.options["model"] != "gan":
                raise Fault("only the plain GAN is written down for other images than grey ones of 28 x 28 pixels")
            shape = {"channels": images.shape[1], "side": images.shape[2]}
        self.family = FAMILIES[self.options["model"]](self.options, state, **shape)
        for game in self.family.games:
            del game.state  # it counts as memory of the training otherwise
        torch.set_rng_state(state["random"]["cpu"])

    def step(self):
        """Gives the step's number and its losses."""
        self.steps += 1
        indices = self.batches.next_indices()
        images = self.images[indices].float() / 127.5 - 1
        return {"step": self.steps} | self.family.step(images, self.labels[indices], self.steps)


def main(data, steps, *checkpoints):
    torch.set_num_threads(1)
    images, labels = read_images(data), read_labels(data)
    for path in checkpoints:
        run = Run(path, images, labels)
        for _ in range(int(steps)):
            print(json.dumps(run.step()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
