"""Measures how many minutes of training it takes until samples are good: gan-train beside PyTorch and Keras.

The contenders train one after another, --minutes each. 10,000 samples of every --every steps are judged as gan-eval
does; that time does not count. Prints the minutes until the Fréchet distance (mnist_fd for MNIST's classifier) was at
most each of --until for the first time, in Markdown. Run nothing else meanwhile.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path

from bench import OURS, Failed, add_shared_flags, ours, python, require_files, run, tell
from command_line import Parser, count
from recipes import RECIPES
from tables import TITLES, table
from timing import SAMPLES

FOREVER = 10**9


def race_ours(options, contender, folder):
    flags = ["--log-every", options.every, "--eval-every", options.every, "--eval-samples", SAMPLES,
             "--sample-every", 0, "--checkpoint-every", 0, "--quiet", "--no-report"]  # fmt: skip
    metrics, limit = folder / "run/metrics.jsonl", 60 * options.minutes
    run_until(lambda: any(seconds > limit for _, seconds, _ in points_in(metrics)),
              ours(options, folder, options.recipe, FOREVER, *flags, *OURS[contender]))  # fmt: skip
    return [point for point in points_in(metrics) if point[1] <= limit]


def run_until(done, command):
    """Ends the process when done() is true."""
    with tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=err)
        try:
            while process.poll() is None and not done():
                time.sleep(1)
        finally:
            ended = process.poll()
            process.terminate()
            process.wait()
        if ended is not None:
            err.seek(0)
            raise Failed((err.read().splitlines() or [f"gan-train ended with {ended}"])[-1])


def points_in(metrics):
    """A line of metrics precedes an evaluation, whose own line follows it: their difference is not training."""
    lines = metrics.read_text() if metrics.exists() else ""
    judging, logged = 0.0, None
    for line in map(json.loads, lines[: lines.rfind("\n") + 1].splitlines()):
        if line["kind"] == "step":
            logged = line["seconds"]
        else:
            yield line["step"], logged - judging, frechet_distance(line)
            judging += line["seconds"] - logged


def frechet_distance(scores):
    """The score is named after the classifier."""
    return next(value for name, value in scores.items() if name.endswith("_fd"))


def race_python(options, contender, folder):
    flags = ["--minutes", options.minutes, "--samples", folder, "--samples-every", options.every]
    run(python(options, contender, options.recipe, FOREVER, *flags))
    lines = map(json.loads, (folder / "times.jsonl").read_text().splitlines())
    return [(line["step"], line["seconds"], score(options, folder / f"step-{line['step']:06}.idx"))
            for line in lines if line["seconds"] <= 60 * options.minutes]  # fmt: skip


def score(options, samples):
    judge = [options.program.with_name("gan-eval"), "--samples", samples, "--data", options.data, "--json"]
    judged = subprocess.run(judge, capture_output=True, text=True)
    if judged.returncode:
        raise Failed((judged.stderr.splitlines() or ["gan-eval failed"])[-1])
    return frechet_distance(json.loads(judged.stdout)["scores"])["value"]


def race(options, contender):
    """(step, seconds of training, distance) at each evaluation."""
    with tempfile.TemporaryDirectory() as folder:
        points = (race_ours if contender in OURS else race_python)(options, contender, Path(folder))
    if not points:
        raise Failed(f"{contender} took longer than {options.minutes} minutes for {options.every} steps")
    for step, seconds, fd in points:
        tell(f"{options.recipe} {contender}: step {step}, {seconds / 60:.2f} minutes, distance {fd:.2f}")
    return points


def race_all(options):
    """The points of each contender, or why it failed. Saves what there is after each."""
    curves = {}
    for contender in options.contenders:
        try:
            curves[contender] = race(options, contender)
        except Failed as failed:
            curves[contender] = str(failed)
            tell(f"{options.recipe} {contender}: failed: {failed}")
        if options.json:
            options.json.write_text(json.dumps(curves, indent=1) + "\n")
    return curves


def row(options, contender, points):
    if isinstance(points, str):
        return [TITLES[contender], f"failed: {points}".replace("|", "/"), *[""] * (len(options.until) + 1)]
    first = lambda bound: next((seconds for _, seconds, fd in points if fd <= bound), None)  # noqa: E731
    minutes = lambda seconds: "-" if seconds is None else f"{seconds / 60:.1f}"  # noqa: E731
    step, seconds, fd = points[-1]
    return [TITLES[contender], *(minutes(first(bound)) for bound in options.until), f"{fd:.2f}", f"{step:,}"]


def numbers(text):
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise ArgumentTypeError(f"expected numbers such as 10,5,2, got '{text}'") from None


def parse():
    parser = Parser(prog="time_to_quality.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--recipe", choices=RECIPES, default="dcgan", help="default: dcgan")
    add_shared_flags(parser, ["ours", "eager", "channels-last", "keras"])
    add("--minutes", type=count(1), default=10, help="minutes of training each (10)")
    add("--every", type=count(1), default=500, help="steps between evaluations (500)")
    add("--until", type=numbers, default=[10, 5, 2], help="distances (10,5,2)")
    add("--json", type=Path, help="file for all points")
    parser.set_defaults(quick=False)
    options = parser.parse_args()
    require_files(parser, options)
    judge = options.program.with_name("gan-eval")
    if not os.access(judge, os.X_OK):
        parser.error(f"--program: no gan-eval beside it, {judge}")
    if options.json and not options.json.parent.is_dir():
        parser.error(f"--json: no folder {options.json.parent}")
    return options


def main():
    options = parse()
    try:
        curves = race_all(options)
    except KeyboardInterrupt:
        sys.exit(130)
    if all(isinstance(points, str) for points in curves.values()):
        sys.exit(1)
    columns = ["", *(f"{bound:g}" for bound in options.until), f"after {options.minutes} min", "steps"]
    print(f"`{options.recipe}`, minutes until the Fréchet distance is at most:\n")
    print(table(columns, [row(options, name, points) for name, points in curves.items()]))


if __name__ == "__main__":
    main()
