"""A network in the lab: every page opens, and what it says of the model is the network's."""

from __future__ import annotations

import pytest

from engine import simulate
from engine.attacks.defences import stand
from engine.attacks.every import every
from engine.events import ModelSent, RunStarted
from fedtui.pages import attack
from fedtui.pages import words as say
from fedtui.pages.blocks import Said
from fedtui.view import fold, start
from fedtui.words.behind import background
from tests.builders import small
from tests.lab import lab

NETWORK = small(
    model={"kind": "mlp", "hidden": 4, "class_weight": "balanced"}, training={"rounds": 3}
)


async def test_every_page_opens_and_the_equation_is_the_networks() -> None:
    async with lab(NETWORK) as at:
        for key in (
            "right_square_bracket",
            "2",
            "3",
            "4",
            "5",
            "1",
            "w",
            "escape",
            "question_mark",
        ):
            assert await at.press(key)
        await at.press("escape")
        told = " ".join((await at.press("e")).split())
        assert "h_j = tanh(w_j · x + b_j) for each of 4 hidden units" in told
        assert "p = σ(v · h + c)" in told
        assert "21 numbers" in told


def test_a_networks_message_is_not_told_as_a_weight_for_each_column() -> None:
    view = start(NETWORK)
    for event in simulate(NETWORK):
        view = fold(view, event)
        if isinstance(event, ModelSent):
            break
    assert "the 21 weights of a network" in background(view)


async def test_the_attack_page_reads_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    # Defences are tried elsewhere.
    monkeypatch.setattr("fedtui.lab.attacker._stand", lambda *_: None)
    async with lab(NETWORK) as at:
        shown = await at.press("a")
        assert say.SUCCEEDED in " ".join(shown.split())


@pytest.mark.parametrize(
    ("class_weight", "of_cases"), [("none", say.CASES_OF_NETWORK), ("balanced", say.CASES_TOLD)]
)
def test_the_attack_page_tells_how_a_network_gives_away_a_record_and_where_the_number_of_cases(
    class_weight: str, of_cases: str
) -> None:
    network = NETWORK.replace({"model.class_weight": class_weight})
    begun = next(event for event in simulate(network) if isinstance(event, RunStarted))
    made = every(network, begun.state, 1, seed=2)
    stood = stand("nothing", network, begun.state, 1, seed=2)
    facts = attack.Attacked(fold(start(network), begun), made, (stood,))
    told = [block.text for block in attack.content(facts) if isinstance(block, Said)]
    assert say.ATTACK_WORKS_NETWORK in told
    assert of_cases in told
