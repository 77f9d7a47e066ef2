"""Trains gan-train's recipes in PyTorch, to compare speed and losses.

  pytorch_gan.py --recipe R --variant V --steps N --warmup W
      trains and prints a line of JSON with images per second
  pytorch_gan.py --checkpoint FILE --variant V --steps N --losses
      continues from a checkpoint of gan-train with the same noise and batches; prints the losses of each step as JSON

Variants:
  eager          as tutorials write it
  channels-last  channels-last memory, fused optimizers, no unused gradients, denormals flushed to zero
  compile        channels-last, and both networks through torch.compile
  bf16           channels-last, and the networks in bfloat16 by autocast; also compiled with --compile

No variant pays for what tutorials do besides training: the images are one tensor in memory (no DataLoader), and losses
are read back only every 100 steps.
"""

import contextlib
import gzip
import json
import struct
import sys
import time
import warnings
from argparse import RawDescriptionHelpFormatter
from pathlib import Path

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")

import torch  # noqa: E402  (the filter above must come first)
from torch.nn.functional import binary_cross_entropy_with_logits  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True  # the imports below leave nothing in the checkout
sys.path.insert(0, str(ROOT / "tests/python"))

import reference  # noqa: E402
from command_line import Parser, count  # noqa: E402
from recipes import CHANGEABLE, RECIPES, differences  # noqa: E402

VARIANTS = ("eager", "channels-last", "compile", "bf16")
READ_LOSSES_EVERY = 100


class Fault(Exception):
    """Wrong arguments or files."""


def read_images(folder):
    """The training images of a folder with MNIST's file names, plain or gzipped: uint8 [N, 1, H, W]."""
    plain, packed = (Path(folder) / f"train-images-idx3-ubyte{end}" for end in ("", ".gz"))
    try:
        data = bytearray(plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes()))
    except OSError as error:
        raise Fault(f"--data: {packed if not plain.exists() else plain}: {error.strerror or error}") from error
    magic, number, height, width = struct.unpack(">4I", data[:16])
    if magic != 0x803 or len(data) != 16 + number * height * width:
        raise Fault(f"--data: {folder}: not an IDX file of images")
    return torch.frombuffer(data, dtype=torch.uint8, offset=16).view(number, 1, height, width)


class Batches:
    """Draws batches as gan-train does: each image once per epoch, shuffled or in file order, or with replacement."""

    def __init__(self, images, options):
        self.images, self.size, self.sampling = images, options["batch-size"], options["sampling"]
        self.generator = torch.Generator().manual_seed(0)
        self.order, self.position = torch.empty(0, dtype=torch.long), 0

    def load(self, state):
        self.generator.set_state(state["generator"])
        self.order, self.position = state["order"], state["position"]

    def next(self):
        return self.images.index_select(0, self.next_indices()).float().div_(127.5).sub_(1)

    def next_indices(self):
        if self.sampling == "replacement":
            return torch.randint(len(self.images), (self.size,), generator=self.generator)
        if self.position + self.size > len(self.order):
            self.order, self.position = self.next_order(), 0
        self.position += self.size
        return self.order[self.position - self.size : self.position]

    def next_order(self):
        if self.sampling == "sequential":
            return torch.arange(len(self.images))
        return torch.randperm(len(self.images), generator=self.generator)


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
    kind = reference.EpsilonHatAdam if option["epsilon-hat"] else torch.optim.Adam
    return kind(network.parameters(), lr=option["lr"], betas=(option["beta1"], option["beta2"]),
                eps=option["epsilon"], fused=fused)  # fmt: skip


def load_optimizer(optimizer, network, state):
    """Loads the moments that gan-train stores under the parameters' names."""
    for name, parameter in network.named_parameters():
        first = torch.empty_like(parameter).copy_(state["first"][name]).detach()  # same memory format
        if isinstance(optimizer, torch.optim.SGD):
            optimizer.state[parameter] = {"momentum_buffer": first}
        else:
            second = torch.empty_like(parameter).copy_(state["second"][name]).detach()
            optimizer.state[parameter] = {"step": state["steps"][name], "exp_avg": first, "exp_avg_sq": second}


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

    def load(self, checkpoint):
        self.load_player("generator", self.generator, self.g_optimizer, checkpoint)
        self.load_player("discriminator", self.discriminator, self.d_optimizer, checkpoint)
        self.batches.load(checkpoint["batches"])
        self.steps = checkpoint["step"]
        torch.set_rng_state(checkpoint["random"]["cpu"])

    def load_player(self, name, network, optimizer, checkpoint):
        player = checkpoint["players"][name]
        network.load_state_dict(player["weights"])
        load_optimizer(optimizer, network, player["optimizer"])

    def step(self):
        """Takes all turns. Returns D's loss, its logits of real and of generated images, and G's loss."""
        self.steps += 1
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

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def generate(self, with_graph=True):
        size = (self.options["batch-size"], self.options["latent-size"])
        noise = torch.randn(size) if self.options["noise"] == "normal" else torch.empty(size).uniform_(-1, 1)
        with contextlib.nullcontext() if with_graph else torch.no_grad():
            return self.run_generator(noise)

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


def move(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def read_losses(d_loss, real_logits, fake_logits, g_loss):
    return {"d_loss": d_loss.item(), "d_real": real_logits.sigmoid().mean().item(),
            "d_fake": fake_logits.sigmoid().mean().item(), "g_loss": g_loss.item()}  # fmt: skip


def require_compiled():
    from torch._dynamo.utils import counters

    if not counters["stats"]["unique_graphs"]:
        raise RuntimeError("torch.compile compiled nothing")


def time_steps(training, steps, warmup):
    """Returns (step, clock) at the start, after each stretch as long as the warm-up, and at the end."""
    marks = [(0, time.perf_counter())]
    for step in range(1, steps + 1):
        outcome = training.step()
        if step % READ_LOSSES_EVERY == 0:
            read_losses(*outcome)
        if step == steps or warmup and step % warmup == 0:
            marks.append((step, time.perf_counter()))
    return marks


def report(marks, variant, arguments, options):
    size = options["batch-size"]
    timed = marks[1:] if arguments.warmup else marks
    rate = lambda a, b: size * (b[0] - a[0]) / (b[1] - a[1])  # noqa: E731
    return {
        "recipe": options["recipe"], "variant": variant, "compiled": arguments.compile,
        "batch_size": size, "threads": torch.get_num_threads(), "steps": arguments.steps, "warmup": arguments.warmup,
        "warmup_seconds": timed[0][1] - marks[0][1], "seconds": marks[-1][1] - marks[0][1],
        "images_per_second": rate(timed[0], timed[-1]),
        "images_per_second_chunks": [rate(a, b) for a, b in zip(timed, timed[1:])],
    }  # fmt: skip


def recipe_options(arguments):
    given = {name: vars(arguments)[name.replace("-", "_")] for name in CHANGEABLE}
    changed = {name: value for name, value in given.items() if value}
    return {"recipe": arguments.recipe} | RECIPES[arguments.recipe] | changed


def read_checkpoint(path):
    try:
        checkpoint = torch.load(path, weights_only=True)
    except Exception as error:
        raise Fault(f"--checkpoint: {first_line(error)}") from error
    wrong = differences(checkpoint["options"])
    if wrong:
        raise Fault(f"--checkpoint: differs from its recipe: {'; '.join(wrong)}")
    return checkpoint


def print_losses(training, variant, done, steps):
    for step in range(done + 1, done + 1 + steps):
        print(json.dumps({"variant": variant, "step": step} | read_losses(*training.step())), flush=True)


def run(arguments, variant):
    checkpoint = read_checkpoint(arguments.checkpoint) if arguments.checkpoint else {"step": 0}
    options = checkpoint.get("options") or recipe_options(arguments)
    images = read_images(arguments.data)[: options["limit"] or None]
    if options["batch-size"] > len(images):
        raise Fault(f"--batch-size: expected at most the {len(images)} images of --data")
    training = Training(options, images, variant, arguments.compile)
    if arguments.checkpoint:
        training.load(checkpoint)
    if arguments.losses:
        return print_losses(training, variant, checkpoint["step"], arguments.steps)
    marks = time_steps(training, arguments.steps, arguments.warmup)
    if arguments.compile:
        require_compiled()
    print(json.dumps(report(marks, variant, arguments, options)))


def first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def parse():
    parser = Parser(prog="pytorch_gan.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--recipe", choices=RECIPES)
    what.add_argument("--checkpoint", metavar="FILE", help="of gan-train; has the settings of its recipe")
    parser.add_argument("--variant", choices=VARIANTS, nargs="+", default=["eager"], help="one after another (eager)")
    parser.add_argument("--compile", action="store_true", help="compile the networks of any variant")
    parser.add_argument("--data", default=ROOT / "data/mnist", help="folder with MNIST's files (data/mnist)")
    parser.add_argument("--steps", type=count(1), required=True, help="number of steps")
    parser.add_argument("--warmup", type=count(0), default=0, help="how many of them are not timed (0)")
    parser.add_argument("--losses", action="store_true", help="print each step's losses, not images per second")
    parser.add_argument("--threads", type=count(0), default=0, help="0: PyTorch's choice (0)")
    parser.add_argument("--batch-size", type=count(1), help="default: the recipe's")
    parser.add_argument("--base-channels", type=count(1), help="default: the recipe's")
    arguments = parser.parse_args()
    arguments.compile |= "compile" in arguments.variant
    if arguments.warmup >= arguments.steps:
        parser.error("--warmup: expected fewer than --steps")
    if arguments.checkpoint and (arguments.batch_size or arguments.base_channels):
        parser.error("--checkpoint: already has --batch-size and --base-channels")
    return parser, arguments


def main():
    parser, arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    try:
        for variant in arguments.variant:
            run(arguments, variant)
    except Fault as fault:
        parser.error(fault)
    except Exception as error:
        if not arguments.compile:
            raise
        # A missing or failing compiler is a result, too.
        print(json.dumps({"variant": arguments.variant, "does_not_work": first_line(error)}))
        sys.exit(1)


if __name__ == "__main__":
    main()
