"""Compares the images of an explorer's page with those of gan-sample, and uses its controls.

  explorer_in_chromium.py PAGE.html SAMPLES.npy     SAMPLES: of the seeds from 0 on; exit code 77: there is no Chromium
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
import chromium  # noqa: E402
import numpy  # noqa: E402

if chromium.find() is None:
    sys.exit(77)
samples = numpy.load(sys.argv[2])
with chromium.Page(Path(sys.argv[1]).resolve().as_uri()) as page:
    theirs = page.ask(f"Array.from({{length: {len(samples)}}}, (_, seed) => [...bytesOf(generate(latentOfSeed(seed)))])")
    differences = numpy.abs(numpy.array(theirs).reshape(samples.shape) - samples.astype(int))
    assert samples.std() > 1
    assert differences.max() <= 1, f"{differences.max()} grey levels"

    picture = "find('image').toDataURL()"
    first = page.ask(picture)
    page.ask("document.querySelectorAll('#controls input[type=range]').forEach(slider => {"
             "  slider.value = 2, slider.dispatchEvent(new Event('input')); })")
    assert page.ask(picture) != first, "sliders change nothing"
    page.ask("find('reset').click()")
    assert page.ask(picture) == first
    page.ask("document.querySelectorAll('#samples button')[3].click()")
    assert page.ask("[state.seed, find('kept').children.length]") == [4, 1]
    page.ask("find('another').click(), document.querySelector('#kept button').click()")
    assert page.ask(picture) == page.ask("(paint(find('image'), generate(latentOfSeed(4))), find('image').toDataURL())")
    # What a tile shows is what a click on it draws, whatever the sliders say; Reset brings the seed's own back.
    tile = "document.querySelector('#samples button canvas').toDataURL()"
    page.ask("document.querySelectorAll('#controls input[type=range]').forEach(slider => {"
             "  slider.value = 1, slider.dispatchEvent(new Event('input')), slider.dispatchEvent(new Event('change')); })")
    shown = page.ask(tile)
    page.ask("document.querySelector('#samples button').click()")
    assert page.ask(picture) == shown, "a tile shows another image than a click on it"
    page.ask("document.querySelector('#kept button').click(), find('reset').click()")
    assert page.ask(f"{picture} === (paint(find('image'), generate(latentOfSeed(+find('seed').value))), {picture})")
    assert page.ask(f"{tile} === (paint(find('image'), generate(latentOfSeed(state.seed + 1))), {picture})"), "stale tiles"
    for select in page.ask("[...document.querySelectorAll('#controls select')].map(list => list.id)"):
        page.ask(f"{select}.value = 7, {select}.dispatchEvent(new Event('change'))")
        assert page.ask(f"latent().{select}.indexOf(1)") == 7
    page.ask("find('play').click()")
    page.ask("new Promise(done => setTimeout(done, 400))")
    assert 0 < page.ask("+find('way').value") < 1, "the film stands still"
    page.ask("document.querySelector('#samples button').click()")
    still = page.ask(picture)
    page.ask("new Promise(done => setTimeout(done, 200))")
    assert page.ask(picture) == still, "the film goes on over what was clicked"
    page.ask("find('from').value = -5, find('from').dispatchEvent(new Event('change'))")
    assert page.ask("+find('from').value") == 0
    assert not page.errors, page.errors
    rate = page.ask("(() => { const row = latentOfSeed(1), begin = performance.now(); let n = 0;"
                    "while (performance.now() - begin < 200) generate(row), ++n; return n * 5; })()")
    print(f"{rate:.0f} images a second")
