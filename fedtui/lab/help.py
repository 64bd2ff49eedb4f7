"""The help: every key and what it does."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from fedtui.lab.glyphs import Glyphs
from fedtui.lab.keys import KEYS


class Help(ModalScreen[None]):
    """Over the lab; Esc, ? or Enter closes it, q quits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter", "dismiss", "close"),
        Binding("q", "app.leave", "quit"),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help > VerticalScroll {
        width: 70; height: auto; max-height: 100%; padding: 0 1;
        border: round $primary-darken-2; background: $surface;
        scrollbar-size-vertical: 1;
    }
    Help Static { height: auto; background: $surface; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """One line for each key."""
        with VerticalScroll() as frame:
            if self._glyphs.column == "ascii":
                frame.styles.border = ("ascii", "white")
                frame.styles.scrollbar_size_vertical = 0
            frame.border_title = "Keys"
            frame.border_subtitle = "Esc closes"
            yield Static(self._text(), markup=False)

    def _text(self) -> Text:
        text = Text()
        for key in KEYS:
            shown = "".join(self._glyphs.plain(char) for char in key.shown)
            text.append(f"{shown:>9}  ", "bold")
            text.append("".join(self._glyphs.plain(char) for char in key.does) + "\n")
        text.rstrip()
        return text
