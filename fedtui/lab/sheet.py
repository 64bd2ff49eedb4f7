"""The sheet of a form: sections on the left, the settings of one on the right, what they mean below.

It is given a page and draws it; what the page says is the form's affair. Colours are those of the
theme, through component classes, so that every theme has its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.geometry import Offset
from textual.widget import Widget

from fedtui.lab.cells import wrap
from fedtui.lab.glyphs import Glyphs
from fedtui.safe import safe

SMALLEST = (60, 18)  # cells, of the terminal
_SECTIONS = 17  # cells, the column of sections
_VALUE, _KEY = 14, 15  # cells
_FOOT = 5  # lines: what a setting means, and what is wrong
_ROOMY = 74  # cells, from here on a setting's own key stands beside it


@dataclass(frozen=True)
class Tab:
    """A section in the column on the left; `on` is None where it cannot be off."""

    name: str
    on: bool | None
    wrong: bool
    locked: bool


@dataclass(frozen=True)
class Row:
    """A setting, or something to choose, on the right.

    Attributes:
        picked: Whether it is the chosen one of several; None where it is no choice.
        bold: Somebody set it.
        faint: It changes nothing now, or cannot be changed here.
    """

    name: str
    value: str = ""
    unit: str = ""
    key: str = ""
    picked: bool | None = None
    wrong: bool = False
    bold: bool = False
    faint: bool = False


@dataclass(frozen=True)
class Page:
    """All that a sheet shows."""

    tabs: tuple[Tab, ...]
    tab: int
    rows: tuple[Row, ...]
    row: int
    means: tuple[str, ...]  # one paragraph each
    wrong: str
    note: str
    keys: tuple[tuple[str, str, int], ...]


class Sheet(Widget):
    """Draws a page."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"sheet--{name}" for name in ("text", "bright", "dim", "faint", "accent", "wrong", "bar")
    }
    DEFAULT_CSS = """
    Sheet > .sheet--text { color: $foreground; }
    Sheet > .sheet--bright { color: $foreground; text-style: bold; }
    Sheet > .sheet--dim { color: $foreground 75%; }
    Sheet > .sheet--faint { color: $foreground 50%; }
    Sheet > .sheet--accent { color: $accent; text-style: bold; }
    Sheet > .sheet--wrong { color: $warning; text-style: bold; }
    Sheet > .sheet--bar { background: $panel; }
    Sheet:ansi > .sheet--faint { color: ansi_bright_black; }
    Sheet:ansi > .sheet--dim { color: ansi_default; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._page: Page | None = None

    def show(self, page: Page) -> None:
        """Draw `page`."""
        if page != self._page:
            self._page = page
            self.refresh()

    def render(self) -> Text:
        """Line by line."""
        width, height = self.size
        if self._page is None or width < 20:
            return Text()
        body = height - _FOOT - 2
        lines = [*self._body(self._page, width, body), self._rule(width)]
        lines += self._foot(self._page, width)
        return Text("\n").join([*lines, self._hints(self._page, width)])

    def place(self) -> tuple[Offset, int]:
        """Where the value of the current row stands, from the sheet's own corner, and its room."""
        page = self._page
        row = page.row - self._top(page, self.size.height - _FOOT - 2) if page else 0
        left = _SECTIONS + 2 + 3 + self._name_width(self.size.width)
        return Offset(left, row), max(1, self.size.width - left - 1)

    # Parts

    def _body(self, page: Page, width: int, height: int) -> Iterator[Text]:
        rows = self._rows(page, width - _SECTIONS - 2, height)
        for line in range(height):
            tab = self._tab(page, line) if line < len(page.tabs) else Text(" " * _SECTIONS)
            yield Text.assemble(tab, self._piece("│ ", "faint"), next(rows, Text("")))

    def _tab(self, page: Page, index: int) -> Text:
        tab, current = page.tabs[index], index == page.tab
        mark = self._glyphs["chosen"] if current else " "
        quiet = "faint" if tab.locked else "dim" if tab.on is False else "text"
        style = "accent" if current else quiet
        state = " " if tab.on is None else self._glyphs["on" if tab.on else "off"]
        wrong = self._glyphs["lost"] if tab.wrong else " "
        return Text.assemble(
            self._piece(f"{mark} ", "accent"),
            self._piece(set_cell_size(tab.name, _SECTIONS - 6), style),
            self._piece(f"{wrong} ", "wrong"),
            self._piece(f"{state} ", "accent" if tab.on else "faint"),
        )

    def _rows(self, page: Page, width: int, height: int) -> Iterator[Text]:
        top = self._top(page, height)
        for index in range(top, min(top + height, len(page.rows))):
            line = self._row(page.rows[index], width, index == page.row)
            hidden = (index == top > 0) or (index == top + height - 1 < len(page.rows) - 1)
            if hidden:  # more settings this way
                line.right_crop(1)
                line.append_text(self._piece("…", "accent"))
            yield line

    def _top(self, page: Page, height: int) -> int:
        """The first row shown, so that the current one and its neighbours are seen."""
        return max(0, min(page.row - height // 2, len(page.rows) - height))

    def _row(self, row: Row, width: int, current: bool) -> Text:
        roomy = width + _SECTIONS + 2 >= _ROOMY
        name = self._name_width(width + _SECTIONS + 2)
        mark = " " if row.picked is None else self._glyphs["on" if row.picked else "off"]
        style = "faint" if row.faint else "bright" if row.bold else "text"
        lead = self._glyphs["chosen"] if current else self._glyphs["lost"] if row.wrong else " "
        room = width - 3 - name - (_KEY if roomy else 0)
        line = Text.assemble(
            self._piece(lead, "wrong" if row.wrong else "accent"),
            self._piece(f"{mark} ", "accent" if row.picked else "faint"),
            self._piece(self._fit(row.name, name - 1) + " ", "wrong" if row.wrong else style),
            self._value(row, room, style),
        )
        if roomy:
            line.append_text(self._piece(self._fit(row.key, _KEY), "faint"))
        if current:
            line.stylize(self.get_component_rich_style("sheet--bar", partial=True))
        return line

    def _value(self, row: Row, room: int, style: str) -> Text:
        value = self._fit(row.value, room - 1).rstrip(" ")
        left = room - cell_len(value)
        unit = f" {row.unit}" if row.unit and len(row.unit) + 1 < left else ""
        return Text.assemble(
            self._piece(value, style),
            self._piece(set_cell_size(unit, left), "faint" if row.faint else "dim"),
        )

    def _name_width(self, width: int) -> int:
        room = width - _SECTIONS - 2 - 3 - (_KEY if width >= _ROOMY else 0)
        return max(12, min(room - _VALUE, 32))

    def _rule(self, width: int) -> Text:
        return self._piece("─" * width, "faint")

    def _foot(self, page: Page, width: int) -> list[Text]:
        wrong = self._wrapped(page.wrong, "wrong", width, _FOOT - 1)
        wrong = wrong or self._wrapped(page.note, "accent", width, 2)
        means: list[Text] = []
        for index, told in enumerate(page.means):
            means += self._wrapped(told, "dim" if index else "text", width, 3)
        lines = [*means[: _FOOT - len(wrong)], *wrong]
        return lines + [Text("")] * (_FOOT - len(lines))

    def _wrapped(self, told: str, style: str, width: int, most: int) -> list[Text]:
        lines = wrap(safe(told), width - 2, most)
        return [self._piece(f" {line}", style) for line in lines]

    def _hints(self, page: Page, width: int) -> Text:
        hints = list(page.keys)
        while sum(len(key) + len(does) + 4 for key, does, _ in hints) > width + 2:
            hints.remove(min(hints, key=lambda hint: hint[2]))
        line = Text(" ")
        for key, does, _ in hints:
            line.append_text(self._piece(key, "bright"))
            line.append_text(self._piece(f" {does}   ", "dim"))
        return line

    # Pieces

    def _fit(self, text: str, width: int) -> str:
        """Safe to show, in this column of glyphs, and exactly so wide."""
        width = max(0, width)
        shown = "".join(self._glyphs.plain(char) for char in safe(text[: 4 * width + 4]))
        if cell_len(shown) > width and width:
            return set_cell_size(shown, width - 1) + self._glyphs.plain("…")
        return set_cell_size(shown, width)

    def _piece(self, text: str, style: str) -> Text:
        shown = "".join(self._glyphs.plain(char) for char in text)
        return Text(shown, self.get_component_rich_style(f"sheet--{style}"), end="")
