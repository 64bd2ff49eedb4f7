"""Columns of dates or times: neither numbers nor a few categories, however they are written.

As text each day would be a category of its own: the model would learn days that never come again, and
which patient came on which day would be sent to all. So such a column is refused, before anything of
it is sent. What is a date is told by how it looks; a day that no calendar has is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_YEAR, _MONTH, _DAY = r"(?:1[89]|2[01])\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]?\d|2[0-3])[:.][0-5]\d(?:[:.][0-5]\d(?:[.,]\d+)?)?(?:\s?[ap]\.?m\.?)?"
_ZONE = r"(?:\s?(?:z|utc|uhr|[+-]\d\d:?\d\d))?"
_NAMED = r"(?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]{0,6}\.?"
_DAYS = (
    rf"{_YEAR}([-/.]){_MONTH}\1{_DAY}"  # 2024-01-31
    rf"|(?:{_DAY}([-/.]){_MONTH}|{_MONTH}([/-]){_DAY})(?:\2|\3)(?:{_YEAR}|\d\d)"  # 31.1.24, 1/31/2024
    rf"|{_YEAR}[-/]{_MONTH}|{_MONTH}/{_YEAR}"  # 2024-01
    rf"|{_DAY}\.?[-/ ]?{_NAMED}[-/ ,]*(?:{_YEAR}|\d\d)|{_NAMED}\s?{_DAY},?\s{_YEAR}"  # 31 Jan 2024
)
_DATE = re.compile(rf"(?:{_DAYS})(?:,?[t ]\s*{_CLOCK}{_ZONE})?", re.IGNORECASE)
_TIME = re.compile(_CLOCK.replace("[:.]", ":") + _ZONE, re.IGNORECASE)


def are_dates(texts: Iterable[str]) -> bool:
    """Whether most of the different `texts` of a column, missing ones aside, are dates or times.

    Times alone must differ in their hour, for 1:20 and 1:40 are titres.
    """
    there = [text for text in texts if text]
    times = [text for text in there if _TIME.fullmatch(text)]
    if len({text.partition(":")[0] for text in times}) == 1:
        times = []
    dates = sum(_DATE.fullmatch(text) is not None for text in there)
    return 2 * (dates + len(times)) > len(there)
