"""Times gan-train against the same training in PyTorch (pytorch_gan.py) and in Keras (keras_gan.py), and prints tables
in Markdown. The families, and faces on random pixels, run only beside plain PyTorch, as the tests have it
(families_gan.py).

Each contender is a process of its own. All run in turn, --rounds times, so that a slow minute of the machine hits all
of them. Images per second exclude a warm-up, grids and checkpoints. Ratios compare runs of the same round.

Then gan-train and PyTorch as in a tutorial run the other recipes in turn, to time from process start to the first step,
and a process of 500 steps. There gan-train writes its grids, checkpoints and log; PyTorch writes nothing.

Run nothing else meanwhile. The first compiled run fills PyTorch's kernel cache, so its peak memory is that of the C++
compiler.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import datetime, timezone
from pathlib import Path

# Do not import torch here: a child process inherits the peak memory of its parent.
import tables
from command_line import Parser, count
from npz import write_pictures

ROOT = Path(__file__).resolve().parents[2]
PYTORCH, KERAS, FAMILIES = (Path(__file__).with_name(f"{name}_gan.py") for name in ("pytorch", "keras", "families"))
# Some ten seconds each on two cores.
STEPS = {"mlp": 240, "upconv": 11, "dcgan": 220, "dcgan-wide": 28}
FAMILY_STEPS = {"cgan": 400, "infogan": 400, "bigan": 200, "aae": 300, "lapgan": 60, "faces": 30}
SLOW = ("upconv", "dcgan-wide")
PICTURES = 2000, 3, 64, 64  # of faces
QUICK_STEPS, QUICK_BATCH = 12, "8"
LEAST_WARMUP = 5
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16")  # and all that start with amx

OURS = {"ours": [], "ours-bf16": ["--precision", "bf16"]}
PYTHON = {
    "eager": [PYTORCH, "--variant", "eager"],
    "channels-last": [PYTORCH, "--variant", "channels-last"],
    "compile": [PYTORCH, "--variant", "compile"],
    "bf16": [PYTORCH, "--variant", "bf16"],
    "bf16-compile": [PYTORCH, "--variant", "bf16", "--compile"],
    "keras": [KERAS],
    "keras-xla": [KERAS, "--xla"],
}


class Failed(Exception):
    """The error of a contender that failed."""


def run(command):
    """Runs a process to its end. Returns its last line of output, its seconds and its peak memory in bytes."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begun = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        lines = out.read().splitlines() or [""]
        if process.returncode:
            raise Failed(reason(lines[-1], err.read(), process.returncode))
    return lines[-1], seconds, used.ru_maxrss * 1024


def seconds_until(command, sign):
    """Seconds from the start of a process until it prints a line that contains `sign`."""
    begun = time.perf_counter()
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        seen = [time.perf_counter() - begun for line in process.stdout if sign in line]
    if process.returncode or not seen:
        raise Failed(f"{words[0]} ended with {process.returncode} before its first step")
    return seen[0]


def reason(last_line, errors, code):
    if last_line.startswith('{"variant"'):
        return json.loads(last_line)["does_not_work"]
    return (errors.strip().splitlines() or [f"ended with {code}"])[-1]


def of_the_bench(options, recipe, steps):
    data = options.pictures if recipe == "faces" else options.data
    return ["--data", data, "--threads", options.threads, "--steps", steps]


def shared_flags(options, recipe, steps):
    flags = ["--recipe", recipe, *of_the_bench(options, recipe, steps)]
    flags += ["--no-mirror"] if recipe == "faces" else []  # families.py does not mirror
    return flags + (["--batch-size", QUICK_BATCH] if options.quick else [])


def ours(options, folder, recipe, steps, *more):
    flags = shared_flags(options, recipe, steps)
    return [options.program, *flags, "--device", "cpu", "--out", Path(folder) / "run", *more]


def python(options, contender, recipe, steps, *more):
    return [sys.executable, *PYTHON[contender], *shared_flags(options, recipe, steps), *more]


def after_our_first_step(options, folder, recipe, steps, *more):
    """Trains a step with gan-train. Its checkpoint has all settings, and PyTorch goes on from there."""
    run(ours(options, folder, recipe, 1, "--quiet", "--sample-every", "0", "--eval-every", "0"))
    flags = ["--checkpoint", Path(folder) / "run/checkpoints/step-000001.pt", *of_the_bench(options, recipe, steps)]
    return [sys.executable, FAMILIES, *flags, *more]


def warmup_of(steps):
    return max(LEAST_WARMUP, steps // 10)


def time_ours(options, recipe, steps, *more):
    """images_per_second comes from metrics.jsonl. The first logged step is the last of the warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        silent = ["--quiet", "--sample-every", "0", "--eval-every", "0", "--checkpoint-every", "0"]
        flags = [*silent, "--log-every", warmup_of(steps), *more]
        _, seconds, peak = run(ours(options, folder, recipe, steps, *flags))
        lines = [json.loads(line) for line in (Path(folder) / "run/metrics.jsonl").read_text().splitlines()]
    rate = lambda a, b: (b["images_seen"] - a["images_seen"]) / (b["seconds"] - a["seconds"])  # noqa: E731
    return {
        "images_per_second": rate(lines[0], lines[-1]),
        "images_per_second_chunks": [rate(a, b) for a, b in zip(lines, lines[1:])],
        "batch_size": lines[-1]["images_seen"] // lines[-1]["step"],
    } | {"process_seconds": seconds, "peak_bytes": peak}


def time_python(options, contender, recipe, steps):
    with tempfile.TemporaryDirectory() as folder:
        if recipe in FAMILY_STEPS:
            command = after_our_first_step(options, folder, recipe, steps, "--warmup", warmup_of(steps))
        else:
            command = python(options, contender, recipe, steps, "--warmup", warmup_of(steps))
        line, seconds, peak = run(command)
    return json.loads(line) | {"process_seconds": seconds, "peak_bytes": peak}


def time_contender(options, name, recipe, steps):
    if name in OURS:
        return time_ours(options, recipe, steps, *OURS[name])
    return time_python(options, name, recipe, steps)


def tell(text):
    print(text, file=sys.stderr, flush=True)


def contenders_of(options, recipe):
    known = [*OURS, "eager"] if recipe in FAMILY_STEPS else [*OURS, *PYTHON]
    return [name for name in options.contenders if name in known]


def time_recipe(options, recipe):
    """For each contender a list of results, one per round. {"error": why} ends a list."""
    steps = QUICK_STEPS if options.quick else (STEPS | FAMILY_STEPS)[recipe]
    results = {name: [] for name in contenders_of(options, recipe)}
    for turn in range(1, options.rounds + 1):
        for name, rounds in results.items():
            if rounds and "error" in rounds[-1]:
                continue
            try:
                rounds.append(time_contender(options, name, recipe, steps))
                tell(f"{recipe} round {turn} {name}: {rounds[-1]['images_per_second']:.1f} images/s")
            except Failed as failed:
                rounds.append({"error": str(failed)})
                tell(f"{recipe} round {turn} {name}: failed: {failed}")
    require_same_work(recipe, results)
    return {"steps": steps, "warmup": warmup_of(steps), "contenders": results}


def require_same_work(recipe, results):
    sizes = {name: one["batch_size"] for name, rounds in results.items() for one in rounds if "error" not in one}
    if len(set(sizes.values())) > 1:
        sys.exit(f"bench.py: {recipe}: batches of different sizes: {sizes}")


def time_pairs(options, what, time_ours, time_eager):
    """Seconds of both, one pair per round."""
    pairs = {"ours": [], "eager": []}
    for turn in range(1, options.rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            pairs["ours"].append(time_ours(folder))
        pairs["eager"].append(time_eager())
        tell(f"{what} round {turn}: ours {pairs['ours'][-1]:.2f} s, eager {pairs['eager'][-1]:.2f} s")
    return pairs


def time_first_step(options, recipe):
    return time_pairs(
        options, f"{recipe}, first step",
        # A step's line comes with its scores, so it is not judged; the last one's after the run's files, so two.
        lambda folder: seconds_until(ours(options, folder, recipe, 2, "--log-every", 1, "--eval-every", 0), "step 1/"),
        lambda: seconds_until(python(options, "eager", recipe, 1, "--losses"), '"step": 1'),
    )  # fmt: skip


def time_500_steps(options, recipe):
    return time_pairs(
        options, f"{recipe}, 500 steps",
        lambda folder: run(ours(options, folder, recipe, 500, "--quiet"))[1],
        lambda: run(python(options, "eager", recipe, 500))[1],
    )  # fmt: skip


def machine():
    text = Path("/proc/cpuinfo").read_text()
    lines = dict(line.split(":", 1) for line in reversed(text.splitlines()) if ":" in line)
    field = {name.strip(): value.strip() for name, value in lines.items()}
    flags = field.get("flags", field.get("Features", "")).split()
    return {
        "processor": field.get("model name", platform.machine()), "cores": len(os.sched_getaffinity(0)),
        "instructions": [flag for flag in flags if flag.startswith("amx") or flag in INSTRUCTIONS],
    }  # fmt: skip


def versions(options):
    ask = [sys.executable, "-W", "ignore", "-c", "import torch; print(torch.__version__)"]
    program = run([options.program, "--version"])[0]
    return {"torch": run(ask)[0], "gan-train": program, "python": platform.python_version()}


def measure(options):
    result = {"date": datetime.now(timezone.utc).isoformat(timespec="seconds"), "machine": machine(),
              "versions": versions(options), "threads": options.threads, "rounds": options.rounds,
              "quick": options.quick, "recipes": {}, "first_step": {}, "steps_500": {}}  # fmt: skip
    for recipe in options.recipes:
        result["recipes"][recipe] = time_recipe(options, recipe)
        save(options.json, result)  # keep what is measured if a later part fails
    for recipe in [recipe for recipe in options.recipes if recipe not in FAMILY_STEPS]:
        result["first_step"][recipe] = time_first_step(options, recipe)
        if not options.quick and (options.full or recipe not in SLOW):
            result["steps_500"][recipe] = time_500_steps(options, recipe)
        save(options.json, result)
    return result


def save(path, result):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


def some_of(words):
    def parse(text):
        wrong = [word for word in text.split(",") if word not in words]
        if wrong:
            raise ArgumentTypeError(f"expected some of {','.join(words)}, got '{wrong[0]}'")
        return text.split(",")

    return parse


def add_shared_flags(parser, contenders):
    """The flags of this program and time_to_quality.py. `contenders` are those that run by default."""
    add, names, cores = parser.add_argument, [*OURS, *PYTHON], len(os.sched_getaffinity(0))
    default = "all" if contenders == names else ",".join(contenders)
    add("--contenders", type=some_of(names), default=contenders, help=f"some of {','.join(names)} ({default})")
    add("--threads", type=count(1), default=cores, help="default: one per core")
    add("--program", type=Path, default=ROOT / "build/release/gan-train", help="default: build/release/gan-train")
    add("--data", type=Path, default=ROOT / "data/mnist", help="folder of MNIST's files (data/mnist)")


def parse():
    recipes = [*STEPS, *FAMILY_STEPS]
    parser = Parser(prog="bench.sh", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--recipes", type=some_of(recipes), default=recipes, help="for example mlp,dcgan (all)")
    add_shared_flags(parser, [*OURS, *PYTHON])
    add("--rounds", type=count(1), help="default: 3")
    add("--full", action="store_true", help="also 500 steps of the slow recipes: an hour more on two cores")
    add("--quick", action="store_true", help="one round of a few small steps, as a test; its figures mean nothing")
    add("--json", type=Path, default=ROOT / "build/bench.json", help="file for all raw numbers (build/bench.json)")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    require_files(parser, options)
    of_mnist = [recipe for recipe in options.recipes if recipe in FAMILY_STEPS and recipe != "faces"]
    if of_mnist and not any(options.data.glob("train-labels-idx1-ubyte*")):
        parser.error(f"--data: no train-labels-idx1-ubyte in {options.data}, which {of_mnist[0]} needs")
    for recipe in options.recipes:
        if not contenders_of(options, recipe):
            parser.error(f"--contenders: {recipe} has only ours, ours-bf16 and eager")
    return options


def require_files(parser, options):
    if not os.access(options.program, os.X_OK) or options.program.is_dir():
        parser.error(f"--program: no program {options.program} (cmake --build --preset release builds it)")
    if not any(options.data.glob("train-images-idx3-ubyte*")):
        parser.error(f"--data: no train-images-idx3-ubyte in {options.data} (scripts/fetch_data.sh fetches it)")
    if options.json and options.json.is_dir():
        parser.error(f"--json: {options.json} is a folder")


def main():
    options = parse()
    try:
        with tempfile.TemporaryDirectory() as folder:
            options.pictures = Path(folder) / "pictures.npz"
            if "faces" in options.recipes:
                write_pictures(options.pictures, PICTURES)
            print(tables.markdown(measure(options)))
    except Failed as failed:
        sys.exit(f"bench.py: {failed}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
