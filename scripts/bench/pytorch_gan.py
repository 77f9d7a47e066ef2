"""Trains gan-train's recipes in PyTorch, to compare speed and losses.

  pytorch_gan.py --recipe R --variant V --steps N --warmup W
      trains and prints a line of JSON with images per second
  pytorch_gan.py --checkpoint FILE --variant V --steps N --losses
      continues from a checkpoint of gan-train with the same noise and batches; prints the losses of each step as JSON
  pytorch_gan.py --recipe R --variant V --steps N --samples FOLDER
      trains and writes 10,000 samples at every 500th step, and the seconds of training before them

Variants:
  eager          as tutorials write it
  channels-last  channels-last memory, fused optimizers, no unused gradients, denormals flushed to zero
  compile        channels-last, and both networks through torch.compile
  bf16           channels-last, and the networks in bfloat16 by autocast; also compiled with --compile

No variant pays for what tutorials do besides training: the images are one tensor in memory (no DataLoader), and losses
are read back only every 100 steps.
"""

import json
import sys
import warnings
from argparse import RawDescriptionHelpFormatter

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
sys.dont_write_bytecode = True  # the imports below leave nothing in the checkout

import torch  # noqa: E402  (the filter above must come first)
from batches import read_images  # noqa: E402
from command_line import Fault, Parser  # noqa: E402
from recipes import RECIPES, differences, options_of  # noqa: E402
from timing import add_training_flags, rates, require_valid, time_steps, train_and_sample  # noqa: E402
from training import Training, read_losses  # noqa: E402

VARIANTS = ("eager", "channels-last", "compile", "bf16")
CHECKPOINT = "gan checkpoint", 3  # format and version


def require_compiled():
    from torch._dynamo.utils import counters

    if not counters["stats"]["unique_graphs"]:
        raise RuntimeError("torch.compile compiled nothing")


def report(marks, variant, arguments, options):
    return {
        "recipe": options["recipe"], "variant": variant, "compiled": arguments.compile,
        "threads": torch.get_num_threads(),
    } | rates(marks, options["batch-size"], arguments.warmup)  # fmt: skip


def read_checkpoint(path):
    try:
        checkpoint = torch.load(path, weights_only=True)
    except Exception as error:
        raise Fault(f"--checkpoint: {first_line(error)}") from error
    kind = checkpoint["format"], checkpoint["version"]
    if kind != CHECKPOINT:
        raise Fault("--checkpoint: expected a {} of version {}, got a {} of version {}".format(*CHECKPOINT, *kind))
    wrong = differences(checkpoint["options"])
    if wrong:
        raise Fault(f"--checkpoint: differs from its recipe: {'; '.join(wrong)}")
    return checkpoint


def print_losses(training, variant, steps):
    for _ in range(steps):
        losses = read_losses(*training.step())
        print(json.dumps({"variant": variant, "step": training.steps} | losses), flush=True)


def run(arguments, variant):
    checkpoint = read_checkpoint(arguments.checkpoint) if arguments.checkpoint else None
    options = checkpoint["options"] if checkpoint else options_of(arguments)
    images = read_images(arguments.data)[: options["limit"] or None]
    if options["batch-size"] > len(images):
        raise Fault(f"--batch-size: expected at most the {len(images)} images of --data")
    training = Training(options, images, variant, arguments.compile)
    if checkpoint:
        training.load(checkpoint["training"])
    if arguments.losses:
        return print_losses(training, variant, arguments.steps)
    if arguments.samples:
        return train_and_sample(training.step, read_losses, training.sample, arguments)
    marks = time_steps(training.step, read_losses, arguments.steps, arguments.warmup)
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
    parser.add_argument("--losses", action="store_true", help="print each step's losses, not images per second")
    add_training_flags(parser, "PyTorch")
    arguments = parser.parse_args()
    arguments.compile |= "compile" in arguments.variant
    require_valid(parser, arguments)
    if arguments.samples and len(arguments.variant) > 1:
        parser.error("--samples: expected one --variant")
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
