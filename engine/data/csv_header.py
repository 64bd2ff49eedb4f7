"""What the columns of a table are: hospital, label, split, and the features that are left.

Where neither hospital nor label is found, the file may be no table of patients at all but anything that
can be read here, by somebody who only names it. So a sentence of refusal then quotes nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from engine.data.source import choose, listed, shown
from engine.errors import DataError
from engine.sections import Data

SPLIT = "split"


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row of `width` cells. `pick` takes the features' cells."""

    width: int
    features: tuple[str, ...]
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    label: int
    label_name: str
    hospital: int | None  # None where the table has no such column and needs none
    hospital_name: str
    split: int | None


def find_columns(file: str, header: Sequence[str], data: Data) -> Columns:
    """The columns that `header` names.

    Raises:
        DataError: A name twice, an empty name, or a column that must be there and is not.
    """
    names = [name.strip() for name in header]
    _refuse_bad_names(file, names, _known(names, data))
    if data.hospital_col == data.label_col:
        raise DataError(
            f"data.label_col: {data.label_col!r} is also data.hospital_col; name two columns."
        )
    label = _find(file, names, data.label_col, "label", data)
    hospital = None
    if data.hospital_col in names or data.partition == "natural":
        hospital = _find(file, names, data.hospital_col, "hospital", data)
    split = names.index(SPLIT) if SPLIT in names and SPLIT not in data.drop else None
    split = None if split in (label, hospital) else split
    special = {label, hospital, split}
    rest = [i for i, name in enumerate(names) if i not in special and name != SPLIT]
    drop = [name for name in data.drop if name != SPLIT or SPLIT not in names]
    chosen = [rest[i] for i in choose([names[i] for i in rest], data.keep, drop)]
    return Columns(
        width=len(names),
        features=tuple(names[i] for i in chosen),
        pick=_picker(chosen),
        label=label,
        label_name=data.label_col,
        hospital=hospital,
        hospital_name=data.hospital_col,
        split=split,
    )


def _known(names: Sequence[str], data: Data) -> bool:
    """Whether the header is known to be that of a table of patients, so that it may be quoted."""
    return len(names) > 1 and (data.label_col in names or data.hospital_col in names)


def _picker(chosen: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if len(chosen) > 1:
        return itemgetter(*chosen)
    only = chosen[0]
    return lambda row: (row[only],)


def _refuse_bad_names(file: str, names: Sequence[str], known: bool) -> None:
    if not any(names):
        raise DataError(f"{file}, line 1: there is no header; write the column names there.")
    for i, name in enumerate(names):
        if not name:
            raise DataError(f"{file}, line 1: column {i + 1} has no name; give it one.")
        if name in names[:i]:
            twice = f"{shown(name)} occurs twice" if known else f"of column {i + 1} occurs before"
            raise DataError(f"{file}, line 1: the column name {twice}; rename one of them.")


def _find(file: str, names: Sequence[str], wanted: str, role: str, data: Data) -> int:
    """The position of the column that `data.<role>_col` names."""
    if wanted in names:
        return names.index(wanted)
    raise DataError(
        f"{file}, line 1: there is no column {shown(wanted)}; " + _why(names, role, data)
    )


def _why(names: Sequence[str], role: str, data: Data) -> str:
    if len(names) == 1:
        for sign, word in ((";", ";"), ("\t", "tab"), (",", ","), ("|", "|")):
            if sign in names[0]:
                return f"its cells seem to be separated by {word!r}, so set data.separator to that."
    if sum(map(_is_number, names)) > len(names) / 2:
        return "the line looks like a patient, so put a line with the column names above it."
    number = f"{len(names)} column{'' if len(names) == 1 else 's'}"
    found = f"columns: {listed(names)}" if _known(names, data) else f"the table has {number}"
    way_out = f"name it with data.{role}_col ({found})"
    if role == "hospital":
        return way_out + ", or set data.partition to iid to make hospitals up."
    return way_out + "."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
