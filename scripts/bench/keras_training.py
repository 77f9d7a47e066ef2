"""gan-train's recipes in Keras 3 on TensorFlow: the four tutorials as they are written, and the default recipe."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers, ops  # noqa: E402
from keras.optimizers import SGD, Adam  # noqa: E402

# ---- Networks -----------------------------------------------------------------------------------


def leaky():
    return layers.LeakyReLU(negative_slope=0.2)


def mlp(options):
    def hidden(*sizes, dropout=0):
        drop = [layers.Dropout] if dropout else []
        return [layer for size in sizes
                for layer in (layers.Dense(size), leaky(), *(kind(dropout) for kind in drop))]  # fmt: skip

    g = keras.Sequential([keras.Input((100,)), *hidden(256, 512, 1024), layers.Dense(784, activation="tanh")])
    d = keras.Sequential(
        [keras.Input((784,)), *hidden(1024, 512, 256, dropout=options["dropout"]),
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


class MinibatchStd(layers.Layer):
    """Adds a map with the mean standard deviation of the maps over the batch; in inference, its running mean."""

    def build(self, shape):
        self.running_mean = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, maps, training=False):
        mean = self.running_mean
        if training:
            mean = ops.mean(ops.sqrt(ops.var(maps, 0) + 1e-8))
            self.running_mean.assign(self.running_mean + 0.1 * (ops.stop_gradient(mean) - self.running_mean))
        return ops.concatenate([maps, ops.broadcast_to(mean, (*ops.shape(maps)[:3], 1))], 3)


def dcgan(options):
    """Layers before a batch norm have no biases, which it would cancel."""
    b = options["base-channels"]

    def norm():
        return layers.BatchNormalization(momentum=1 - options["norm-momentum"], epsilon=options["norm-eps"])

    def block(conv, channels):
        more = [layers.Conv2D(channels, 3, padding="same", use_bias=False) for _ in range(options["depth"])]
        return [layer for each in (conv, *more) for layer in (each, norm(), leaky())]

    def up(channels, strides, padding):
        return block(layers.Conv2DTranspose(channels, 4, strides, padding, use_bias=False), channels)

    def down(channels, padding="same"):
        return block(layers.Conv2D(channels, 4, 2, padding, use_bias=False), channels)

    same = options["same-padding"]
    to_4 = down(4 * b) if same else [layers.ZeroPadding2D(2), *down(4 * b, "valid")]
    std = [MinibatchStd()] if options["minibatch-std"] else []
    g = keras.Sequential(
        [keras.Input((100,)), layers.Dense(4 * 4 * 8 * b, use_bias=False), layers.Reshape((4, 4, 8 * b)), norm(),
         leaky(), *up(4 * b, 1, "valid"), *up(2 * b, 2, "same"),
         layers.Conv2DTranspose(1, 4, 2, "same", activation="tanh")])  # fmt: skip
    d = keras.Sequential(
        [keras.Input((28, 28, 1)), *down(b), *down(2 * b), *to_4, *std, layers.Flatten(), layers.Dense(1)])  # fmt: skip
    return g, d


# ---- How they are trained -----------------------------------------------------------------------


class Chained:
    """Trains D on real and fake images in one batch, then G through D, as one model in which D is frozen."""

    def __init__(self, g, d, g_optimizer, d_optimizer, jit, label, fresh_noise):
        self.g, self.d, self.label, self.fresh_noise = g, d, label, fresh_noise
        d.compile(loss="binary_crossentropy", optimizer=d_optimizer, jit_compile=jit or "auto")
        d.trainable = False
        self.chain = keras.Sequential([g, d])
        self.chain.compile(loss="binary_crossentropy", optimizer=g_optimizer, jit_compile=jit or "auto")
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
        return d_loss, g_loss

    def averaged(self):
        return self.g


class Separate:
    """Trains D on separate real and fake batches, each with its own statistics, with losses on logits, in compiled
    functions. `r1` weighs R1 at each `penalty_every`-th step; `ema` is the decay of the average of G's weights; after
    `decay_after` steps the learning rates fall as 1 / sqrt(step)."""

    def __init__(self, g, d, g_optimizer, d_optimizer, jit, label, r1=0.0, penalty_every=1, ema=0.0, decay_after=0):
        self.g, self.d, self.label, self.ema, self.decay_after = g, d, label, ema, decay_after
        self.rates = float(g_optimizer.learning_rate), float(d_optimizer.learning_rate)
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.weight, self.penalty_every = r1 * penalty_every, penalty_every
        g_optimizer.build(g.trainable_variables)
        d_optimizer.build(d.trainable_variables)
        self.average = [tf.Variable(weight) for weight in g.weights] if ema else []
        self.steps = 0
        compiled = lambda function: tf.function(function, jit_compile=jit)  # noqa: E731
        self.turns, self.penalty = compiled(self.turns), compiled(self.penalty)

    def step(self, real, draw):
        self.steps += 1
        if self.decay_after and self.steps > self.decay_after:
            for optimizer, rate in zip((self.g_optimizer, self.d_optimizer), self.rates):
                optimizer.learning_rate.assign(rate * (self.decay_after / self.steps) ** 0.5)
        losses = self.turns(real, draw())
        if self.weight and self.steps % self.penalty_every == 0:
            self.penalty(real)
        if self.ema:
            self.follow(tf.constant(1 - min(self.ema, (1 + self.steps) / (10 + self.steps)), tf.float32))
        return losses

    def averaged(self):
        """G, with the average as its weights if there is one."""
        if not self.ema:
            return self.g
        copy = keras.models.clone_model(self.g)
        copy.set_weights(self.average)
        return copy

    def turns(self, real, noise):
        with tf.GradientTape() as g_tape:
            fake = self.g(noise, training=True)
            with g_tape.stop_recording(), tf.GradientTape() as d_tape:
                d_loss = bce(self.d(real, training=True), self.label) + bce(self.d(fake, training=True), 0.0)
            with g_tape.stop_recording():
                move(self.d, self.d_optimizer, d_tape, d_loss)
            g_loss = bce(self.d(fake, training=True), 1.0)
        move(self.g, self.g_optimizer, g_tape, g_loss)
        return d_loss, g_loss

    def penalty(self, real):
        with tf.GradientTape() as d_tape:
            with tf.GradientTape() as tape:
                tape.watch(real)
                logits = tf.reduce_sum(self.d(real, training=True))
            squares = tf.reduce_sum(tf.square(tape.gradient(logits, real)), [1, 2, 3])
            loss = self.weight * tf.reduce_mean(squares) / 2
        move(self.d, self.d_optimizer, d_tape, loss)

    @tf.function
    def follow(self, weight):
        for average, value in zip(self.average, self.g.weights):
            average.assign_add(weight * (value - average))


def bce(logits, label):
    return keras.losses.BinaryCrossentropy(from_logits=True)(tf.fill(tf.shape(logits), label), logits)


def move(network, optimizer, tape, loss):
    weights = network.trainable_variables
    pairs = [(g, w) for g, w in zip(tape.gradient(loss, weights), weights) if g is not None]  # R1 has none of a bias
    optimizer.apply_gradients(pairs)


def tuned_adam():
    return Adam(2e-4, beta_1=0.5)


def tensorflow_adam():
    return Adam(1e-3, beta_1=0.5, epsilon=1e-8)


class PyTorchAdam(Adam):
    """Adds epsilon after the bias correction, as the paper's algorithm 1 and PyTorch do."""

    def update_step(self, gradient, variable, learning_rate):
        epsilon = self.epsilon
        self.epsilon = epsilon * ops.sqrt(1 - ops.power(self.beta_2, ops.cast(self.iterations + 1, "float32")))
        super().update_step(gradient, variable, learning_rate)
        self.epsilon = epsilon


def fast_adam():
    return PyTorchAdam(2e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)


def slow_sgd():
    return SGD(1e-3, momentum=0.9, nesterov=True)


# The networks, the optimizers of G and D, and how both are trained.
RECIPES = {
    "mlp": (mlp, tuned_adam, tuned_adam, Chained, dict(label=1.0, fresh_noise=False)),
    "mlp-smooth": (mlp, lambda: "adam", tuned_adam, Chained, dict(label=0.9, fresh_noise=True)),
    "upconv": (upconv, slow_sgd, slow_sgd, Chained, dict(label=1.0, fresh_noise=True)),
    "dcgan-wide": (dcgan, tensorflow_adam, tensorflow_adam, Separate, dict(label=0.9)),
    "dcgan": (dcgan, fast_adam, fast_adam, Separate,
              dict(label=0.9, r1=0.3, penalty_every=4, ema=0.9998, decay_after=2000)),
}


def make_training(options, jit=False):
    """The networks of a recipe and what trains them: step(real [N, H, W, 1], draw) returns the losses of D and G."""
    build, g_optimizer, d_optimizer, kind, settings = RECIPES[options["recipe"]]
    return kind(*build(options), g_optimizer(), d_optimizer(), jit, **settings)
