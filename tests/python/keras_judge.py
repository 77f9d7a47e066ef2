"""The four tutorials in Keras itself, beside a run of gan-train: the same weights at first, batches and noise.

  keras_judge.py RUN DATA    RUN: a fork (gan-train --fork ... --log-every 1), whose checkpoint of step 0 says where it
                             began; DATA: the folder of its images

Prints both losses of each step, ours and Keras's, and the relative difference; ends with 1 if one is above 1e-3.
Without dropout, whose draws are other ones here (--dropout 0).
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"  # for the state of the noise's generator
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts/bench"))

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from keras import layers  # noqa: E402
from keras.optimizers import SGD, Adam  # noqa: E402
from pytorch_gan import Batches, read_images  # noqa: E402

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
    """With TensorFlow's constants of batch norm, which are Keras's. No biases before a batch norm, which would take them away."""
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
    d = keras.Sequential([keras.Input((28, 28, 1)), *down(b), *down(2 * b), *down(4 * b), layers.Flatten(), layers.Dense(1)])
    return g, d


class Chained:
    """D on real images and G's, joined in one batch; then G through D, compiled as one model in which D stands still."""

    def __init__(self, g, d, g_optimizer, d_optimizer, label, fresh_noise):
        self.g, self.d, self.label, self.fresh_noise = g, d, label, fresh_noise
        d.compile(loss="binary_crossentropy", optimizer=d_optimizer)
        d.trainable = False
        self.chain = keras.Sequential([g, d])
        self.chain.compile(loss="binary_crossentropy", optimizer=g_optimizer)

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
    """D's two batches apart, each with its own statistics, and losses of logits."""

    def __init__(self, g, d, make_optimizer, label):
        self.g, self.d, self.label = g, d, label
        self.g_optimizer, self.d_optimizer = make_optimizer(), make_optimizer()

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


def slow_sgd():
    return SGD(1e-3, momentum=0.9, nesterov=True)


# Networks, and the game on them.
TUTORIALS = {
    "mlp": (mlp, lambda g, d: Chained(g, d, tuned_adam(), tuned_adam(), label=1.0, fresh_noise=False)),
    "mlp-smooth": (mlp, lambda g, d: Chained(g, d, "adam", tuned_adam(), label=0.9, fresh_noise=True)),
    "upconv": (upconv, lambda g, d: Chained(g, d, slow_sgd(), slow_sgd(), label=1.0, fresh_noise=True)),
    "dcgan-wide": (dcgan_wide, lambda g, d: Separate(g, d, lambda: Adam(1e-3, beta_1=0.5, epsilon=1e-8), label=0.9)),
}


# ---- From gan-train's weights to Keras's --------------------------------------------------------


class Channels:
    """Where the numbers of flattened maps lie in Keras, whose maps are [H, W, C]; None as long as there are no maps."""

    def __init__(self, channels, height, width):
        self.order = torch.arange(channels * height * width).view(channels, height, width).permute(1, 2, 0).flatten()

    def __call__(self, numbers):
        return numbers[self.order]


def weights_for(layer, tensors, before, after):
    """A layer's weights as Keras orders them, from those that PyTorch names. `before` and `after` reorder what goes in and out."""
    get = {name.split(".")[1]: tensor.detach().float() for name, tensor in tensors}
    if isinstance(layer, layers.BatchNormalization):
        return [after(get[name]) for name in ("weight", "bias", "running_mean", "running_var")]
    weight = get["weight"]
    kernel = before(after(weight).T) if weight.dim() == 2 else weight.permute(2, 3, 1, 0)
    return [kernel] + ([after(get["bias"])] if layer.use_bias else [])


def load(network, state, first_maps=None, last_maps=None):
    """Both list their layers in the same order. Maps begin where a dense layer's numbers become some, and end in one."""
    plain = lambda numbers: numbers  # noqa: E731
    names = list(dict.fromkeys(name.split(".")[0] for name in state))
    with_weights = [layer for layer in network.layers if layer.weights]
    for name, layer in zip(names, with_weights, strict=True):
        before = Channels(*last_maps) if last_maps and layer.weights[0].shape[0] == np.prod(last_maps) else plain
        after = Channels(*first_maps) if first_maps and layer.weights[0].shape[-1] == np.prod(first_maps) else plain
        tensors = [item for item in state.items() if item[0].startswith(name + ".")]
        layer.set_weights([values.numpy() for values in weights_for(layer, tensors, before, after)])


MAPS = {"mlp": lambda b: (None, None), "upconv": lambda b: ((128, 7, 7), (128, 5, 5)),
        "dcgan": lambda b: ((8 * b, 4, 4), (4 * b, 4, 4))}  # fmt: skip


# ---- Beside each other --------------------------------------------------------------------------


def play(checkpoint, images, steps):
    """The losses of each step."""
    options = checkpoint["options"]
    build, game = TUTORIALS[options["recipe"]]
    g, d = build(options)
    first_maps, last_maps = MAPS[options["arch"]](options["base-channels"])
    load(g, checkpoint["players"]["generator"]["weights"], first_maps=first_maps)
    load(d, checkpoint["players"]["discriminator"]["weights"], last_maps=last_maps)
    batches = Batches(images, options)
    batches.load(checkpoint["batches"])
    generator = torch.Generator()
    generator.set_state(checkpoint["random"]["cpu"])

    def draw():
        noise = torch.empty(options["batch-size"], 100)
        uniform = options["noise"] == "uniform"
        return (noise.uniform_(-1, 1, generator=generator) if uniform else noise.normal_(generator=generator)).numpy()

    playing = game(g, d)
    for _ in range(steps):
        yield playing.step(batches.next().permute(0, 2, 3, 1).contiguous().numpy(), draw)


def main(run, data):
    checkpoint = torch.load(Path(run) / "checkpoints/step-000000.pt")
    options = checkpoint["options"]
    if options["dropout"] != 0:
        sys.exit("keras_judge.py: its dropout draws other numbers; train with --dropout 0")
    lines = [json.loads(line) for line in (Path(run) / "metrics.jsonl").read_text().splitlines()]
    images = read_images(data)[: options["limit"] or None]
    print(f"{options['recipe']}, Keras {keras.__version__}")
    print("step    d_loss     Keras  differs    g_loss     Keras  differs")
    worst = 0.0
    for ours, theirs in zip(lines, play(checkpoint, images, len(lines))):
        pairs = list(zip((ours["d_loss"], ours["g_loss"]), theirs))
        differs = [abs(a - b) / b for a, b in pairs]
        worst = max(worst, *differs)
        print(f"{ours['step']:4}" + "".join(f" {a:9.6f} {b:9.6f} {by:8.1e}" for (a, b), by in zip(pairs, differs)), flush=True)
    print(f"at most {worst:.1e}")
    sys.exit(worst > TOLERANCE or not lines)


if __name__ == "__main__":
    main(*sys.argv[1:])
