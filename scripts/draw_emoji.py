#!/usr/bin/env python3
"""Unpacks the emoji of Noto Color Emoji to train on: 3,926 PNG files of 136 x 128 pixels (SIL Open Font License).

  sudo apt-get install fonts-noto-color-emoji python3-fonttools
  scripts/draw_emoji.py                      # into data/emoji
  scripts/draw_emoji.py FOLDER [FONT.ttf]
"""

import pathlib
import sys

from fontTools.ttLib import TTFont

FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"


def pictures(font):
    """(name, PNG) of each glyph that is a picture."""
    for strike in TTFont(font)["CBDT"].strikeData:
        for name, glyph in strike.items():
            if hasattr(glyph, "imageData"):
                yield name, glyph.imageData


def main():
    if len(sys.argv) > 3 or sys.argv[1:2] == ["--help"]:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "data/emoji")
    if folder.exists():
        sys.exit(f"{folder} is there already; name another folder or remove it")
    found = list(pictures(sys.argv[2] if len(sys.argv) > 2 else FONT))
    folder.mkdir(parents=True)
    for name, png in found:
        (folder / f"{name}.png").write_bytes(png)
    print(f"{len(found)} emoji in {folder}")


if __name__ == "__main__":
    main()
