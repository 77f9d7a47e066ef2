"""Measures how gan-train's cost grows: images per second and peak memory, with one setting changed at a time.

The images are synthetic, 100 random ones repeated, so that the data set can have any size; their content does not
change the cost of a step. Each row is a process that trains for --seconds. The first third of its steps does not count.
Run nothing else meanwhile.
"""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from argparse import RawDescriptionHelpFormatter
from pathlib import Path

import tables
from command_line import Parser, count

ROOT = Path(__file__).resolve().parents[2]
DIFFERENT = 100  # images
FEWEST_STEPS = 4  # even if they take longer than --seconds
BASE = {"recipe": "dcgan", "side": 28, "images": 60_000}
ROWS = {
    "batch": [BASE | {"batch-size": size} for size in (16, 32, 64, 128, 256, 512, 1024)],
    "base channels": [BASE | {"base-channels": channels} for channels in (16, 32, 64, 128, 256)],
    "pixels": [BASE | {"recipe": recipe, "side": side}
               for recipe, sides in (("dcgan", (28, 32)), ("upconv", (28, 32, 64)), ("mlp", (28, 64)))
               for side in sides],
    "threads": [BASE | {"threads": threads} for threads in range(1, len(os.sched_getaffinity(0)) + 1)],
    "images": [BASE | {"images": images} for images in (1_000, 10_000, 100_000, 1_000_000)],
}  # fmt: skip


def write_images(path, images, side):
    """Writes an IDX file (include/gan/data/idx.h)."""
    block = random.Random(0).randbytes(DIFFERENT * side * side)
    with open(path, "wb") as file:
        file.write(struct.pack(">IIII", 0x803, images, side, side))
        for _ in range(images // DIFFERENT):
            file.write(block)


def metrics_of(options, folder, row, length):
    """Trains and returns the lines of metrics.jsonl, one per step."""
    data = folder / f"{row['images']}x{row['side']}.idx"
    if not data.exists():
        write_images(data, row["images"], row["side"])
    flags = [f"--{name}={value}" for name, value in row.items() if name not in ("side", "images")]
    silent = ["--quiet", "--device=cpu", "--log-every=1", "--sample-every=0", "--eval-every=0", "--checkpoint-every=0"]
    with tempfile.TemporaryDirectory(dir=folder) as run:
        command = [options.program, *flags, *silent, *length, f"--data={data}", f"--out={run}/run"]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in (Path(run) / "run/metrics.jsonl").read_text().splitlines()]


def time_row(options, folder, row):
    lines = metrics_of(options, folder, row, [f"--max-minutes={options.seconds / 60}", "--epochs=1000000"])
    if len(lines) < FEWEST_STEPS:
        lines = metrics_of(options, folder, row, [f"--steps={FEWEST_STEPS}"])
    first, last = lines[len(lines) // 3], lines[-1]
    rate = (last["images_seen"] - first["images_seen"]) / (last["seconds"] - first["seconds"])
    return rate, last["images_seen"] / last["step"], last["peak_memory_bytes"]


def text_of(what, row):
    if what == "pixels":
        return f"`{row['recipe']}`, {row['side']} x {row['side']}"
    return f"{row[what.replace(' ', '-') if what != 'batch' else 'batch-size']:,}"


def print_table(options, folder, what):
    rows = []
    for row in ROWS[what]:
        rate, batch, peak = time_row(options, folder, row)
        rows.append([text_of(what, row), f"{rate:,.0f}", f"{batch / rate * 1e3:,.1f}", f"{peak / 1e6:,.0f}"])
    print(tables.table([what, "images/s", "ms a step", "peak memory MB"], rows) + "\n", flush=True)


def main():
    parser = Parser(prog="growth.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--program", type=Path, default=ROOT / "build/release/gan-train", help="default: build/release/gan-train")
    add("--seconds", type=count(1), default=6, help="seconds per row (6)")
    options = parser.parse_args()
    if not os.access(options.program, os.X_OK):
        parser.error(f"--program: no program {options.program}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            for what in ROWS:
                print_table(options, Path(folder), what)
        except subprocess.CalledProcessError as failed:
            sys.exit(f"growth.py: gan-train ended with {failed.returncode}")


if __name__ == "__main__":
    main()
