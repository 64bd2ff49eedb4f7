"""The form: every setting of a scenario, by the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.errors import EngineError
from engine.scenario import Scenario
from fedtui import scenarios, words
from fedtui.draft import Draft, Field, is_switch
from fedtui.lab.asker import Asker
from fedtui.lab.form_page import PRESETS, Place, Said, count, field_at, page, sections
from fedtui.lab.glyphs import Glyphs
from fedtui.lab.sheet import SMALLEST, Sheet
from fedtui.rehearsal import rehearse
from fedtui.safe import safe

_MOST = 10_000  # characters of a value


class Form(Screen[Scenario | None]):
    """Closes with the new scenario, or with None where nothing changed."""

    _asker: ClassVar = Asker()  # one thread, however often a form is opened
    AUTO_FOCUS: ClassVar[str | None] = ""  # the field has the focus only while it is written in
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "the setting above", show=False),
        Binding("down", "move(1)", "the setting below", show=False),
        Binding("left,minus", "step(-1)", "the value before", show=False),
        Binding("right,plus,equals_sign", "step(1)", "the next value", show=False),
        Binding("enter", "edit", "write a value", show=False),
        Binding("tab", "section(1)", "the next section", show=False),
        Binding("shift+tab", "section(-1)", "the section before", show=False),
        Binding("space", "flip", "on or off", show=False),
        Binding("d", "reset", "back to the default", show=False),
        Binding("escape", "close", "done", show=False),
        Binding("q", "app.leave", "quit at once", show=False),
        *(
            Binding(str(n), f"digit({n})", "a number, or a section", show=False)
            for n in range(1, 10)
        ),
    ]
    DEFAULT_CSS = """
    Form { align: center middle; background: $background; layers: base over; }
    Form > Sheet {
        width: 100%; max-width: 100; height: 100%; max-height: 25;
        border: round $foreground 40%; background: $background;
        border-title-color: $foreground; border-title-style: bold;
    }
    Form > Input {
        layer: over; position: absolute; display: none;
        background: $panel; color: $foreground;
    }
    Form > Static { display: none; padding: 0 1; }
    Form.-small > Sheet { display: none; }
    Form.-small > Static { display: block; }
    """

    def __init__(self, draft: Draft, section: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._draft = self._first = draft
        self._glyphs = glyphs
        self._sections = sections()
        self._section = section if section in self._sections else PRESETS
        self._at = dict.fromkeys(self._sections, 0)
        self._refusal = self._note = ""
        self._giving_up = False  # the next Esc leaves everything as it was
        self._sheet = Sheet(glyphs)
        self._input = Value(compact=True, max_length=_MOST, select_on_focus=False)
        if self._section == PRESETS and draft.preset:
            self._at[PRESETS] = scenarios.NAMES.index(draft.preset)

    def compose(self) -> ComposeResult:
        """The sheet, the field that a value is written in, a sentence where there is no room."""
        yield self._sheet
        yield self._input
        yield Static(words.SETTINGS_SMALL, markup=False)

    def on_mount(self) -> None:
        """What the theme cannot know."""
        if self._glyphs.column == "ascii":
            self._sheet.styles.border = ("ascii", "white")
        elif self._glyphs.column == "block":  # a console has no round corners
            self._sheet.styles.border = ("solid", "white")
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Too small, or place the field anew."""
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-small")
        self.call_after_refresh(self._put)

    # What is seen

    def _show(self) -> None:
        said = Said(self._refusal, self._note, self._input.display, self._giving_up)
        self._sheet.border_title = self._title()
        changes = len(self._first.differences(self._draft))
        self._sheet.border_subtitle = self._plain(words.changes(changes))
        self._sheet.show(page(self._draft, self._place, said))

    def _title(self) -> str:
        title = str(self._draft.given.get("title", self._draft.given.get("name", "")))
        return self._plain(f"{words.SETTINGS}: {safe(title)}" if title else words.SETTINGS)

    def _plain(self, text: str) -> str:
        return "".join(self._glyphs.plain(char) for char in text).replace("[", r"\[")

    @property
    def _place(self) -> Place:
        return Place(self._section, self._at[self._section])

    @property
    def _field(self) -> Field | None:
        """The setting in focus; None on a scenario."""
        return field_at(self._draft, self._place)

    # Changing

    def _try(self, change: Callable[[], Draft], unchanged: str = "") -> bool:
        """Make a change, or say why not; whether it was made."""
        self._quiet()
        try:
            new = change()
        except EngineError as error:
            self._refusal = str(error)
            self._show()
            return False
        followed = self._draft.followed(self._field.key, new) if self._field else {}
        self._note = words.settings_followed(followed) if followed else ""
        self._note = unchanged if new == self._draft else self._note
        self._draft = new
        self._show()
        return True

    def action_step(self, by: int) -> None:
        """The next value of the setting in focus."""
        field = self._field
        if field is None or not self._done_typing():
            return
        choices = field.knob.choices
        stuck = words.SETTINGS_ONE_CHOICE if len(choices) == 1 else words.SETTINGS_NO_STEP
        self._try(lambda: self._draft.step(field.key, by), stuck)

    def action_reset(self) -> None:
        """The setting in focus back at its default."""
        field = self._field
        if field is not None:
            self._try(lambda: self._draft.reset(field.key))

    def action_flip(self) -> None:
        """The section on or off; on the first page, choose."""
        section = self._section
        if section == PRESETS:
            self.action_edit()
            return
        on = not self._draft.on(section)
        told = "" if is_switch(section) else words.SETTINGS_NO_SWITCH
        self._try(lambda: self._draft.with_section(section, on), told)

    def action_edit(self) -> None:
        """Write the value of the setting in focus, or choose the scenario in focus."""
        field = self._field
        if field is None:
            name = scenarios.NAMES[self._at[PRESETS]]
            self._try(lambda: self._draft.with_preset(name))
        elif field.locked:
            self._refusal = field.locked
            self._show()
        else:
            self._open(field)

    def _open(self, field: Field) -> None:
        self._quiet()
        self._input.value = field.text
        self._input.display = True
        self._put()
        self._input.focus()
        self._input.select_all()
        self._show()

    def _put(self) -> None:
        offset, room = self._sheet.place()
        corner = self._sheet.content_region.offset
        self._input.styles.offset = corner + offset
        self._input.styles.width = room

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: take what was written."""
        event.stop()
        self._done_typing()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Whoever writes on has read the refusal."""
        event.stop()
        if self._refusal and self._input.display:
            self._refusal = ""
            self._show()

    def on_value_refused(self, event: Value.Refused) -> None:
        """More text than a setting can hold."""
        event.stop()
        self._refusal = words.SETTINGS_TOO_LONG
        self._show()

    def _done_typing(self) -> bool:
        """Take what was written, if anything was; whether the field is closed."""
        field = self._field
        if not self._input.display or field is None:
            return True
        old, text = self._draft, self._input.value
        if not self._try(lambda: self._draft.with_text(field.key, text)):
            return False
        if field.key == "data.source" and self._draft != old:
            self._note = words.SETTINGS_OTHER_SOURCE
        self._put_away()
        return True

    def _put_away(self) -> None:
        self._input.display = False
        self.set_focus(None)
        self._show()

    # Going about

    def action_move(self, by: int) -> None:
        """The setting above or below."""
        if self._done_typing():
            lines = count(self._draft, self._section)
            self._at[self._section] = max(0, min(self._at[self._section] + by, lines - 1))
            self._turn()

    def action_section(self, by: int) -> None:
        """The next section, or the one before."""
        self.action_go((self._sections.index(self._section) + by) % len(self._sections))

    def action_digit(self, digit: int) -> None:
        """Begins to write a number where one is in focus; else a section by its place."""
        field = self._field
        if field is None or field.locked or field.kind not in (int, float):
            self.action_go(digit - 1)
            return
        self._open(field)
        self._input.value = str(digit)
        self._input.cursor_position = 1

    def action_go(self, index: int) -> None:
        """A section by its place."""
        if index < len(self._sections) and self._done_typing():
            self._section = self._sections[index]
            self._turn()

    def _turn(self) -> None:
        self._quiet()
        self._show()

    def _quiet(self) -> None:
        """What was said is over."""
        self._refusal = self._note = ""
        self._giving_up = False

    # Closing

    def action_close(self) -> None:
        """Give up what is being written; else close, if what came of it can run."""
        if self._input.display:
            self._quiet()
            self._put_away()
        elif self._giving_up or not self._draft.changed:
            self._close(None)
        elif self._draft.problem:
            self._stay(self._draft.problem)
        else:
            self._giving_up = True  # who does not want to wait for the patients
            self._note = words.SETTINGS_READING
            self._show()
            self.run_worker(self._rehearse(self._draft), exit_on_error=True)

    async def _rehearse(self, draft: Draft) -> None:
        """Close with what came of the draft, unless its patients cannot be used with it."""
        scenario = draft.scenario()
        try:
            await self._asker.ask(lambda: rehearse(scenario))
        except EngineError as error:
            if draft is self._draft and self.is_attached:
                self._stay(str(error))
            return
        if draft is self._draft and self.is_attached and self._giving_up:
            self._close(scenario)

    def _close(self, scenario: Scenario | None) -> None:
        if self.is_active:  # dismissing takes what is on top, whichever screen that is
            self.dismiss(scenario)
        else:  # under the palette: the next Esc closes it
            self._turn()

    def _stay(self, why: str) -> None:
        self._giving_up = True
        self._note = ""
        self._refusal = f"{why} {words.SETTINGS_STUCK}"
        self._show()


class Value(Input):
    """A field that says when it is full, instead of ringing a bell."""

    class Refused(Message):
        """More was written or pasted than fits."""

    def restricted(self) -> None:
        """Say so."""
        self.post_message(self.Refused())
