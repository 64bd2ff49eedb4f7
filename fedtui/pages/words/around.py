"""What stands around every page: lessons, codes, the foot."""

from __future__ import annotations

from fedtui import words

# Lessons


def lesson_at(done: int, steps: int) -> str:
    """How far it has got."""
    return f"{done} of {words.many(steps, 'step')} done. It can be left, and is found again here."


LESSON_0 = "Lesson 0: the first five minutes"
LESSON_STARTS = (
    "It opens by itself on the first start. Enter goes on where you left it, or begins it anew."
)
LESSON_DONE = "Done. Everything on the lab can be tried now, and nothing can be broken: u undoes."


# The code

CODE = "This scenario as a code"
CODE_SENT = "It was sent to the clipboard of your terminal, which takes it if it is allowed to."
CODE_OPENS = (
    "It opens anywhere with: fedtui --scenario CODE. Spaces and line ends in it do no harm."
)
CODE_SEEDLESS = (
    "It carries no seed: the data is your own, and with the seed noise could be taken off."
)


# The page itself


def foot(below: int, above: int) -> str:
    """How much there is that does not fit."""
    if below:
        return f"↑↓ {words.many(below, 'more line')} below"
    return f"↑↓ the end; {words.many(above, 'line')} above" if above else ""


CLOSES = "Esc closes"
VIEWS = (("1", "lab"), ("2", "data"), ("3", "compare"), ("4", "messages"), ("5", "lesson 0"))
