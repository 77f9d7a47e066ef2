"""Measures how many minutes of training it takes until samples are good: gan-train beside PyTorch and Keras.

The contenders train one after another, --minutes each. All samples are judged afterwards by gan-eval, 10,000 at each
of --every steps, so that judging takes no time from training. Prints the minutes until mnist_fd was at most each of
--until for the first time, in Markdown. Run nothing else meanwhile.
"""

import json
import os
import subprocess
import sys
import tempfile
from argparse import RawDescriptionHelpFormatter
from pathlib import Path

from bench import OURS, PYTHON, ROOT, Failed, require_files, run, some_of, tell
from command_line import Parser, count
from recipes import RECIPES
from tables import TITLES, table

FOREVER = 10**9


def train_ours(options, contender, folder):
    """Returns (step, seconds of training, what gan-eval judges) at each checkpoint."""
    every = options.every
    flags = ["--recipe", options.recipe, "--data", options.data, "--threads", options.threads, "--device", "cpu",
             "--epochs", FOREVER, "--max-minutes", options.minutes, "--keep-every", every, "--log-every", every,
             "--sample-every", 0, "--eval-every", 0, "--checkpoint-every", 0, "--quiet", "--no-report"]  # fmt: skip
    run([options.program, *flags, *OURS[contender], "--out", folder / "run"])
    lines = [json.loads(line) for line in (folder / "run/metrics.jsonl").read_text().splitlines()]
    return [(line["step"], line["seconds"], ["--checkpoint", folder / f"run/checkpoints/step-{line['step']:06}.pt"])
            for line in lines if line["step"] % every == 0]  # fmt: skip


def train_python(options, contender, folder):
    flags = ["--recipe", options.recipe, "--data", options.data, "--threads", options.threads, "--steps", FOREVER,
             "--minutes", options.minutes, "--samples", folder, "--samples-every", options.every]  # fmt: skip
    run([sys.executable, *PYTHON[contender], *flags])
    lines = [json.loads(line) for line in (folder / "times.jsonl").read_text().splitlines()]
    return [(line["step"], line["seconds"], ["--samples", folder / f"step-{line['step']:06}.idx"]) for line in lines]


def score(options, what):
    judge = [options.program.with_name("gan-eval"), *what, "--data", options.data, "--json"]
    judged = subprocess.run(judge, capture_output=True, text=True)
    if judged.returncode:
        raise Failed((judged.stderr.splitlines() or ["gan-eval failed"])[-1])
    return json.loads(judged.stdout)["scores"]["mnist_fd"]["value"]


def curve(options, contender):
    """(step, seconds, mnist_fd) at each evaluation."""
    train = train_ours if contender in OURS else train_python
    with tempfile.TemporaryDirectory() as folder:
        points = []
        for step, seconds, what in train(options, contender, Path(folder)):
            points.append((step, seconds, score(options, what)))
            tell(f"{options.recipe} {contender}: step {step}, {seconds / 60:.2f} minutes, mnist_fd {points[-1][2]:.2f}")
    return points


def row(options, contender, points):
    first = lambda bound: next((seconds for _, seconds, fd in points if fd <= bound), None)  # noqa: E731
    minutes = lambda seconds: "-" if seconds is None else f"{seconds / 60:.1f}"  # noqa: E731
    step, seconds, fd = points[-1]
    return [TITLES[contender], *(minutes(first(bound)) for bound in options.until), f"{fd:.2f}", f"{step:,}"]


def numbers(text):
    return [float(word) for word in text.split(",")]


def parse():
    contenders, cores = [*OURS, *PYTHON], len(os.sched_getaffinity(0))
    parser = Parser(prog="time_to_quality.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--recipe", choices=RECIPES, default="dcgan", help="default: dcgan")
    add("--contenders", type=some_of(contenders), default=["ours", "eager", "channels-last", "keras"],
        help=f"some of {','.join(contenders)} (ours,eager,channels-last,keras)")  # fmt: skip
    add("--minutes", type=count(1), default=10, help="minutes of training each (10)")
    add("--every", type=count(1), default=500, help="steps between evaluations (500)")
    add("--until", type=numbers, default=[10, 5, 2], help="values of mnist_fd (10,5,2)")
    add("--threads", type=count(1), default=cores, help="default: one per core")
    add("--program", type=Path, default=ROOT / "build/release/gan-train", help="default: build/release/gan-train")
    add("--data", type=Path, default=ROOT / "data/mnist", help="folder of MNIST's files (data/mnist)")
    add("--json", type=Path, help="file for all points")
    options = parser.parse_args()
    require_files(parser, options)
    return options


def main():
    options = parse()
    try:
        curves = {contender: curve(options, contender) for contender in options.contenders}
    except Failed as failed:
        sys.exit(f"time_to_quality.py: {failed}")
    except KeyboardInterrupt:
        sys.exit(130)
    if options.json:
        options.json.write_text(json.dumps(curves, indent=1) + "\n")
    columns = ["", *(f"{bound:g}" for bound in options.until), f"after {options.minutes} minutes", "steps"]
    print(f"`{options.recipe}`, minutes until `mnist_fd` is at most:\n")
    print(table(columns, [row(options, name, points) for name, points in curves.items()]))


if __name__ == "__main__":
    main()
