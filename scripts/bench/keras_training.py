"""gan-train's recipes in Keras 3 on TensorFlow: the four tutorials as they are written, and the default recipe."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers, ops  # noqa: E402
from keras.optimizers import SGD, Adam  # noqa: E402
from recipes import learning_rate  # noqa: E402

# ---- Networks -----------------------------------------------------------------------------------


def leaky():
    return layers.LeakyReLU(negative_slope=0.2)


def mlp(options):
    def drop():
        return [layers.Dropout(options["dropout"])] if options["dropout"] else []

    g = keras.Sequential(
        [keras.Input((100,)), layers.Dense(256), leaky(), layers.Dense(512), leaky(), layers.Dense(1024), leaky(),
         layers.Dense(784, activation="tanh")])  # fmt: skip
    d = keras.Sequential(
        [keras.Input((784,)), layers.Dense(1024), leaky(), *drop(), layers.Dense(512), leaky(), *drop(),
         layers.Dense(256), leaky(), *(drop() if options["dropout-last"] else []),
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

    def block(channels, first, norm_last=True):
        """Convolutions with batch norms; without `norm_last` the last has a bias instead. `first(bias)` makes the
        first."""
        biases = [False] * options["depth"] + [not norm_last]
        convs = [first(biases[0])]
        convs += [layers.Conv2D(channels, 3, padding="same", use_bias=bias) for bias in biases[1:]]
        norms = [[] if bias else [norm()] for bias in biases]
        return [layer for conv, after in zip(convs, norms) for layer in (conv, *after, leaky())]

    def up(channels, strides, padding):
        return block(channels, lambda bias: layers.Conv2DTranspose(channels, 4, strides, padding, use_bias=bias))

    def down(channels, padding="same", norm_last=True):
        return block(channels, lambda bias: layers.Conv2D(channels, 4, 2, padding, use_bias=bias), norm_last)

    same = options["same-padding"]
    to_4 = [*([] if same else [layers.ZeroPadding2D(2)]),
            *down(4 * b, "same" if same else "valid", options["d-norm-last"])]  # fmt: skip
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
    functions. `r1` weighs R1 at each `penalty_every`-th step; `ema` is the decay of the average of G's weights;
    `rates_at(step)` gives G's and D's learning rate, if they change."""

    def __init__(self, g, d, g_optimizer, d_optimizer, jit, label, r1=0.0, penalty_every=1, ema=0.0, rates_at=None):
        self.g, self.d, self.label, self.ema, self.rates_at = g, d, label, ema, rates_at
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.weight, self.penalty_every = r1 * penalty_every, penalty_every
        g_optimizer.build(g.trainable_variables)
        d_optimizer.build(d.trainable_variables)
        self.average = [tf.Variable(weight) for weight in g.weights] if ema else []
        self.steps = self.updates = 0  # a fork counts the updates of its average on
        compiled = lambda function: tf.function(function, jit_compile=jit)  # noqa: E731
        self.turns, self.penalty = compiled(self.turns), compiled(self.penalty)

    def step(self, real, draw):
        self.steps += 1
        if self.rates_at:
            for optimizer, rate in zip((self.g_optimizer, self.d_optimizer), self.rates_at(self.steps)):
                optimizer.learning_rate.assign(rate)
        losses = self.turns(real, draw())
        if self.weight and self.steps % self.penalty_every == 0:
            self.penalty(real)
        if self.ema:
            self.updates += 1
            decay = min(self.ema, (1 + self.updates) / (10 + self.updates))
            self.follow(tf.constant(1 - decay, tf.float32))
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


def slow_sgd():
    return SGD(1e-3, momentum=0.9, nesterov=True)


# The networks, the optimizers of G and D, and how both are trained.
TUTORIALS = {
    "mlp": (mlp, tuned_adam, tuned_adam, Chained, dict(label=1.0, fresh_noise=False)),
    "mlp-smooth": (mlp, lambda: "adam", tuned_adam, Chained, dict(label=0.9, fresh_noise=True)),
    "upconv": (upconv, slow_sgd, slow_sgd, Chained, dict(label=1.0, fresh_noise=True)),
    "dcgan-wide": (dcgan, tensorflow_adam, tensorflow_adam, Separate, dict(label=0.9)),
}


def default_training(options, jit):
    """This project's own recipe, which no tutorial has."""
    adams = [PyTorchAdam(options[of + "lr"], beta_1=options[of + "beta1"], beta_2=options[of + "beta2"],
                         epsilon=options[of + "epsilon"]) for of in ("g-", "d-")]  # fmt: skip
    return Separate(
        *dcgan(options), *adams, jit, label=1 - options["label-smoothing"], r1=options["r1"],
        penalty_every=options["penalty-every"], ema=options["ema"],
        rates_at=lambda step: (learning_rate(options, "g-", step), learning_rate(options, "d-", step)))  # fmt: skip


def make_training(options, jit=False):
    """The networks of a recipe and what trains them: step(real [N, H, W, 1], draw) returns the losses of D and G."""
    if options["recipe"] == "dcgan":
        return default_training(options, jit)
    build, g_optimizer, d_optimizer, kind, settings = TUTORIALS[options["recipe"]]
    return kind(*build(options), g_optimizer(), d_optimizer(), jit, **settings)
