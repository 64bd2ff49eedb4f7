"""`fedtui predict`: what a finished run's model says of the patients in a table."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fedtui.options import told_as_options
from fedtui.safe import safe

if TYPE_CHECKING:
    from engine.prediction import Finished, Prediction


@click.command()
@click.argument("result", metavar="RESULT.json", type=click.Path(path_type=Path))
@click.argument("table", metavar="TABLE.csv", type=click.Path(path_type=Path))
@click.option("--hospital-col", metavar="C", help="Column that names the hospital.")
@click.option("--label-col", metavar="C", help="Column that holds the label, where there is one.")
@click.option("--sep", metavar="S", help="What separates the cells of a row: , ; | or tab.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, nothing else.")
def predict(
    result: Path,
    table: Path,
    hospital_col: str | None,
    label_col: str | None,
    sep: str | None,
    as_json: bool,
) -> None:
    """The probability of a positive label, for each patient in TABLE.csv.

    RESULT.json is what `fedtui run --json` printed. Columns are found by their names; a table with labels
    is scored on them, on stderr.
    """
    from engine import prediction
    from fedtui import words

    trained = prediction.reading(_finished(result), sep or "auto", hospital_col, label_col)
    with told_as_options():
        found = prediction.predict(trained, table)
    if as_json:
        click.echo(json.dumps(_as_dict(trained, found), ensure_ascii=False))
        return
    told = [words.probability_of(trained.data.label_col, trained.labels[1]), *found.notes]
    if found.score is not None:
        told.append(words.scored(found.score))
    _write(found)
    sys.stdout.flush()
    for sentence in told:
        click.echo(f"fedtui: {safe(sentence)}", err=True)


def _finished(path: Path) -> Finished:
    from engine.errors import DataError
    from engine.prediction import finished

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise click.UsageError(
            f"predict: {str(path)!r} cannot be read ({error.strerror}); check the path."
        ) from None
    except UnicodeDecodeError:
        text = ""
    try:
        result = json.loads(text)
    except (ValueError, RecursionError):
        result = None
    try:
        return finished(result)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from None


def _write(found: Prediction) -> None:
    """A line for each patient, as in the table."""
    from fedtui.export import spreadsheet

    writer = csv.writer(sys.stdout, lineterminator="\n")
    hospitals = found.hospitals
    writer.writerow(["line", *(["hospital"] if hospitals else []), "probability"])
    for row, (line, p) in enumerate(zip(found.lines, found.p.tolist(), strict=True)):
        writer.writerow([line, *([spreadsheet(hospitals[row])] if hospitals else []), p])


def _as_dict(trained: Finished, found: Prediction) -> dict[str, Any]:
    negative, positive = trained.labels
    score = found.score
    return {
        "label": {"column": trained.data.label_col, "negative": negative, "positive": positive},
        "predictions": [
            {
                "line": line,
                **({"hospital": found.hospitals[row]} if found.hospitals else {}),
                "probability": p,
            }
            for row, (line, p) in enumerate(zip(found.lines, found.p.tolist(), strict=True))
        ],
        "score": score
        and {
            "patients": score.patients,
            "correct": score.correct,
            "accuracy": score.accuracy,
            "auc": score.auc,
            "loss": score.loss,
            "brier": score.brier,
        },
        "notes": list(found.notes),
    }
