"""What outlives the screen: which session and which preferences are kept, made from the player."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.events import Event
from engine.settings import plain
from fedtui import preferences
from fedtui.branch import Branch
from fedtui.player import Player
from fedtui.preferences import Preferences
from fedtui.session import Keeper, Kept, Offer, Session
from fedtui.view import start


@dataclass(eq=False)
class Keeping:
    """One learner's place: preferences, a keeper, and perhaps the offer of an earlier session."""

    keeper: Keeper
    preferences: Preferences = field(default_factory=Preferences)
    offer: Offer | None = None

    def look(self) -> str:
        """Look for an earlier session; a sentence where one could not be read."""
        self.offer, sentence = self.keeper.offer()
        return sentence

    def prefer(self, wanted: Preferences) -> str:
        """Keep preferences; a sentence where that fails."""
        return preferences.save(self.keeper.place, wanted)

    def session(self, player: Player, chosen: int) -> Session | None:
        """What to keep now; None while a recording has not said its scenario."""
        scenarios = [branch.scenario for branch in player.branches]
        if None in scenarios:
            return None
        kept = tuple(
            Kept(plain(scenario.given), branch.name, branch.fork, branch.curve)
            for branch, scenario in zip(player.branches, scenarios, strict=True)
            if scenario
        )
        before = player.before
        return self.keeper.session(
            branches=kept,
            shown=player.branches.index(player.branch),
            before=player.branches.index(before) if before in player.branches else None,
            round=len(player.view.points) or player.heading,
            chosen=chosen,
        )

    def resume(self, player: Player) -> Session | None:
        """Bring the offered session back; None where another process took it meanwhile."""
        offer, self.offer = self.offer, None
        if offer is None or not self.keeper.take_over(offer):
            return None
        session = offer.session
        branches: list[Branch] = []
        for kept in session.branches:
            scenario = kept.scenario
            branch = Branch(scenario, iter(()), [start(scenario)], name=kept.name, fork=kept.fork)
            branch.until, branch.heard = len(kept.curve), kept.curve
            branches.append(branch)
        shown = branches[session.shown]
        for branch in branches:
            branch.events = _from_the_start(player, branch, shown)
        player.restore(branches, session.shown, session.before, session.round)
        return session


def _from_the_start(player: Player, branch: Branch, shown: Branch) -> Iterator[Event]:
    """A branch's run; what was prepared for the one on the screen is used again where it fits."""
    assert branch.scenario  # both given just above
    assert shown.scenario
    alike = branch is not shown and branch.scenario.references == shown.scenario.references
    yield from player.run(branch.scenario, shown.beginning if alike else None)
