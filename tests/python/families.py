"""Continues a run of gan-train in plain PyTorch, with the same noise and batches. Each family is written down from its
papers, independently of gan-train.

  families.py DATA STEPS CHECKPOINT...     print a line of JSON with the losses of each step
"""

import gzip
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
from training import make_optimizer  # noqa: E402


def read_labels(folder):
    data = gzip.decompress((Path(folder) / "train-labels-idx1-ubyte.gz").read_bytes())
    return torch.frombuffer(bytearray(data[8:]), dtype=torch.uint8).long()


def one_hot(classes, count):
    return F.one_hot(classes, count).float()


class Gan:
    """What all have: G on latents, D on images, R1, D's noise shared with G."""

    def __init__(self, options, checkpoint):
        self.options = options
        self.z = options["latent-size"]
        self.generator, self.discriminator = reference.networks_of(options, self.inputs())
        self.trunk, self.head = self.discriminator[:-1], self.discriminator[-1]
        self.features = self.head.in_features
        self.parts = {"generator": self.generator, "discriminator": self.discriminator} | self.beside_d()
        for name, part in self.parts.items():
            part.load_state_dict(checkpoint["parts"][name])
        self.g_optimizer = self.optimizer("generator", ["generator"], "g-", checkpoint)
        self.d_optimizer = self.optimizer("discriminator", [name for name in self.parts if name != "generator"], "d-",
                                          checkpoint)  # fmt: skip

    def optimizer(self, player, parts, prefix, checkpoint):
        modules = nn.ModuleDict({name: self.parts[name] for name in parts})
        optimizer, moments = make_optimizer(modules, self.options, prefix, None), checkpoint["optimizers"][player]
        for name, parameter in modules.named_parameters():
            optimizer.state[parameter] = {"step": moments["steps"][name], "exp_avg": moments["first"][name],
                                          "exp_avg_sq": moments["second"][name]}  # fmt: skip
        return optimizer

    def inputs(self):
        return self.z

    def beside_d(self):
        return {}

    def draw_z(self):
        return torch.randn(self.options["batch-size"], self.z)

    def fake(self):
        """Images, and what is known of them."""
        return self.generator(self.draw_z()), None

    def real_given(self, labels):
        return None

    def judge(self, x, given):
        """D's logits, and its features."""
        f = self.trunk(x)
        return self.head(f), f

    def extra(self, f, given):
        """Named additions to both losses, of samples' features."""
        return {}

    def step(self, real, labels, number):
        options, given = self.options, self.real_given(labels)
        fake, fake_given = self.fake()
        if options["joined-batch"]:
            both = None if given is None else torch.cat([given, fake_given])
            logits, f = self.judge(torch.cat([real, fake.detach()]), both)
            (real_logits, fake_logits), f = logits.chunk(2), f.chunk(2)[1]
        else:
            real_logits, _ = self.judge(real, given)
            fake_logits, f = self.judge(fake.detach(), fake_given)
        size = options["batch-size"]
        d_loss = F.binary_cross_entropy_with_logits(real_logits, torch.full((size, 1), 1 - options["label-smoothing"]))
        d_loss = d_loss + F.binary_cross_entropy_with_logits(fake_logits, torch.zeros(size, 1))
        if options["joined-batch"]:
            d_loss = d_loss / 2
        losses = {"d_loss": d_loss, "d_real": real_logits.sigmoid().mean(), "d_fake": fake_logits.sigmoid().mean()}
        self.move(self.d_optimizer, d_loss, self.extra(f, fake_given), "d_", losses)

        if options["fresh-noise"]:
            fake, fake_given = self.fake()
        fake_logits, f = self.judge(fake, fake_given)
        losses["g_loss"] = F.binary_cross_entropy_with_logits(fake_logits, torch.ones(size, 1))
        extra = dict(self.extra(f, fake_given))
        if options["feature-matching"]:
            with torch.no_grad():
                _, real_f = self.judge(real, given)
            extra["feature_distance"] = options["feature-matching"] * (real_f.mean(0) - f.mean(0)).square().sum()
        self.move(self.g_optimizer, losses["g_loss"], extra, "g_", losses)

        every = options["penalty-every"]
        if options["r1"] and number % every == 0:
            x = real.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(self.judge(x, given)[0].sum(), x, create_graph=True)
            penalty = options["r1"] * gradient.square().flatten(1).sum(1).mean() / 2
            self.move(self.d_optimizer, every * penalty, {}, "d_", losses)
            losses["d_penalty"] = penalty
        return {name: value.item() for name, value in losses.items()}

    @staticmethod
    def move(optimizer, loss, extra, prefix, losses):
        losses.update({prefix + name: value for name, value in extra.items()})
        optimizer.zero_grad()
        (loss + sum(extra.values())).backward()
        optimizer.step()


class ConditionalGan(Gan):
    """Miyato and Koyama 2018: D's logit is psi(f) + <v_y, f>."""

    classes = 10

    def inputs(self):
        return self.z + self.classes

    def beside_d(self):
        self.embedding = reference.sequential(("linear1", nn.Linear(self.classes, self.features, bias=False)))
        return {"embedding": self.embedding}

    def fake(self):
        z, y = self.draw_z(), one_hot(torch.randint(self.classes, (self.options["batch-size"],)), self.classes)
        return self.generator(torch.cat([z, y], 1)), y

    def real_given(self, labels):
        return one_hot(labels, self.classes)

    def judge(self, x, given):
        logits, f = super().judge(x, given)
        return logits + torch.einsum("nf,nf->n", f, self.embedding(given)).unsqueeze(1), f


class InfoGan(Gan):
    """Chen et al. 2016: Q reads a category and codes off D's features."""

    def inputs(self):
        return self.z + self.options["codes"] + self.options["categories"]

    def beside_d(self):
        outputs = self.options["categories"] + self.options["codes"]
        self.q = reference.sequential(("linear1", nn.Linear(self.features, 128)), ("act1", nn.LeakyReLU(0.2)),
                                      ("linear2", nn.Linear(128, outputs)))  # fmt: skip
        return {"q": self.q}

    def fake(self):
        size, categories = self.options["batch-size"], self.options["categories"]
        z = self.draw_z()
        code = torch.empty(size, self.options["codes"]).uniform_(-1, 1)
        category = torch.randint(categories, (size,))
        return self.generator(torch.cat([z, code, one_hot(category, categories)], 1)), (category, code)

    def extra(self, f, given):
        category, code = given
        logits, means = self.q(f).split([self.options["categories"], self.options["codes"]], 1)
        weight = self.options["information"]
        return {"category": weight * F.cross_entropy(logits, category),
                "code": weight * F.mse_loss(means, code, reduction="sum") / len(code) / 2}  # fmt: skip


FAMILIES = {"gan": Gan, "cgan": ConditionalGan, "infogan": InfoGan}


def continue_run(path, data, steps):
    checkpoint = torch.load(path)
    options, state = checkpoint["options"], checkpoint["training"]
    images, labels = read_images(data)[: options["limit"] or None], read_labels(data)
    batches = Batches(images, options)
    batches.load(state["batches"])
    family = FAMILIES[options["model"]](options, state)
    torch.set_rng_state(state["random"]["cpu"])
    for number in range(state["step"] + 1, state["step"] + steps + 1):
        indices = batches.next_indices()
        losses = family.step(images[indices].float() / 127.5 - 1, labels[indices], number)
        print(json.dumps({"step": number} | losses), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for checkpoint in sys.argv[3:]:
        continue_run(checkpoint, sys.argv[1], int(sys.argv[2]))
