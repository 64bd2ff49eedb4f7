"""The least that Textual can show: what fedtui's start is measured against."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App[None]):
    """One line, and q to quit."""

    BINDINGS: ClassVar = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        """A single word."""
        yield Static("hello")


if __name__ == "__main__":
    Hello().run()
