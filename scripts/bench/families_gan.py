"""Times the families of gan-train, and any plain GAN, in plain PyTorch (tests/python/families.py): continues a run from
a checkpoint and prints a line of JSON with images per second, or with --losses one for each step."""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/python"))

import torch  # noqa: E402
from batches import read_images  # noqa: E402
from command_line import Fault, Parser  # noqa: E402
from families import Run, read_labels  # noqa: E402
from npz import read_pictures  # noqa: E402
from timing import add_timing_flags, rates, require_steps_to_time, time_steps  # noqa: E402
from training import Average  # noqa: E402


def read_data(path):
    if Path(path).is_dir():
        return read_images(path), read_labels(path)
    pixels, shape = read_pictures(path)
    images = torch.frombuffer(pixels, dtype=torch.uint8).view(shape)
    return images, torch.zeros(len(images), dtype=torch.long)


class Training:
    """A run, and the averages of the weights that gan-train averages: all but D's."""

    def __init__(self, run):
        self.run = run
        networks = [part for game in run.family.games for name, part in game.parts.items()
                    if name not in game.d_parts[1]]  # fmt: skip
        self.averages = [Average(network, run.options["ema"]) for network in networks if run.options["ema"]]

    def step(self):
        losses = self.run.step()
        for average in self.averages:
            average.follow()
        return losses


def parse():
    parser = Parser(prog="families_gan.py", description=__doc__)
    parser.add_argument("--checkpoint", required=True, metavar="FILE", help="of gan-train; has all settings")
    parser.add_argument("--data", required=True, help="folder with MNIST's files, or a .npz file of images")
    parser.add_argument("--losses", action="store_true", help="print each step's losses, not images per second")
    add_timing_flags(parser, "PyTorch")
    arguments = parser.parse_args()
    require_steps_to_time(parser, arguments)
    return parser, arguments


def main():
    parser, arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    try:
        training = Training(Run(arguments.checkpoint, *read_data(arguments.data)))
    except (Fault, OSError) as fault:
        parser.error(fault)
    if arguments.losses:
        for _ in range(arguments.steps):
            print(json.dumps(training.step()), flush=True)
        return
    marks = time_steps(training.step, lambda *_: None, arguments.steps, arguments.warmup)  # a step reads its losses
    print(json.dumps(rates(marks, training.run.options["batch-size"], arguments.warmup)))


if __name__ == "__main__":
    main()
