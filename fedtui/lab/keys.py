"""Every key of the lab: what it does, in the order in which the help tells it."""

from __future__ import annotations

from typing import NamedTuple

SWITCH_KEYS = {"fedprox": "f", "privacy": "p", "masking": "m", "compression": "c"}


class Key(NamedTuple):
    """A key (or several), the action it runs, its name on the screen, and what it does."""

    keys: str  # as Textual names them, comma between
    action: str
    shown: str
    does: str


KEYS = (
    Key("space", "play", "Space", "play, or pause"),
    Key("right", "step", "→", "a step forward: the next moment of the round"),
    Key("left", "step_back", "←", "a step back"),
    Key("right_square_bracket", "round_forward", "]", "a round forward"),
    Key("left_square_bracket", "round_back", "[", "a round back"),
    Key("0,home", "to_start", "0", "to the start"),
    Key("g,end", "to_end", "g", "to the end of the run"),
    Key("minus", "speed(-1)", "-", "slower"),
    Key("plus,equals_sign", "speed(1)", "+", "faster"),
    Key("f", "flip('fedprox')", "f", "FedProx on or off: stay near the model received"),
    Key("p", "flip('privacy')", "p", "Privacy on or off: hide one patient, or one hospital"),
    Key("m", "flip('masking')", "m", "Masks on or off: hide each single message"),
    Key("c", "flip('compression')", "c", "Compression on or off: fewer bytes up"),
    Key("enter", "settings", "Enter", "the settings of the switch used last"),
    Key("s", "all_settings", "s", "all settings: scenario, data, model, training, faults"),
    Key("u", "undo", "u", "undo the last switch"),
    Key("r", "again", "r", "run again with the same seed"),
    Key("R,shift+r", "again_new", "R", "run again with a new seed"),
    Key("b", "branches", "b", "branches: fork here, go to another, name, delete"),
    Key("tab", "choose(1)", "Tab", "the next hospital: the sentences speak of it"),
    Key("shift+tab", "choose(-1)", "Shift-Tab", "the hospital before"),
    Key("x", "drop", "x", "the chosen hospital drops out of this round, or stays"),
    Key("w", "page('readers')", "w", "who can read what, and why"),
    Key("a", "attack", "a", "attack the chosen hospital's message"),
    Key("e", "page('equation')", "e", "the equation with today's numbers"),
    Key("1", "digit(1)", "1", "the lab"),
    Key("2", "digit(2)", "2", "the data: hospitals, and who gains"),
    Key("3", "digit(3)", "3", "compare branches"),
    Key("4", "digit(4)", "4", "every message of this round, and who can read it"),
    Key("5", "digit(5)", "5", "lesson 0: the first five minutes"),
    Key("v", "next_plot", "v", "the next plot: right answers, bytes, privacy"),
    Key("y", "copy_code", "y", "copy the scenario as a code"),
    Key("t", "next_theme", "t", "the next theme: colours"),
    Key("o", "resume", "o", "bring the earlier session back"),
    Key("colon,ctrl+p", "command_palette", ":", "every action by its name"),
    Key("question_mark", "help", "?", "this help, and right now in full"),
    Key("escape", "close", "Esc", "close what is open"),
    Key("q", "leave", "q", "quit at once"),
)


class Hint(NamedTuple):
    """A key at the foot of the screen; where there is no room, the lowest rank goes first."""

    shown: str
    does: str
    rank: int


HINTS = (
    (
        Hint("f", "FedProx", 9),
        Hint("p", "Privacy", 9),
        Hint("m", "Masks", 9),
        Hint("c", "Compress", 9),
        Hint("Enter", "settings", 6),
        Hint("u", "undo", 7),
        Hint("b", "branches", 4),
        Hint("a", "attack", 5),
        Hint("x", "drop", 3),
        Hint("e", "equation", 2),
        Hint("w", "who reads", 1),
    ),
    (
        Hint("Space", "play", 9),
        Hint("→", "step", 8),
        Hint("←", "back", 5),
        Hint("[ ]", "round", 4),
        Hint("- +", "speed", 2),
        Hint("g", "end", 3),
        Hint("Tab", "hospital", 3),
        Hint("v", "plot", 3),
        Hint("1-5", "views", 2),
        Hint("s", "settings", 1),
        Hint("y", "code", 1),
        Hint("t", "theme", 1),
        Hint(":", "all actions", 4),
        Hint("?", "help", 7),
        Hint("q", "quit", 7),
    ),
)
