"""A network in the lab: every page opens, and what it says of the model is the network's."""

from __future__ import annotations

from fedtui.pages import words as say
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


async def test_the_attack_page_reads_a_record_and_leaves_the_number_of_cases() -> None:
    async with lab(NETWORK) as at:
        shown = await at.press("a")
        assert say.SUCCEEDED in " ".join(shown.split())
        from fedtui.pages import attack
        from fedtui.pages.blocks import Said

        made = at.app.attacked
        told = [block.text for block in attack.content(made) if isinstance(block, Said)]
        assert say.ATTACK_WORKS_NETWORK in told
        assert say.CASES_OF_NETWORK in told
