"""Times steps of a training in Python, and reports them as bench.py reads them."""

import time

READ_LOSSES_EVERY = 100


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
