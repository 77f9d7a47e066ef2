"""Trains gan-train's recipes in Keras 3 on TensorFlow, to compare speed. tests/python/keras_judge.py compares losses.

  keras_gan.py --recipe R --steps N --warmup W [--xla]
      trains and prints a line of JSON with images per second
  keras_gan.py --recipe R --steps N --samples FOLDER
      trains and writes 10,000 samples at every 500th step, and the seconds of training before them

Written as the tutorials are: train_on_batch, or steps in tf.function. The images are one array in memory.
"""

import json
import sys
from argparse import RawDescriptionHelpFormatter

sys.dont_write_bytecode = True  # the imports below leave nothing in the checkout

from command_line import Fault, Parser  # noqa: E402
from idx import read_bytes  # noqa: E402
from order import Order  # noqa: E402
from recipes import RECIPES, options_of  # noqa: E402
from timing import add_training_flags, rates, require_valid, time_steps, train_and_sample  # noqa: E402


def parse():
    parser = Parser(prog="keras_gan.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", choices=RECIPES, required=True)
    parser.add_argument("--xla", action="store_true", help="compile every function by XLA; without it Keras decides")
    add_training_flags(parser, "TensorFlow")
    arguments = parser.parse_args()
    require_valid(parser, arguments)
    return parser, arguments


def to_bytes(images):
    return ((images + 1) * 127.5).round().clip(0, 255).astype("uint8").tobytes()


def run(arguments):
    import keras_training  # says which backend Keras takes: before NumPy and TensorFlow
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    options = options_of(arguments)
    data, (number, height, width) = read_bytes(arguments.data)
    if options["batch-size"] > number:
        raise Fault(f"--batch-size: expected at most the {number} images of --data")
    random = np.random.default_rng(0)
    images = np.frombuffer(data, np.uint8).reshape(number, height, width, 1)
    order = Order(number, options, random.integers, random.permutation)

    def draw(count=options["batch-size"]):
        shape = count, options["latent-size"]
        if options["noise"] == "uniform":
            return random.uniform(-1, 1, shape).astype("float32")
        return random.standard_normal(shape, "float32")

    training = keras_training.make_training(options, arguments.xla)
    step = lambda: training.step(images[order.next()].astype("float32") / 127.5 - 1, draw)  # noqa: E731
    read = lambda d_loss, g_loss: (float(d_loss), float(g_loss))  # noqa: E731
    if arguments.samples:
        sample = lambda count: to_bytes(training.averaged().predict(draw(count), verbose=0))  # noqa: E731
        return train_and_sample(step, read, sample, arguments)
    marks = time_steps(step, read, arguments.steps, arguments.warmup)
    report = {"recipe": options["recipe"], "variant": "keras", "compiled": arguments.xla, "threads": arguments.threads}
    print(json.dumps(report | rates(marks, options["batch-size"], arguments.warmup)))


def main():
    parser, arguments = parse()
    try:
        run(arguments)
    except Fault as fault:
        parser.error(fault)
    except ImportError as error:
        print(json.dumps({"variant": "keras", "does_not_work": f"{error} (GAN_TENSORFLOW=1 scripts/setup.sh)"}))
        sys.exit(1)


if __name__ == "__main__":
    main()
