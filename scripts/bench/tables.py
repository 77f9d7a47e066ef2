"""Prints the results of bench.py as tables in Markdown."""

from statistics import median

TITLES = {
    "ours": "gan-train", "ours-bf16": "gan-train, bf16", "eager": "PyTorch, eager",
    "channels-last": "PyTorch, channels-last", "compile": "PyTorch, compiled", "bf16": "PyTorch, bf16",
    "bf16-compile": "PyTorch, bf16, compiled", "keras": "Keras", "keras-xla": "Keras, XLA",
}  # fmt: skip
MB = 1e6


def markdown(result):
    parts = [heading(result)]
    parts += [recipe_table(name, recipe) for name, recipe in result["recipes"].items()]
    if result["first_step"]:
        parts.append(process_table("Start to first step, seconds of the process", result["first_step"]))
    if result["steps_500"]:
        parts.append(process_table("500 steps, seconds of the process", result["steps_500"]))
    return "\n\n".join(parts)


def heading(result):
    machine, versions = result["machine"], result["versions"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores ({' '.join(machine['instructions'])}), "
        f"{result['threads']} threads; "
        f"torch {versions['torch']}, {versions['gan-train']}, Python {versions['python']}; "
        f"{result['date']}; {result['rounds']} rounds: median (min - max)."
    ]
    if result["quick"]:
        lines.append("A quick run: its figures mean nothing.")
    return " ".join(lines)


def table(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def spread(values, form):
    if not values:
        return ""
    return f"{median(values):{form}} ({min(values):{form}} - {max(values):{form}})"


def recipe_table(name, recipe):
    contenders = without_slower_bf16(recipe["contenders"])
    rows = [contender_row(key, contenders) for key in contenders]
    batch = [one["batch_size"] for rounds in contenders.values() for one in rounds if "batch_size" in one][:1]
    title = f"`{name}`, batches of {batch[0] if batch else '?'}, {recipe['steps']} steps, {recipe['warmup']} to warm up"
    columns = ["", "images/s", "gan-train / this", "gan-train bf16 / this", "peak memory MB"]
    return f"{title}:\n\n{table(columns, rows)}"


def without_slower_bf16(contenders):
    """Keeps the faster of PyTorch's bf16, compiled or not."""
    rates = {key: median(values(contenders[key], "images_per_second") or [0])
             for key in ("bf16", "bf16-compile") if key in contenders}  # fmt: skip
    slower = min(rates, key=rates.get) if len(rates) == 2 else None
    return {key: rounds for key, rounds in contenders.items() if key != slower}


def values(rounds, name):
    return [one[name] for one in rounds if name in one]


def contender_row(key, contenders):
    rounds = contenders[key]
    if rounds and "error" in rounds[-1]:
        return [TITLES[key], f"failed: {rounds[-1]['error']}".replace("|", "/"), "", "", ""]
    memory = [peak / MB for peak in values(rounds, "peak_bytes")]
    ratios = [spread(paired_ratios(contenders.get(own, []), rounds), ".2f") for own in ("ours", "ours-bf16")]
    return [TITLES[key], spread(values(rounds, "images_per_second"), ",.0f"), *ratios, spread(memory, ",.0f")]


def paired_ratios(ours, theirs):
    return [a / b for a, b in zip(values(ours, "images_per_second"), values(theirs, "images_per_second"))]


def process_table(title, recipes):
    rows = []
    for name, pair in recipes.items():
        ratios = [theirs / ours for ours, theirs in zip(pair["ours"], pair["eager"])]
        rows.append([f"`{name}`", spread(pair["ours"], ".2f"), spread(pair["eager"], ".2f"), spread(ratios, ".2f")])
    return f"{title}:\n\n" + table(["", TITLES["ours"], TITLES["eager"], "PyTorch / gan-train"], rows)
