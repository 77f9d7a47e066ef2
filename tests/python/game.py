"""What the families of families.py share: noise, augmentations, losses, optimizers and the contest of D and G. All of
it is written down from papers, independently of gan-train; only the order of random draws is gan-train's."""

import math
from typing import NamedTuple

import reference
import torch
from recipes import learning_rate
from torch import nn
from torch.nn import functional as F
from training import load_optimizer, make_optimizer, set_rate

# ---- Noise and augmentations --------------------------------------------------------------------


def draw_z(options):
    size = options["batch-size"], options["latent-size"]
    if options["noise"] == "uniform":
        return torch.empty(size).uniform_(-1, 1)
    z = torch.randn(size)
    return in_petals(z) if options["noise"] == "mixture" else z


def in_petals(z):
    """Makhzani et al. 2015, figure 4: ten normal distributions in a ring. Each is 0.5 long, 0.1 wide and 1.4 from the
    middle before it is turned to its place."""
    angles = torch.randint(10, (len(z),)) * 2 * math.pi / 10
    petal = torch.complex(1.4 + 0.5 * z[:, 0], 0.1 * z[:, 1])
    turned = torch.view_as_real(petal * torch.polar(torch.ones(len(z)), angles))
    return torch.cat([turned, z[:, 2:]], 1)


def recoloured(x):
    """Brightness; saturation, which is the distance from grey, the mean over channels; contrast, that from the mean of
    the whole image."""

    def u():
        return torch.rand(len(x), 1, 1, 1)

    def stretched(x, by, over):
        mean = x.mean(over, keepdim=True)
        return (x - mean) * by + mean

    brighter = x + (u() - 0.5)
    saturated = stretched(brighter, 2 * u(), over=1)
    return stretched(saturated, u() + 0.5, over=(1, 2, 3))


def translated(x):
    """Each image moves by up to an eighth of its side; zeros move in."""
    side = x.shape[2]
    most = int(side / 8 + 0.5)
    down, right = (torch.randint(-most, most + 1, (len(x),)).tolist() for _ in range(2))
    padded = F.pad(x, (most,) * 4)
    return torch.stack([image[:, most - d : most - d + side, most - r : most - r + side]
                        for image, d, r in zip(padded, down, right)])  # fmt: skip


def cut_out(x):
    """A square of half the side, its middle anywhere in the image, becomes zero."""
    side = x.shape[2]
    half = int(side / 2 + 0.5)
    tops, lefts = (torch.randint(side + 1 - half % 2, (len(x),)) - half // 2 for _ in range(2))
    mask = torch.ones_like(x)
    for image, top, left in zip(mask, tops.tolist(), lefts.tolist()):
        image[:, max(top, 0) : top + half, max(left, 0) : left + half] = 0
    return x * mask


AUGMENTATIONS = {"color": recoloured, "translation": translated, "cutout": cut_out}


def diffaugmented(x, words):
    """Zhao et al. 2020, section 3.2, with the ranges of the authors' program."""
    for word, change in AUGMENTATIONS.items():
        if word in words.split(","):
            x = change(x)
    return x


# ---- Losses -------------------------------------------------------------------------------------


def cross_entropy(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


class Nonsaturating:
    """Goodfellow et al. 2014, section 3; with the smoothed labels of Salimans et al. 2016, section 3.4."""

    score = staticmethod(torch.sigmoid)

    def of_d(self, real, fake, smoothing=0.0):
        return cross_entropy(real, 1 - smoothing) + cross_entropy(fake, 0)

    def of_g(self, fake):
        return cross_entropy(fake, 1)


class Wasserstein:
    """Arjovsky et al. 2017, equation 2: D maximises mean D(x) - mean D(G(z)), G makes it small."""

    score = staticmethod(torch.Tensor.detach)

    def of_d(self, real, fake, smoothing=0.0):
        return -(real.mean() - fake.mean())

    def of_g(self, fake):
        return -fake.mean()


LOSSES = {"nonsaturating": Nonsaturating(), "wasserstein": Wasserstein()}


# ---- Optimizers ---------------------------------------------------------------------------------


class Player:
    """The parts that one optimizer moves, and what options add to its steps."""

    def __init__(self, options, prefix, parts, saved):
        self.options, self.prefix = options, prefix
        modules = nn.ModuleDict(parts)
        self.weights = dict(modules.named_parameters())
        self.optimizer = make_optimizer(modules, options, prefix, None)
        load_optimizer(self.optimizer, parts, saved)
        self.averaging = options[prefix + "historical-averaging"]
        if self.averaging:
            self.means, self.steps = dict(saved["history"]), saved["history_steps"].item()
        self.clip = options["weight-clip"] if prefix == "d-" else 0

    def begin_step(self, number):
        set_rate(self.optimizer, learning_rate(self.options, self.prefix, number))

    def minimise(self, cost):
        self.optimizer.zero_grad()
        (cost + self.distance_from_history() if self.averaging else cost).backward()
        self.optimizer.step()
        if self.clip:  # Arjovsky et al. 2017, algorithm 1
            for w in self.weights.values():
                w.data.clamp_(-self.clip, self.clip)

    def distance_from_history(self):
        """Salimans et al. 2016, section 3.3: |w - 1/t (w_1 + ... + w_t)|^2, the last being w. The mean is held."""
        self.steps += 1
        for name, w in self.weights.items():
            self.means[name] = (self.means[name] * (self.steps - 1) + w.detach()) / self.steps
        return self.averaging * sum((w - self.means[name]).square().sum() for name, w in self.weights.items())


# ---- The contest --------------------------------------------------------------------------------


class Sample(NamedTuple):
    """What D judges: x and, for a D that sees more, what is given with it. `hidden` is what only G's side knows."""

    x: torch.Tensor
    given: torch.Tensor = None
    hidden: tuple = ()

    def detached(self):
        return self._replace(x=self.x.detach(), given=None if self.given is None else self.given.detach())


class Game:
    """The contest of D and G. A family says what its parts are (`make_parts`), what is `real`, what is `fake`, and how
    D judges: `judge(x, given)` gives logits and features."""

    g_parts = "generator", ["generator"]  # the player's name, and the parts it moves
    d_parts = "discriminator", ["discriminator"]

    def __init__(self, options, state, suffix="", side=28, channels=1):
        self.options, self.state, self.suffix, self.side, self.channels = options, state, suffix, side, channels
        self.settings = reference.settings_of(options)
        self.z, self.loss, self.losses = options["latent-size"], LOSSES[options["loss"]], {}
        self.parts = self.make_parts()
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name + suffix])
        self.players = []
        self.g = self.player("g-", *self.g_parts)
        self.d = self.player("d-", *self.d_parts)
        self.games = [self]

    def player(self, prefix, name, parts):
        named = {part + self.suffix: self.parts[part] for part in parts}
        self.players.append(Player(self.options, prefix, named, self.state["optimizers"][name + self.suffix]))
        return self.players[-1]

    def extra(self, f, hidden):
        """Named additions to both losses, of samples' features."""
        return {}

    def loss_of_g(self, fake_logits, real):
        return self.loss.of_g(fake_logits)

    def step(self, images, labels, number):
        """Takes all turns that are due. Gives each loss as it was last."""
        every = self.options["penalty-every"]
        for player in self.players:
            player.begin_step(number)
        self.take_d_turn(images, labels)
        if number % self.options["d-steps"] == 0:
            self.take_g_turn(images, labels)
        if self.has_penalty() and every > 1 and number % every == 0:
            self.take_penalty_turn(images, labels)
        return {name: value.item() for name, value in self.losses.items()}

    def take_d_turn(self, images, labels):
        self.fake_sample, self.real_sample = self.fake(images), self.real(images, labels)
        real, fake = self.real_sample.detached(), self.fake_sample.detached()
        real_logits, fake_logits, f = self.judge_both(real, fake)
        cost = self.loss.of_d(real_logits, fake_logits, self.options["label-smoothing"])
        if self.options["joined-batch"]:  # the mean over all, not the sum of two means
            cost = cost / 2
        self.losses |= {"d_loss": cost, "d_real": self.loss.score(real_logits).mean(),
                        "d_fake": self.loss.score(fake_logits).mean()}  # fmt: skip
        extra = self.extra(f, fake.hidden)
        if self.has_penalty() and self.options["penalty-every"] == 1:
            extra["penalty"] = self.penalty(real, fake)
        self.move(self.d, "d_", cost, extra)

    def take_g_turn(self, images, labels):
        if self.options["fresh-noise"]:
            self.fake_sample = self.fake(images)
            if self.needs_real_in_g_turn():  # else its random numbers are not drawn
                self.real_sample = self.real(images, labels)
        logits, f = self.judge_augmented(self.fake_sample)
        self.losses["g_loss"] = self.loss_of_g(logits, self.real_sample)
        extra = {}
        if weight := self.options["feature-matching"]:  # Salimans et al. 2016, section 3.1
            with torch.no_grad():
                _, real_f = self.judge_augmented(self.real_sample)
            extra["feature_distance"] = weight * (real_f.mean(0) - f.mean(0)).square().sum()
        self.move(self.g, "g_", self.losses["g_loss"], extra | self.extra(f, self.fake_sample.hidden))

    def needs_real_in_g_turn(self):
        return self.options["feature-matching"] > 0

    def take_penalty_turn(self, images, labels):
        needs_fake = self.options["r2"] or self.options["gradient-penalty"]
        fake = self.fake(images).detached() if needs_fake else None
        self.losses["d_penalty"] = self.penalty(self.real(images, labels).detached(), fake)
        self.d.minimise(self.options["penalty-every"] * self.losses["d_penalty"])

    def move(self, player, prefix, cost, extra):
        self.losses |= {prefix + name: value for name, value in extra.items()}
        player.minimise(cost + sum(extra.values()))

    def has_penalty(self):
        return any(self.options[name] for name in ("r1", "r2", "gradient-penalty"))

    def penalty(self, real, fake):
        """R1 at real images and R2 at samples (Mescheder et al. 2018, equations 9 and 10), and Gulrajani et al. 2017,
        equation 3, between both. What is given is held."""

        def slopes(x, given):
            x = x.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(self.judge_augmented(Sample(x, given))[0].sum(), x, create_graph=True)
            return gradient.flatten(1).norm(dim=1)

        total = 0
        if weight := self.options["r1"]:
            total = total + weight * slopes(real.x, real.given).square().mean() / 2
        if weight := self.options["r2"]:
            total = total + weight * slopes(fake.x, fake.given).square().mean() / 2
        if weight := self.options["gradient-penalty"]:
            epsilon = 1 - torch.rand(len(real.x), *[1] * (real.x.dim() - 1))  # gan-train draws the share of the fake
            between = epsilon * real.x + (1 - epsilon) * fake.x
            total = total + weight * (slopes(between, real.given) - 1).square().mean()
        return total

    def judge_augmented(self, sample):
        return self.judge(diffaugmented(sample.x, self.options["diffaugment"]), sample.given)

    def judge_both(self, real, fake):
        """D's logits of both, and its features of samples."""
        if not self.options["joined-batch"]:
            real_logits, _ = self.judge_augmented(real)
            return real_logits, *self.judge_augmented(fake)
        given = None if real.given is None else torch.cat([real.given, fake.given])
        logits, f = self.judge_augmented(Sample(torch.cat([real.x, fake.x]), given))
        return *logits.chunk(2), f.chunk(2)[1]
