"""Refusals of commands name what can be typed there."""

import pytest
from click.testing import CliRunner

from fedtui.cli import cli
from fedtui.commands.data import data as command
from fedtui.options import OPTIONS, with_options

HEADER = "clinic;age;ill\n"


def told(tmp_path, text, *given):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return str(CliRunner().invoke(cli, ["data", str(path), *given]).exception)


def test_every_option_that_is_told_is_one_of_the_command():
    options = {option for param in command.params for option in param.opts}
    assert {text.removeprefix("add ").split(" ")[0] for text in OPTIONS.values()} <= options


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        (
            HEADER + "A;4;1\n",
            [],
            "line 1: there is no column 'label'; name it with --label-col (the table has 3 columns; "
            "`head -1 FILE` shows them).",
        ),
        (
            "sep=;\n" + HEADER + "A;4;1\n",
            ["--label-col", "ill"],
            "line 2: there is no column 'hospital'; name it with --hospital-col (columns: 'clinic', "
            "'age', 'ill'), or add --set data.partition=iid to make hospitals up.",
        ),
        (
            HEADER + "A;4;red\nA;5;blue\n",
            ["--hospital-col", "clinic", "--label-col", "ill"],
            "the labels are 'red', 'blue'; set --positive to the one that counts as positive.",
        ),
        (HEADER, ["--sep", "x"], "--sep: 'x' cannot separate cells"),
    ],
)
def test_a_refusal_of_the_data_command_names_its_options(tmp_path, text, given, words):
    assert words in told(tmp_path, text, *given)


def test_a_name_of_the_users_own_that_looks_like_a_setting_stays(tmp_path):
    assert with_options("there is no column 'data.drop'; x") == "there is no column 'data.drop'; x"
    assert with_options("the column mydata.dropped") == "the column mydata.dropped"
