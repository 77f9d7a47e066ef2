"""Runs the four tutorials and the default recipe in Keras beside runs of gan-train, with the same initial weights,
batches and noise.

  keras_judge.py DATA RUN... [--every STEPS]
      DATA     the folder of the images that the runs were trained on
      RUN      the folder of a fork (gan-train --fork OTHER --log-every 1 --keep-every 5 --dropout 0), which has a
               checkpoint of step 0
      --every  load the run's weights and moments into Keras every so many steps (5)

Prints the losses of the run and of Keras at each step, and their relative difference; and that of G's averaged weights
at the end, relative to their distance from the last ones. Exits with 1 if one exceeds 1e-3.
With Adam a rounding difference about doubles each step, so 20 steps without loading may end 1e-3 apart. Without
dropout, because Keras draws other numbers.
"""

import json
import sys
from argparse import RawDescriptionHelpFormatter
from itertools import compress
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts/bench"))

import torch  # noqa: E402
from batches import Batches, read_images  # noqa: E402
from command_line import Parser, count  # noqa: E402
from keras_training import SGD, keras, make_training, np  # noqa: E402

TOLERANCE = 1e-3
ALL = "weight", "bias", "running_mean", "running_var"


# ---- From gan-train's weights to Keras's --------------------------------------------------------


class Network:
    """Loads tensors with PyTorch's names, from gan-train, into the layers of a Keras model, which has the same order.

    Maps are [H, W, C] in Keras. So reorder the numbers of a dense layer whose output is reshaped to maps (`first_maps`
    [C, H, W]), or whose input is flattened maps (`last_maps`).
    """

    def __init__(self, model, names, first_maps=None, last_maps=None):
        self.model = model
        self.layers = list(dict.fromkeys(name.split(".")[0] for name in names))
        self.first_maps, self.last_maps = first_maps, last_maps

    def converted(self, values):
        """A layer's weight in Keras's layout."""
        if values.dim() == 4:
            return values.permute(2, 3, 1, 0)
        if values.dim() == 2:
            return self.last_axis_reordered(self.last_axis_reordered(values, self.last_maps).T, self.first_maps)
        return self.last_axis_reordered(values, self.first_maps)

    @staticmethod
    def last_axis_reordered(values, maps):
        if not maps or not values.dim() or values.shape[-1] != np.prod(maps):
            return values
        return values[..., torch.arange(values.shape[-1]).view(maps).permute(1, 2, 0).flatten()]

    def all_weights(self, tensors, kinds):
        """The tensors of these kinds, in the order of the model's weights."""
        names = [f"{layer}.{kind}" for layer in self.layers for kind in kinds]
        return [self.converted(tensors[name].detach()).numpy() for name in names if name in tensors]

    def load(self, tensors):
        self.model.set_weights(self.all_weights(tensors, ALL))

    def load_optimizer(self, optimizer, state):
        """The moments of Keras's SGD are PyTorch's, times minus the learning rate."""
        sgd = isinstance(optimizer, SGD)
        first, second = (self.all_weights(state[part], ("weight", "bias")) for part in ("first", "second"))
        rate = float(optimizer.learning_rate)
        values = [-rate * m for m in first] if sgd else [m for pair in zip(first, second) for m in pair]
        optimizer.build(self.model.trainable_weights)
        iterations, _, *own = optimizer.variables
        for variable, value in zip(own, values, strict=True):
            variable.assign(value)
        iterations.assign(0 if sgd else int(next(iter(state["steps"].values()))))


def maps_of(options):
    """The shapes [C, H, W] of G's first and D's last maps."""
    b = options["base-channels"]
    shapes = {"mlp": (None, None), "upconv": ((128, 7, 7), (128, 5, 5)),
              "dcgan": ((8 * b, 4, 4), (4 * b + options["minibatch-std"], 4, 4))}  # fmt: skip
    return shapes[options["arch"]]


# ---- Comparison ---------------------------------------------------------------------------------


class KerasRun:
    """A run's recipe in Keras, at a checkpoint of the run."""

    def __init__(self, options, images):
        self.options, self.images = options, images
        self.game = make_training(options)

    def load(self, state):
        """Loads the section "training" of a checkpoint."""
        first_maps, last_maps = maps_of(self.options)
        self.generator = self.load_part(self.game.g, self.game.g_optimizer, "generator", state, first_maps=first_maps)
        if self.options["ema"]:
            self.game.updates = state["averages"]["generator"]["updates"]
            for variable, value in zip(self.game.average, self.averages(state), strict=True):
                variable.assign(value)
        self.load_part(self.game.d, self.game.d_optimizer, "discriminator", state, last_maps=last_maps)
        self.game.steps = state["step"]
        self.batches = Batches(self.images, self.options)
        self.batches.load(state["batches"])
        self.noise = torch.Generator()
        self.noise.set_state(state["random"]["cpu"])

    @staticmethod
    def load_part(model, optimizer, part, state, **maps):
        weights = state["parts"][part]
        network = Network(model, weights, **maps)
        model.trainable = True
        network.load(weights)
        network.load_optimizer(optimizer, without_prefix(state["optimizers"][part], f"{part}."))
        return network

    def averages(self, state):
        """The run's averaged weights of G, in the order of Keras's."""
        return self.generator.all_weights(state["averages"]["generator"]["weights"], ALL)

    def average_differs(self, state):
        """The distance of the averaged weights from the run's, relative to the distance between these and the last.
        Without running statistics: Keras's variance has no Bessel correction."""
        trained = [weight.trainable for weight in self.game.g.weights]
        values = self.averages(state), self.generator.all_weights(state["parts"]["generator"], ALL), self.game.average
        ours, last, keras_average = (np.concatenate([np.ravel(one) for one in compress(kind, trained)])
                                     for kind in values)  # fmt: skip
        return np.linalg.norm(keras_average - ours) / np.linalg.norm(last - ours)

    def step(self):
        real = self.batches.next().permute(0, 2, 3, 1).contiguous().numpy()
        return [float(loss) for loss in self.game.step(real, self.draw)]

    def draw(self):
        noise = torch.empty(self.options["batch-size"], 100)
        if self.options["noise"] == "uniform":
            return noise.uniform_(-1, 1, generator=self.noise).numpy()
        return noise.normal_(generator=self.noise).numpy()


def without_prefix(moments, prefix):
    """Moments by the names of the weights in their part: generator.conv2.weight is conv2.weight."""
    return {kind: {name.removeprefix(prefix): value for name, value in named.items()}
            for kind, named in moments.items()}  # fmt: skip


def checkpoint(run, step):
    file = run / f"checkpoints/step-{step:06}.pt"
    if not file.exists():
        sys.exit(f"keras_judge.py: no {file}: train with a --keep-every that divides --every and the run's steps")
    return torch.load(file)


def judge(data, run, every):
    """Prints the losses side by side. Returns the largest relative difference."""
    options = checkpoint(run, 0)["options"]
    if options["dropout"] != 0:
        sys.exit(f"keras_judge.py: {run} has dropout, which draws other numbers in Keras; train it with --dropout 0")
    keras_run = KerasRun(options, read_images(data)[: options["limit"] or None])
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines() if "d_loss" in line]
    print(f"{options['recipe']} beside Keras {keras.__version__}")
    print("step    d_loss     Keras  differs    g_loss     Keras  differs")
    worst = 0.0
    for done, ours in enumerate(lines):
        if done % every == 0:
            keras_run.load(checkpoint(run, done)["training"])
        pairs = list(zip((ours["d_loss"], ours["g_loss"]), keras_run.step()))
        differs = [abs(a - b) / b for a, b in pairs]
        worst = max(worst, *differs)
        print(f"{ours['step']:4}" + "".join(f" {a:9.6f} {b:9.6f} {by:8.1e}" for (a, b), by in zip(pairs, differs)))
    if options["ema"]:
        differs = keras_run.average_differs(checkpoint(run, len(lines))["training"])
        worst = max(worst, differs)
        print(f"averages {differs:.1e}")
    print(f"{len(lines)} steps, at most {worst:.1e}\n")
    return worst


def main():
    parser = Parser(prog="keras_judge.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path, nargs="+")
    parser.add_argument("--every", type=count(1), default=5)
    arguments = parser.parse_args()
    sys.exit(max(judge(arguments.data, run, arguments.every) for run in arguments.run) > TOLERANCE)


if __name__ == "__main__":
    main()
