"""The training of gan-train's recipes in PyTorch, as a tutorial writes it or tuned."""

import contextlib
import copy
import sys
from pathlib import Path

import torch
from batches import Batches
from recipes import learning_rate
from torch.nn.functional import binary_cross_entropy_with_logits

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/python"))

import reference  # noqa: E402

SAMPLES_AT_ONCE = 500


class Average:
    """Moving average of a generator's weights, with a smaller decay at first."""

    def __init__(self, network, decay):
        self.decay, self.updates = decay, 0
        self.source = [tensor.detach() for tensor in network.state_dict().values() if tensor.is_floating_point()]
        self.average = [tensor.clone() for tensor in self.source]

    def follow(self):
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self.average, self.source, 1 - decay)


def make_networks(options):
    generator, discriminator = reference.networks_of(options)
    for network in (generator, discriminator):
        reference.xavier(network) if options["init"] == "xavier" else dcgan_init(network)
    return generator, discriminator


@torch.no_grad()
def dcgan_init(network):
    for name, values in network.named_parameters():
        values.zero_() if name.endswith("bias") else values.normal_(1 if values.dim() == 1 else 0, 0.02)


def make_optimizer(network, options, prefix, fused):
    option = {name.removeprefix(prefix): value for name, value in options.items() if name.startswith(prefix)}
    if option["optimizer"] == "sgd":
        return torch.optim.SGD(network.parameters(), lr=option["lr"], momentum=option["momentum"],
                               nesterov=option["nesterov"], fused=fused)  # fmt: skip
    if option["optimizer"] == "rmsprop":  # has no fused kernel
        return torch.optim.RMSprop(network.parameters(), lr=option["lr"], alpha=option["rms-decay"],
                                   eps=option["epsilon"])  # fmt: skip
    kind = reference.EpsilonHatAdam if option["epsilon-hat"] else torch.optim.Adam
    return kind(network.parameters(), lr=option["lr"], betas=(option["beta1"], option["beta2"]),
                eps=option["epsilon"], fused=fused)  # fmt: skip


def load_optimizer(optimizer, parts, moments):
    """Loads the moments that gan-train stores under names like generator.conv2.weight. Parts are networks by name."""

    def like(parameter, values):
        return torch.empty_like(parameter).copy_(values).detach()  # same memory format

    for name, parameter in torch.nn.ModuleDict(parts).named_parameters():
        state = optimizer.state[parameter]
        if isinstance(optimizer, torch.optim.SGD):
            if moments["first"]:  # has momentum
                state["momentum_buffer"] = like(parameter, moments["first"][name])
        elif isinstance(optimizer, torch.optim.RMSprop):
            state["step"] = torch.zeros(())  # the algorithm does not read it
            state["square_avg"] = like(parameter, moments["second"][name])
        else:
            state["step"] = moments["steps"][name]
            state["exp_avg"] = like(parameter, moments["first"][name])
            state["exp_avg_sq"] = like(parameter, moments["second"][name])


class Training:
    def __init__(self, options, images, variant, compiled=False):
        self.options, self.tuned, self.bf16 = options, variant != "eager", variant == "bf16"
        torch.set_flush_denormal(self.tuned)
        torch.manual_seed(0)
        self.generator, self.discriminator = make_networks(options)
        if self.tuned:
            self.generator.to(memory_format=torch.channels_last)
            self.discriminator.to(memory_format=torch.channels_last)
        self.g_optimizer = make_optimizer(self.generator, options, "g-", self.tuned or None)
        self.d_optimizer = make_optimizer(self.discriminator, options, "d-", self.tuned or None)
        self.average = Average(self.generator, options["ema"]) if options["ema"] else None
        self.batches = Batches(images, options)
        self.steps = 0
        self.make_labels()
        # In PyTorch 2.13 Module.compile() silently leaves an nn.Sequential uncompiled.
        # A joined batch has another size than G's turn; dynamic kernels, for any size, would be slower.
        wrap = (lambda network: torch.compile(network, dynamic=False)) if compiled else (lambda network: network)
        self.run_generator, self.run_discriminator = wrap(self.generator), wrap(self.discriminator)

    def make_labels(self):
        size = self.options["batch-size"]
        self.ones, self.zeros = torch.ones(size, 1), torch.zeros(size, 1)
        self.real_labels = torch.full((size, 1), 1 - self.options["label-smoothing"])
        self.joined_labels = torch.cat([self.real_labels, self.zeros])

    def load(self, state):
        """Loads the section "training" of a checkpoint."""
        self.generator.load_state_dict(state["parts"]["generator"])
        self.discriminator.load_state_dict(state["parts"]["discriminator"])
        for name, optimizer in (("generator", self.g_optimizer), ("discriminator", self.d_optimizer)):
            load_optimizer(optimizer, {name: getattr(self, name)}, state["optimizers"][name])
        self.batches.load(state["batches"])
        self.steps = state["step"]
        torch.set_rng_state(state["random"]["cpu"])

    def step(self):
        """Takes all turns. Returns D's loss, its logits of real and of generated images, and G's loss."""
        self.steps += 1
        for prefix, optimizer in (("g-", self.g_optimizer), ("d-", self.d_optimizer)):
            set_rate(optimizer, learning_rate(self.options, prefix, self.steps))
        fresh = self.options["fresh-noise"]
        real = self.batches.next()
        with self.autocast():
            self.generator.train(not self.options["inferred-fakes"])
            fake = self.generate(with_graph=not (self.tuned and fresh))
            self.generator.train()
            logits = self.judge(real, fake.detach())
        d_loss = self.d_loss(*logits)
        move(self.d_optimizer, d_loss)
        self.let_d_have_gradients(False)
        with self.autocast():
            fake_logits = self.run_discriminator(self.generate() if fresh else fake)
        g_loss = binary_cross_entropy_with_logits(fake_logits.float(), self.ones)
        move(self.g_optimizer, g_loss)
        self.let_d_have_gradients(True)
        every = self.options["penalty-every"]
        if self.options["r1"] and self.steps % every == 0:
            move(self.d_optimizer, every * self.options["r1"] * self.r1(real))
        if self.average:
            self.average.follow()
        return d_loss, *logits, g_loss

    @torch.no_grad()
    def sample(self, count):
        """The bytes of `count` images of the averaged generator, or of the last if there is no average."""
        generator = copy.deepcopy(self.generator).eval()
        if self.average:
            weights = [tensor for tensor in generator.state_dict().values() if tensor.is_floating_point()]
            torch._foreach_copy_(weights, self.average.average)
        images = torch.cat([generator(self.noise(SAMPLES_AT_ONCE)) for _ in range(count // SAMPLES_AT_ONCE)])
        return bytes(images.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).flatten().tolist())

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def generate(self, with_graph=True):
        with contextlib.nullcontext() if with_graph else torch.no_grad():
            return self.run_generator(self.noise(self.options["batch-size"]))

    def noise(self, count):
        size = (count, self.options["latent-size"])
        return torch.randn(size) if self.options["noise"] == "normal" else torch.empty(size).uniform_(-1, 1)

    def judge(self, real, fake):
        if self.options["joined-batch"]:
            return self.run_discriminator(torch.cat([real, fake])).float().chunk(2)
        return self.run_discriminator(real).float(), self.run_discriminator(fake).float()

    def d_loss(self, real_logits, fake_logits):
        if self.options["joined-batch"]:
            return binary_cross_entropy_with_logits(torch.cat([real_logits, fake_logits]), self.joined_labels)
        real_loss = binary_cross_entropy_with_logits(real_logits, self.real_labels)
        return real_loss + binary_cross_entropy_with_logits(fake_logits, self.zeros)

    def r1(self, real):
        """Runs D uncompiled, since torch.compile has no second derivatives."""
        images = real.detach().requires_grad_()
        with self.autocast():
            logits = self.discriminator(images)
        (gradient,) = torch.autograd.grad(logits.float().sum(), images, create_graph=True)
        return gradient.square().flatten(1).sum(1).mean() / 2

    def let_d_have_gradients(self, on):
        if self.tuned:
            self.discriminator.requires_grad_(on)


def set_rate(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


def move(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def read_losses(d_loss, real_logits, fake_logits, g_loss):
    return {"d_loss": d_loss.item(), "d_real": real_logits.sigmoid().mean().item(),
            "d_fake": fake_logits.sigmoid().mean().item(), "g_loss": g_loss.item()}  # fmt: skip
