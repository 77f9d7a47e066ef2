"""Uses a run's report.html as a reader does.

  report_in_chromium.py RUN     exit code 77: there is no Chromium
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import chromium  # noqa: E402

if chromium.find() is None:
    sys.exit(77)
run = Path(sys.argv[1]).resolve()


def no_number(text):
    raise ValueError(text)


def parsed(line):
    try:
        value = json.loads(line, parse_constant=no_number)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "step" in value else None


lines = [value for value in map(parsed, (run / "metrics.jsonl").read_text().splitlines()) if value]
with chromium.Page((run / "report.html").as_uri()) as page:
    # Curves have the numbers of metrics.jsonl.
    for chart in page.ask("charts.map(chart => ({names: chart.names, columns: chart.columns}))"):
        for name in chart["names"]:
            theirs = [(s, v) for s, v in zip(chart["columns"]["step"], chart["columns"][name]) if v is not None]
            ours = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
            assert theirs == ours and ours, (name, theirs, ours)
    drawn = page.ask("charts.flatMap(chart => chart.names)")
    assert {"d_loss", "g_loss", "d_real", "d_fake", "images_per_second"} <= set(drawn), drawn
    assert page.ask("charts[0].canvas.getContext('2d').getImageData(0, 0, charts[0].canvas.width, "
                    "charts[0].canvas.height).data.some(value => value > 0)"), "nothing was drawn"

    # The slider moves the picture.
    steps = sorted(int(file.stem.removeprefix("step-")) for file in (run / "samples").iterdir())
    last = page.ask("document.querySelector('#frame').src")
    page.ask("slider.value = 0, slider.dispatchEvent(new Event('input'))")
    first = page.ask("document.querySelector('#frame').src")
    assert first != last and first.startswith("data:image/png;base64,")
    assert page.ask("document.querySelector('figcaption').textContent") == f"Samples after step {steps[0]:,}"
    assert page.ask("document.querySelector('#frame').decode().then(() => frame.naturalWidth)") > 0
    page.ask("document.querySelector('.film button').click()")
    page.ask("new Promise(done => setTimeout(done, 300 * (+slider.max + 2)))")
    assert page.ask("+slider.value") == len(steps) - 1, "the film did not play to its end"

    # A drag zooms, hovering tells numbers, a double click shows all again.
    page.drag("canvas", 0.4, 0.8)
    zoomed = page.ask("[view.from, view.to]")
    assert zoomed[0] is not None and zoomed[0] < zoomed[1], zoomed
    told = page.ask("document.querySelector('.legend').textContent")
    assert "step" in told, told
    page.ask("document.querySelector('canvas').dispatchEvent(new MouseEvent('dblclick'))")
    assert page.ask("view.from") is None
    page.ask("axis.value = 'seconds', axis.dispatchEvent(new Event('change'))")
    page.ask("document.querySelector('details').open = true")

    assert page.ask("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length") == 0
    assert page.ask("document.documentElement.scrollWidth <= innerWidth"), "wider than the window"
    assert not page.errors, page.errors
print("seen")
