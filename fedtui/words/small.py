"""Small words that every sentence is made of: names, counts, parts, an ε that is never rounded down."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.data.source import letter
from engine.sections import PUBLIC, Data
from fedtui import promise
from fedtui.view import View

HEADER = 12  # bytes of a message that are not numbers

SWITCH_NAMES = {
    "fedprox": "FedProx",
    "privacy": "Privacy",
    "masking": "Masks",
    "compression": "Compress",
}
SPOKEN_OF = {
    "fedprox": "FedProx",
    "privacy": "privacy",
    "masking": "masks",
    "compression": "compression",
}


def name(view: View, index: int) -> str:
    """A hospital's letter, and its own name where that says more."""
    own = view.hospitals.names[index]
    called = letter(index)
    return called if own == called else f"{called} ({own})"


def many(count: int, noun: str) -> str:
    """ "1 hospital", "4 hospitals", "30,000 hospitals"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(items: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def percent(part: float, whole: float) -> str:
    """ "93 %"; "–" of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def number(value: float) -> str:
    """Three digits that matter: .42, 1.83, 16.7, 1,240."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}" if abs(value) >= 0.005 or value == 0 else f"{value:.1g}"
    return text


def budget(value: float) -> str:
    """An ε, never rounded down."""
    return "∞" if math.isinf(value) else f"{math.ceil(value * 100 - 1e-9) / 100:g}"


def one_unit(view: View) -> str:
    """Whom ε hides, or would hide: "one patient", "one row", "one hospital"."""
    hospital = promise.kind(view) in (promise.Kind.CENTRAL, promise.Kind.LOCAL)
    return "one hospital" if hospital else f"one {example(view)}"


def example(view: View) -> str:
    """What a row of the table is: a "patient", or a "row" where one patient may have several."""
    source = view.settings.get("data", {}).get("source", PUBLIC[0])
    return Data.build({"source": source}).example


def endless(settings: Mapping[str, Any] | None) -> bool:
    """Whether these settings of privacy, or this plan, allow any ε: then there is no noise."""
    if settings is None:
        return False
    value = settings["epsilon"] if "epsilon" in settings else settings["budget"]
    return math.isinf(float(value))


def seed(view: View) -> str:
    """What chance hangs on; of own data it is told in the settings, on Enter: it takes off the noise."""
    return "secret seed" if view.own_data else f"seed {view.seed}"


def place(name: str) -> str:
    """Whose place is kept, where many share one account."""
    return f"place {name}"


def seed_drawn(seed: int) -> str:
    """To whoever runs own data under noise without a seed of their own."""
    return (
        f"the noise hangs on seed {seed}, drawn for this run. Keep it to yourself: --seed with it runs"
        " the same again, and takes the noise off."
    )


def percent_of_one(view: View) -> str:
    """What one unseen patient is worth: "0.6 %"."""
    return f"{100 / view.held_out:.1f} %" if view.held_out else "–"


def more_than(difference: int) -> str:
    """ "3 more than", "as many as"."""
    if difference == 0:
        return "as many as"
    return f"{abs(difference)} {'more' if difference > 0 else 'fewer'} than"


def the_seed(seed: str) -> str:
    """ "the secret seed", "seed 42"."""
    return f"the {seed}" if seed.startswith("secret") else seed
