"""What the columns of a table are: hospital, label, split, and the features that are left.

Where neither hospital nor label is found, the file may be no table of patients at all but anything that
can be read here, by somebody who only names it. So a sentence of refusal then quotes nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.source import choose, listed, shown
from engine.errors import DataError
from engine.sections import Data

SPLIT = "split"
MOST = 10_000  # columns to learn from, as of a table that is made up


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row of `file`, which has the columns `names`."""

    file: str
    names: tuple[str, ...]
    features: tuple[str, ...]
    places: tuple[int, ...]  # of the features
    label: int
    hospital: int | None  # None where no column is needed to say it
    split: int | None


def find_columns(
    file: str, line: int, header: Sequence[str], data: Data, needs_hospital: bool
) -> Columns:
    """The columns that `header`, which stands in `line`, names.

    Raises:
        DataError: A name twice, an empty name, or a column that must be there and is not.
    """
    names = [name.strip() for name in header]
    where = f"{file}, line {line}"
    refuse_bad_names(where, names, _known(names, data))
    if data.hospital_col == data.label_col:
        raise DataError(
            f"data.label_col: {data.label_col!r} is also data.hospital_col; name two columns."
        )
    label = _find(file, line, names, data.label_col, "label", data)
    hospital = None
    if data.hospital_col in names or needs_hospital:
        hospital = _find(file, line, names, data.hospital_col, "hospital", data)
    split = names.index(SPLIT) if SPLIT in names and SPLIT not in data.drop else None
    split = None if split in (label, hospital) else split
    special = {label, hospital, split}
    hospital = hospital if needs_hospital else None
    rest = [i for i, name in enumerate(names) if i not in special and name != SPLIT]
    drop = [name for name in data.drop if name != SPLIT or SPLIT not in names]
    chosen = [rest[i] for i in choose([names[i] for i in rest], data.keep, drop)]
    features = tuple(names[i] for i in chosen)
    if len(features) > MOST:
        raise DataError(
            f"{where}: {len(features):,} columns are too many to learn from; choose {MOST:,} or fewer"
            " with data.keep or data.drop."
        )
    return Columns(file, tuple(names), features, tuple(chosen), label, hospital, split)


def align(file: str, line: int, header: Sequence[str], data: Data, first: Columns) -> Columns:
    """Where a further file has the columns of the first one, in whatever order.

    Raises:
        DataError: A column that only one of the two has.
    """
    names, where = [name.strip() for name in header], f"{file}, line {line}"
    refuse_bad_names(where, names, _known(names, data))
    needed = (*first.features, data.label_col, *([SPLIT] if first.split is not None else []))
    place, known = {name: i for i, name in enumerate(names)}, set(first.names)
    drop, keep = set(data.drop), set(data.keep)
    for name in needed:
        if name not in place:
            raise DataError(_only(where, name, first.file))
    for name in names:
        passed = name in drop or name == data.hospital_col or (keep and name not in keep)
        if name not in known and not passed:
            raise DataError(_only(first.file, name, file))
    return Columns(
        file=file,
        names=tuple(names),
        features=first.features,
        places=tuple(place[name] for name in first.features),
        label=place[data.label_col],
        hospital=None,
        split=place[SPLIT] if first.split is not None else None,
    )


def _only(where: str, name: str, other: str) -> str:
    return (
        f"{where}: there is no column {shown(name)}, which {other} has; add it, with empty cells "
        "where nothing is known, or leave it out with data.drop."
    )


def _known(names: Sequence[str], data: Data) -> bool:
    """Whether the header is known to be that of a table of patients, so that it may be quoted."""
    return len(names) > 1 and (data.label_col in names or data.hospital_col in names)


def refuse_bad_names(where: str, names: Sequence[str], known: bool) -> None:
    """Refuse a header with an empty name, or with one twice, which is quoted where it is `known`.

    Raises:
        DataError: Saying where, and which.
    """
    if not any(names):
        raise DataError(f"{where}: there is no header; write the column names there.")
    before: set[str] = set()
    for i, name in enumerate(names):
        if not name:
            raise DataError(f"{where}: column {i + 1} has no name; give it one.")
        if name in before:
            twice = f"{shown(name)} occurs twice" if known else f"of column {i + 1} occurs before"
            raise DataError(f"{where}: the column name {twice}; rename one of them.")
        before.add(name)


def _find(file: str, line: int, names: Sequence[str], wanted: str, role: str, data: Data) -> int:
    """The position of the column that `data.<role>_col` names."""
    if wanted in names:
        return names.index(wanted)
    raise DataError(
        f"{file}, line {line}: there is no column {shown(wanted)}; " + _why(line, names, role, data)
    )


def _why(line: int, names: Sequence[str], role: str, data: Data) -> str:
    if len(names) == 1:
        for sign, word in ((";", ";"), ("\t", "tab"), (",", ","), ("|", "|")):
            if sign in names[0]:
                return f"its cells seem to be separated by {word!r}, so set data.separator to that."
    if sum(map(_is_number, names)) > len(names) / 2:
        return "the line looks like a patient, so put a line with the column names above it."
    number = f"{len(names)} column{'' if len(names) == 1 else 's'}"
    found = (
        f"the table has {number}; `head -{line} FILE` shows {'it' if len(names) == 1 else 'them'}"
    )
    if _known(names, data):
        found = f"columns: {listed(names)}"
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
