"""The palette: every action of the lab by its name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from fedtui.lab.glyphs import ASCII
from fedtui.lab.keys import KEYS, Key
from fedtui.scenarios import NAMES

_LONGEST = 100  # characters
_NOT_LISTED = ("command_palette", "close")
_WITHOUT_A_KEY = (
    Key("", "lesson", "", "the first five minutes, from their beginning"),
    Key("", "without_noise", "", "the same run without privacy's noise, to compare with"),
    Key("", "save('json')", "", "save the run as JSON"),
    Key("", "save('csv')", "", "save the run as CSV"),
    Key("", "save('svg')", "", "save the screen as SVG"),
    *(Key("", f"scenario('{name}')", "", f"open the scenario {name}") for name in NAMES),
)


_ALSO_CALLED = {  # action → what a learner may type for it, besides its sentence
    "without_noise": "without noise, no noise, noise off, ε = inf, epsilon inf, ∞",
    "flip('privacy')": "differential privacy, DP, epsilon ε, delta δ",
    "flip('masking')": "secure aggregation, encryption",
    "flip('compression')": "compress, codec, quantize, topk, bits",
    "flip('fedprox')": "proximal, mu μ, drift",
    "settings": "options, change",
    "all_settings": "form, options, epochs, learning rate, rounds, own data, csv, partition",
    "again_new": "other luck, random, seed",
    "drop": "dropout, fault, fall away",
    "attack": "leak, steal, reconstruct a record, membership",
    "branches": "worlds, history",
    "page('readers')": "trust, secrets, server",
    "page('equation')": "formula, math, average",
    "digit(3)": "overlay, difference",
    "digit(4)": "bytes, wire, packets",
    "lesson": "tour, tutorial, start, help",
    "next_theme": "dark, light, colour blind, contrast",
    "save('json')": "export, result",
    "save('csv')": "export, result, table",
    "save('svg')": "export, picture, screenshot",
}


class Search(CommandPalette):
    """The palette, which takes no key too early and no choice too late, and what a person types."""

    def on_mount(self) -> None:
        """A megabyte pasted here would be looked for in every action."""
        self.query_one(Input).max_length = _LONGEST

    def _action_command_list(self, action: str) -> None:
        placed = self.query_one(CommandList).scrollable_content_region
        if placed:  # else Textual 8.2 looks up a line 0 that is not there
            super()._action_command_list(action)

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close; a second Enter may come when that is done, and would close the lab instead."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class LabCommands(Provider):
    """Searches the table of keys."""

    @property
    def _keys(self) -> list[Key]:
        return [*(key for key in KEYS if key.action not in _NOT_LISTED), *_WITHOUT_A_KEY]

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for key in self._keys:
            yield DiscoveryHit(_sentence(key), self._run(key), help=self._pressed(key))

    async def search(self, query: str) -> Hits:
        """Those whose sentence matches, or what else a learner may call them."""
        matcher = self.matcher(query)
        for key in self._keys:
            sentence = _sentence(key)
            by_name = matcher.match(sentence)
            score = max(by_name, matcher.match(_ALSO_CALLED.get(key.action, "")))
            if score > 0:
                shown = matcher.highlight(sentence) if by_name else sentence
                yield Hit(score, shown, self._run(key), help=self._pressed(key))

    def _run(self, key: Key) -> Callable[[], Coroutine[object, object, bool]]:
        return partial(self.app.run_action, f"app.{key.action}")

    def _pressed(self, key: Key) -> str | None:
        """The key as the screen names it."""
        shown = "".join(map(ASCII.plain, key.shown)) if self.app.has_class("ascii") else key.shown
        return f"key {shown}" if shown else None


def _sentence(key: Key) -> str:
    return key.does[0].upper() + key.does[1:]
