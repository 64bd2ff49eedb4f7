"""How hospitals differ, and what was done to their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fedtui import words
from fedtui.pages.words.common import ONLY_YOU

if TYPE_CHECKING:
    from engine.data.report import Report
    from engine.heterogeneity import Degree


DIFFERENCES = "How different the hospitals are"
KINDS = {  # of the engine: what it is called here
    "label": "labels",
    "quantity": "sizes",
    "covariate": "columns",
    "concept": "meaning",
}
KIND_HEADS = ("", "different", "", "chance", "")
KINDS_READ = (
    "0 is alike. Chance: what the same patients would seldom pass if dealt out at random; no more than"
    " that is no difference. The terms: label shift, quantity skew, covariate shift, concept shift"
    " (Kairouz 2021)."
)
BEING_MEASURED = "How different the hospitals are is being worked out."
NO_PATIENTS_HERE = "A recording holds no patients, so their differences cannot be told."
COLUMNS = "The columns"
COLUMNS_READ = (
    "Apart: a hospital's mean from the mean of all the others, in spreads of the column, squared and"
    " averaged over hospitals (Austin 2009: up to .1 is balance). + is above the others."
)
CROSSED = "Each one's model on the others' patients"
CROSSED_READ = (
    "Down: a hospital's own model. Across: whose unseen patients it is tried on. Of a patient with a yes"
    " and one with a no it should rank the yes higher; of 100 such pairs so many come out right. A coin"
    " gets 50 (AUC)."
)
CROSSED_NONE = (
    "– : a hospital that knows only one answer, or has fewer than two unseen patients of one."
)
RIGHT_CROSSED = "Right answers of 100"
RIGHT_READ = (
    "The same, in right answers. They also fall where a yes is rarer or commoner than at home, whatever"
    " the columns mean."
)
PICTURE = "Patients in two columns"
DONE = "What was done to the table"
QUANTILES = ("least", "a quarter has less", "half have less", "a quarter has more", "most")


def crossed_some(shown: int, crossed: int, hospitals: int) -> str:
    """Which hospitals the matrix is of, and how many of them are shown; nothing where it is all."""
    drawn = f"{crossed} of {hospitals:,} hospitals, drawn by the seed, were tried on each other"
    if crossed < hospitals:
        return drawn + (f"; {shown} of them are shown." if shown < crossed else ".")
    return f"{shown} of {hospitals:,} hospitals are shown." if shown < hospitals else ""


def label_found(low: float, high: float) -> str:
    """ "yes between 36 % and 94 %"."""
    return f"yes between {100 * low:.0f} % and {100 * high:.0f} %"


def quantity_found(low: int, high: int, effective: float, hospitals: int) -> str:
    """Least and most patients, and how many equal hospitals that comes to."""
    if low == high:
        return f"{words.many(low, 'patient')} each"
    if high - low == 1:
        return f"{low:,} or {high:,} patients"
    return f"{low:,} to {high:,} patients, as {effective:.1f} of {hospitals:,} equal"


MAY_BE_COLUMNS = (
    "Columns and meaning both differ here. A model tried on patients unlike those it learned from ranks"
    " them worse also where the columns mean the same, so part of “meaning” may be the columns'."
)


def degree(of: Degree) -> str:
    """How different in a word; "no" where chance may have made all of it."""
    return "no" if of.word == "a little" and of.beyond < 0.005 else of.word


def hospitals_cut(letters: Sequence[str]) -> str:
    """Hospitals whose columns there was no room for."""
    more, named = words.many(len(letters), "more hospital"), words.listed(list(letters))
    return f"… and {more}: a wider terminal shows {named}."


def covariate_found(column: str, hospital: str, apart: float) -> str:
    """The column that differs most, and where."""
    if abs(apart) < 0.05:
        return f"{column} most, by less than 0.1 spreads"
    way = "above" if apart > 0 else "below"
    return f"{column}: {hospital} {abs(apart):.1f} spreads {way} the rest"


def concept_found(own: float, others: float) -> str:
    """How good a model is at home and elsewhere."""
    return f"{100 * own:.0f} % ranked right at home, {100 * others:.0f} % elsewhere"


def concept_missing(hospitals: int) -> str:
    """Why nothing can be said of what the columns mean."""
    if hospitals < 2:
        return "one hospital differs from nobody"
    return "it takes two hospitals with both answers, seen and unseen"


def notebook_score(score: float) -> str:
    """What the notebook would have said."""
    return (
        f"The notebook's score, the standard deviation of the shares of yes, is {score:.3f}. Where it was"
        " .030 the notebook said: low heterogeneity, FedAvg works well."
    )


def notebook_misses(missed: Sequence[str]) -> str:
    """The differences that are there and that the notebook's score cannot see."""
    return f" It cannot see: {words.listed(list(missed))}." if missed else ""


def cloud_read(chosen: str) -> str:
    """How to read the picture."""
    return (
        "A letter is a patient of that hospital: capital for a yes, small for a no."
        f" {chosen} is on top. {ONLY_YOU.capitalize()}: no party has everyone's rows."
    )


def cloud_of_many(chosen: str) -> str:
    """How to read the picture of hospitals that have no letter of their own."""
    return (
        f"A sign is a patient: filled for a yes, hollow for a no; those of {chosen} are bright."
        f" {ONLY_YOU.capitalize()}: no party has everyone's rows."
    )


def source_heading(source: str, patients: int, hospitals: int, columns: int) -> str:
    """What a source holds, in one line."""
    parts = ((patients, "patient"), (hospitals, "hospital"), (columns, "column"))
    return f"{source}: {', '.join(words.many(*part) for part in parts)}"


def hospitals_some(hospitals: int) -> str:
    """What the rows are where hospitals are too many for a row each."""
    return f"Of {hospitals:,} hospitals, each column by itself."


def report_lines(report: Report) -> dict[str, str]:
    """What was found in a table and what was done to it; nothing of what was not."""
    named = report.positive or report.negative
    again = f"{words.many(report.duplicates, 'row')} like an earlier one"
    told = {
        "read": _read(report),
        "a yes is": _quoted(report.positive) if named else "",
        "a no is": _quoted(report.negative) if named else "",
        "left out": _counted(report.dropped),
        "twice": again if report.duplicates else "",
        "2,3 is 2.3": ", ".join(map(_quoted, report.decimal_commas)),
        "texts": "; ".join(f"{_quoted(c)}: {_some(t)}" for c, t in report.categories.items()),
        "the same": "; ".join(f"{_quoted(h)}, {_some(s)}" for h, s in report.merged.items()),
        "skipped": "; ".join(f"{_quoted(h)}: {why}" for h, why in report.skipped.items()),
    }
    return {head: text for head, text in told.items() if text}


def _read(report: Report) -> str:
    if not report.files:
        return ""
    files = words.listed(list(report.files))
    if len(report.files) > 3:
        files = f"{report.files[0]} and {len(report.files) - 1:,} more files"
    separator = "tabs" if report.separator == "\t" else _quoted(report.separator)
    return f"{words.many(report.rows, 'row')} of {files}, {report.encoding}, cells divided by {separator}"


def _counted(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{words.many(count, 'row')}: {why}" for why, count in reasons.items())


def _some(texts: Sequence[str], most: int = 6) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(_quoted(text) for text in texts[:most]) + more


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "(empty)"
