"""Times steps of a training in Python, and reports them as bench.py and time_to_quality.py read them."""

import json
import time
from pathlib import Path

from command_line import Fault, count
from idx import write_bytes

ROOT = Path(__file__).resolve().parents[2]
READ_LOSSES_EVERY = 100
SAMPLES, SAMPLES_EVERY = 10_000, 500


def time_steps(step, read_losses, steps, warmup):
    """Returns (steps, clock) at the start, after each stretch as long as the warm-up, and at the end."""
    marks = [(0, time.perf_counter())]
    for done in range(1, steps + 1):
        outcome = step()
        if done % READ_LOSSES_EVERY == 0 or done == steps:
            read_losses(*outcome)
        if done == steps or warmup and done % warmup == 0:
            marks.append((done, time.perf_counter()))
    return marks


def rates(marks, batch_size, warmup):
    """Images per second after the warm-up, of all and of each stretch."""
    timed = marks[1:] if warmup else marks
    rate = lambda a, b: batch_size * (b[0] - a[0]) / (b[1] - a[1])  # noqa: E731
    return {
        "batch_size": batch_size, "steps": marks[-1][0], "warmup": warmup,
        "warmup_seconds": timed[0][1] - marks[0][1], "seconds": marks[-1][1] - marks[0][1],
        "images_per_second": rate(timed[0], timed[-1]),
        "images_per_second_chunks": [rate(a, b) for a, b in zip(timed, timed[1:])],
    }  # fmt: skip


def add_timing_flags(parser, library):
    parser.add_argument("--steps", type=count(1), required=True, help="number of steps")
    parser.add_argument("--warmup", type=count(0), default=0, help="how many of them are not timed (0)")
    parser.add_argument("--threads", type=count(0), default=0, help=f"0: {library}'s choice (0)")


def add_training_flags(parser, library):
    """The flags of each Python contender, as `library` understands them."""
    parser.add_argument("--data", default=ROOT / "data/mnist", help="folder with MNIST's files (data/mnist)")
    add_timing_flags(parser, library)
    parser.add_argument("--batch-size", type=count(1), help="default: the recipe's")
    parser.add_argument("--base-channels", type=count(1), help="default: the recipe's")
    parser.add_argument("--samples", type=Path, metavar="FOLDER", help="write samples there, and the minutes they took")
    parser.add_argument("--samples-every", type=count(1), metavar="STEPS", help=f"how often ({SAMPLES_EVERY})")
    parser.add_argument("--minutes", type=count(1), help="end after so many minutes of training")


def require_steps_to_time(parser, arguments):
    if arguments.warmup >= arguments.steps:
        parser.error("--warmup: expected fewer than --steps")


def require_valid(parser, arguments):
    require_steps_to_time(parser, arguments)
    for flag, value in (("--minutes", arguments.minutes), ("--samples-every", arguments.samples_every)):
        if value and not arguments.samples:
            parser.error(f"{flag}: only --samples reads it")
    arguments.samples_every = arguments.samples_every or SAMPLES_EVERY


def train_and_sample(step, read_losses, sample, arguments):
    """Writes samples as IDX files, and the seconds of training before each to times.jsonl. Drawing is not timed.
    `sample(count)` returns the bytes of [count, 28, 28]."""
    folder, seconds = arguments.samples, 0.0
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Fault(f"--samples: {folder} is not empty")
    for done in range(1, arguments.steps + 1):
        begun = time.perf_counter()
        outcome = step()
        if done % READ_LOSSES_EVERY == 0:
            read_losses(*outcome)
        seconds += time.perf_counter() - begun
        if done % arguments.samples_every == 0:
            write_bytes(folder / f"step-{done:06}.idx", sample(SAMPLES), (SAMPLES, 28, 28))
            with open(folder / "times.jsonl", "a") as times:
                print(json.dumps({"step": done, "seconds": seconds}), file=times)
            if arguments.minutes and seconds > 60 * arguments.minutes:
                return
