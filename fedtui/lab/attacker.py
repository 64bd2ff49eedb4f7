"""Attacks on a hospital's messages, and what stops them: made beside the screen's loop.

One defence is tried after the other, so that whatever else is asked of the engine's thread need not
wait for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.scenario import Scenario
from engine.state import State
from fedtui.lab.asker import Asker
from fedtui.pages import words as say

if TYPE_CHECKING:
    from engine.attacks.defences import Stand
    from engine.attacks.every import Attacks


class Attacker:
    """Attacks one hospital after the other, and remembers what came of the last.

    Attributes:
        attacks: Those shown; none before the first.
        stands: How each defence tried since stood up to them; None where one cannot be used here.
        attacking: Whether attacks are being made.
    """

    def __init__(self, asker: Asker) -> None:
        self.attacks: Attacks | None = None
        self.stands: tuple[Stand | None, ...] = ()
        self.attacking = False
        self._asker = asker

    @property
    def busy(self) -> bool:
        """Whether attacks are being made, or defences tried."""
        trying = self.attacks is not None and len(self.stands) < len(say.DEFENCES)
        return self.attacking or trying

    def attack(
        self, scenario: Scenario, state: State, hospital: int
    ) -> Coroutine[Any, Any, Attacks]:
        """Every attack there is on `hospital`, however long it takes; `attacking` from this call on.

        Raises:
            EngineError: When awaited, if the run cannot be attacked.
        """
        self.attacking = True
        return self._attack(scenario, state, hospital)

    async def _attack(self, scenario: Scenario, state: State, hospital: int) -> Attacks:
        try:
            return await self._asker.ask(lambda: _attack(scenario, state, hospital))
        finally:
            self.attacking = False

    def show(self, attacks: Attacks) -> None:
        """From now on it is of these that the page tells; no defence has been tried yet."""
        self.attacks, self.stands = attacks, ()

    async def try_defences(
        self, attacks: Attacks, scenario: Scenario, state: State, tried: Callable[[], None]
    ) -> None:
        """Try one after the other on the `attacks` shown, and call `tried` after each."""
        for name in say.DEFENCES:
            stand = await self._asker.ask(partial(_stand, name, scenario, state, attacks))
            if self.attacks is not attacks:
                return  # another attack came since
            self.stands = (*self.stands, stand)
            tried()


def _attack(scenario: Scenario, state: State, hospital: int) -> Attacks:
    from engine.attacks.every import every  # a learner's first attack loads it

    return every(scenario, state, hospital)


def _stand(name: str, scenario: Scenario, state: State, attacks: Attacks) -> Stand | None:
    from engine.attacks.defences import stand

    try:
        return stand(name, scenario, state, attacks.record.hospital)
    except EngineError:  # masks over one hospital, say: shown as what cannot be used here
        return None
