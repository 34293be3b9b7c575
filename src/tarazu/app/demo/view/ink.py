"""What a screen is drawn with: the characters that this terminal has."""

import msgspec


class Ink(msgspec.Struct, frozen=True, kw_only=True):
    dots: tuple[tuple[int, ...], ...]
    """The bit of each dot of a cell, row by row from the top."""
    cells: str
    """The character of each sum of bits."""
    thick: int
    """Dots of a line."""
    rule: str
    between: str
    """Two panes side by side."""
    shade: str
    bought: str
    sold: str
    fault: str
    cut: str
    """In place of what has no room."""

    @property
    def across(self) -> int:
        return len(self.dots[0])

    @property
    def down(self) -> int:
        return len(self.dots)


# Unicode 15, "Braille Patterns": U+2800 and a bit for each of the dots 1-8, which stand 1 4 / 2 5 / 3 6 / 7 8.
BRAILLE = Ink(
    dots=((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)),
    cells=" " + "".join(chr(0x2800 + bits) for bits in range(1, 256)),
    thick=2,
    rule="─",
    between="│",
    shade="░",
    bought="▲",
    sold="▼",
    fault="!",
    cut="…",
)
ASCII = Ink(
    dots=((1,), (2,)),
    cells=" '.:",
    thick=1,
    rule="-",
    between="|",
    shade="/",
    bought="^",
    sold="v",
    fault="!",
    cut="~",
)


def ink_of(encoding: str, terminal: str) -> Ink:
    """`terminal` as in TERM: the console of Linux writes UTF-8 and has no font with Braille."""
    return BRAILLE if encoding.lower().startswith("utf") and terminal != "linux" else ASCII
