"""Runs the four tutorials in Keras beside runs of gan-train, with the same initial weights, batches and noise.

  keras_judge.py DATA RUN... [--every STEPS]
      DATA     the folder of the images that the runs were trained on
      RUN      the folder of a fork (gan-train --fork OTHER --log-every 1 --keep-every 5 --dropout 0), which has a
               checkpoint of step 0
      --every  load the run's weights and moments into Keras every so many steps (5)

Prints the losses of the run and of Keras at each step, and their relative difference. Exits with 1 if one exceeds 1e-3.
With Adam a rounding difference about doubles each step, so 20 steps without loading may end 1e-3 apart. Without
dropout, because Keras draws other numbers.
"""

import json
import os
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"  # to use torch's generator for the noise
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts/bench"))

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from batches import Batches, read_images  # noqa: E402
from command_line import Parser, count  # noqa: E402
from keras import layers  # noqa: E402
from keras.optimizers import SGD, Adam  # noqa: E402

TOLERANCE = 1e-3


# ---- The tutorials ------------------------------------------------------------------------------


def leaky():
    return layers.LeakyReLU(negative_slope=0.2)


def mlp(options):
    g = keras.Sequential(
        [keras.Input((100,)), layers.Dense(256), leaky(), layers.Dense(512), leaky(), layers.Dense(1024), leaky(),
         layers.Dense(784, activation="tanh")])  # fmt: skip
    d = keras.Sequential(
        [keras.Input((784,)), layers.Dense(1024), leaky(), layers.Dense(512), leaky(), layers.Dense(256), leaky(),
         layers.Dense(1, activation="sigmoid")])  # fmt: skip
    return g, d


def upconv(options):
    g = keras.Sequential(
        [keras.Input((100,)), layers.Dense(1024, activation="tanh"), layers.Dense(128 * 7 * 7),
         layers.BatchNormalization(), layers.Activation("tanh"), layers.Reshape((7, 7, 128)),
         layers.UpSampling2D(2), layers.Conv2D(64, 5, padding="same", activation="tanh"),
         layers.UpSampling2D(2), layers.Conv2D(1, 5, padding="same", activation="tanh")])  # fmt: skip
    d = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(64, 5, padding="same", activation="tanh"), layers.MaxPooling2D(2),
         layers.Conv2D(128, 5, activation="tanh"), layers.MaxPooling2D(2), layers.Flatten(),
         layers.Dense(1024, activation="tanh"), layers.Dense(1, activation="sigmoid")])  # fmt: skip
    return g, d


def dcgan_wide(options):
    """Batch norm has the defaults of TensorFlow and Keras. Layers before it have no biases, which it would cancel."""
    b = options["base-channels"]

    def block(layer):
        return [layer, layers.BatchNormalization(), leaky()]

    def up(channels, strides, padding):
        return block(layers.Conv2DTranspose(channels, 4, strides, padding, use_bias=False))

    def down(channels):
        return block(layers.Conv2D(channels, 4, 2, "same", use_bias=False))

    g = keras.Sequential(
        [keras.Input((100,)), layers.Dense(4 * 4 * 8 * b, use_bias=False), layers.Reshape((4, 4, 8 * b)),
         layers.BatchNormalization(), leaky(), *up(4 * b, 1, "valid"), *up(2 * b, 2, "same"),
         layers.Conv2DTranspose(1, 4, 2, "same", activation="tanh")])  # fmt: skip
    d = keras.Sequential(
        [keras.Input((28, 28, 1)), *down(b), *down(2 * b), *down(4 * b),
         layers.Flatten(), layers.Dense(1)])  # fmt: skip
    return g, d


class Chained:
    """Trains D on real and fake images in one batch, then G through D, as one model in which D is frozen."""

    def __init__(self, g, d, g_optimizer, d_optimizer, label, fresh_noise):
        self.g, self.d, self.label, self.fresh_noise = g, d, label, fresh_noise
        d.compile(loss="binary_crossentropy", optimizer=d_optimizer)
        d.trainable = False
        self.chain = keras.Sequential([g, d])
        self.chain.compile(loss="binary_crossentropy", optimizer=g_optimizer)
        self.g_optimizer, self.d_optimizer = self.chain.optimizer, d.optimizer

    def step(self, real, draw):
        noise = draw()
        fake = self.g.predict(noise, verbose=0)
        images = np.concatenate([real.reshape(fake.shape), fake])
        labels = np.array([self.label] * len(real) + [0.0] * len(real)).reshape(-1, 1)
        self.d.trainable = True
        d_loss = self.d.train_on_batch(images, labels)
        self.d.trainable = False
        g_loss = self.chain.train_on_batch(draw() if self.fresh_noise else noise, np.ones((len(real), 1)))
        return float(d_loss), float(g_loss)


class Separate:
    """Trains D on separate real and fake batches, each with its own statistics, with losses on logits."""

    def __init__(self, g, d, g_optimizer, d_optimizer, label):
        self.g, self.d, self.label = g, d, label
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer

    def step(self, real, draw):
        noise = draw()
        on_real, on_fake = self.d(real, training=True), self.d(self.g(noise, training=True), training=True)
        d_loss = bce(on_real, self.label) + bce(on_fake, 0.0)
        move(self.d, self.d_optimizer, d_loss)
        g_loss = bce(self.d(self.g(noise, training=True), training=True), 1.0)
        move(self.g, self.g_optimizer, g_loss)
        return d_loss.item(), g_loss.item()


def bce(logits, label):
    return keras.losses.BinaryCrossentropy(from_logits=True)(torch.full_like(logits, label), logits)


def move(network, optimizer, loss):
    weights = network.trainable_weights
    gradients = torch.autograd.grad(loss, [weight.value for weight in weights])
    with torch.no_grad():
        optimizer.apply(gradients, weights)


def tuned_adam():
    return Adam(2e-4, beta_1=0.5)


def tensorflow_adam():
    return Adam(1e-3, beta_1=0.5, epsilon=1e-8)


def slow_sgd():
    return SGD(1e-3, momentum=0.9, nesterov=True)


# The networks, and how they are trained.
TUTORIALS = {
    "mlp": (mlp, lambda g, d: Chained(g, d, tuned_adam(), tuned_adam(), label=1.0, fresh_noise=False)),
    "mlp-smooth": (mlp, lambda g, d: Chained(g, d, "adam", tuned_adam(), label=0.9, fresh_noise=True)),
    "upconv": (upconv, lambda g, d: Chained(g, d, slow_sgd(), slow_sgd(), label=1.0, fresh_noise=True)),
    "dcgan-wide": (dcgan_wide, lambda g, d: Separate(g, d, tensorflow_adam(), tensorflow_adam(), label=0.9)),
}


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
        if not maps or values.shape[-1] != np.prod(maps):
            return values
        return values[..., torch.arange(values.shape[-1]).view(maps).permute(1, 2, 0).flatten()]

    def all_weights(self, tensors, kinds):
        """The tensors of these kinds, in the order of the model's weights."""
        names = [f"{layer}.{kind}" for layer in self.layers for kind in kinds]
        return [self.converted(tensors[name].detach()).numpy() for name in names if name in tensors]

    def load(self, tensors):
        self.model.set_weights(self.all_weights(tensors, ("weight", "bias", "running_mean", "running_var")))

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


MAPS = {"mlp": lambda b: (None, None), "upconv": lambda b: ((128, 7, 7), (128, 5, 5)),
        "dcgan": lambda b: ((8 * b, 4, 4), (4 * b, 4, 4))}  # fmt: skip


# ---- Comparison ---------------------------------------------------------------------------------


class KerasRun:
    """The tutorial of a run's recipe in Keras, at a checkpoint of the run."""

    def __init__(self, options, images):
        self.options, self.images = options, images
        build, game = TUTORIALS[options["recipe"]]
        self.g, self.d = build(options)
        self.game = game(self.g, self.d)

    def load(self, state):
        """Loads the section "training" of a checkpoint."""
        first_maps, last_maps = MAPS[self.options["arch"]](self.options["base-channels"])
        self.load_part(self.g, self.game.g_optimizer, "generator", state, first_maps=first_maps)
        self.load_part(self.d, self.game.d_optimizer, "discriminator", state, last_maps=last_maps)
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

    def step(self):
        return self.game.step(self.batches.next().permute(0, 2, 3, 1).contiguous().numpy(), self.draw)

    def draw(self):
        noise = torch.empty(self.options["batch-size"], 100)
        if self.options["noise"] == "uniform":
            return noise.uniform_(-1, 1, generator=self.noise).numpy()
        return noise.normal_(generator=self.noise).numpy()


def without_prefix(moments, prefix):
    """Moments by the names of the weights in their part: generator.conv2.weight is conv2.weight."""
    return {kind: {name.removeprefix(prefix): value for name, value in named.items()}
            for kind, named in moments.items()}  # fmt: skip


def judge(data, run, every):
    """Prints the losses side by side. Returns the largest relative difference."""
    checkpoint = lambda step: torch.load(run / f"checkpoints/step-{step:06}.pt")  # noqa: E731
    options = checkpoint(0)["options"]
    if options["dropout"] != 0:
        sys.exit(f"keras_judge.py: {run} has dropout, which draws other numbers in Keras; train it with --dropout 0")
    keras_run = KerasRun(options, read_images(data)[: options["limit"] or None])
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines() if "d_loss" in line]
    print(f"{options['recipe']} beside Keras {keras.__version__}")
    print("step    d_loss     Keras  differs    g_loss     Keras  differs")
    worst = 0.0
    for done, ours in enumerate(lines):
        if done % every == 0:
            keras_run.load(checkpoint(done)["training"])
        pairs = list(zip((ours["d_loss"], ours["g_loss"]), keras_run.step()))
        differs = [abs(a - b) / b for a, b in pairs]
        worst = max(worst, *differs)
        print(f"{ours['step']:4}" + "".join(f" {a:9.6f} {b:9.6f} {by:8.1e}" for (a, b), by in zip(pairs, differs)))
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
