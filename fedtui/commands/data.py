"""`fedtui data`: which sources there are, what one of them holds, and fetching those that are real."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fedtui.options import told_as_options

if TYPE_CHECKING:
    from engine import Scenario
    from engine.steps import Steps
    from fedtui.described import Described

T = TypeVar("T")
_NARROWEST, _WIDEST = 60, 110  # cells


@click.command()
@click.argument("source", required=False, metavar="[NAME|FILE|FOLDER]")
@click.option(
    "--fetch",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Fetch a data set over the network, and check it.",
)
@click.option("--hospital-col", metavar="C", help="Column that names the hospital.")
@click.option("--label-col", metavar="C", help="Column that holds the label.")
@click.option("--positive", metavar="V", help="Label value that counts as positive.")
@click.option("--drop", multiple=True, metavar="C", help="A column to leave out.")
@click.option("--sep", metavar="S", help="What separates the cells of a row: , ; | or tab.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="As in `fedtui run`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, nothing else.")
def data(
    source: str | None,
    fetch: str | None,
    hospital_col: str | None,
    label_col: str | None,
    positive: str | None,
    drop: tuple[str, ...],
    sep: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the sources of patients; or describe one: its hospitals, and how they differ.

    Real data sets are fetched once, on request: `fedtui data heart-disease --fetch`.
    """
    name = fetch or source
    if fetch is not None:
        if not name:
            raise click.UsageError("data: --fetch needs a name; `fedtui data` lists them.")
        if source and fetch and source != fetch:
            raise click.UsageError(f"data: {source!r} or {fetch!r}? Name one to fetch.")
        _fetch(name)
    if name is None:
        from fedtui import sources

        click.echo(json.dumps({"sources": sources.as_dict()}) if as_json else sources.listing())
        return
    columns = {"hospital_col": hospital_col, "label_col": label_col, "positive": positive}
    given: dict[str, Any] = {
        key: value for key, value in {**columns, "separator": sep}.items() if value is not None
    }
    if drop:
        given["drop"] = [part for text in drop for part in text.split(",")]
    with told_as_options():
        _describe(_scenario(name, given, settings), as_json)


def _scenario(source: str, given: dict[str, Any], settings: tuple[str, ...]) -> Scenario:
    from engine import Scenario
    from engine.settings import read_setting

    named = {"data.source": source, **{f"data.{key}": value for key, value in given.items()}}
    return Scenario.from_dict({}).replace({**named, **dict(map(read_setting, settings))})


def _describe(scenario: Scenario, as_json: bool) -> None:
    """What one source holds."""
    from engine.data import loading
    from engine.data.catalogue import ENTRIES
    from fedtui import described, sources

    entry = ENTRIES.get(scenario.data.source)
    if entry and not as_json:
        click.echo(sources.about(entry) + "\n")  # also before it is here: on which terms it comes
    federation = _followed(loading(scenario.data, scenario.seed))
    told = _followed(described.describing(federation, scenario.seed))
    if as_json:
        found = {"source": scenario.data.source, "partition": scenario.data.partition}
        listed = sources.entry_as_dict(entry) if entry else None
        click.echo(json.dumps({**found, **described.as_dict(told), "catalogue": listed}))
        return
    _print(told, scenario.data.source)


def _print(told: Described, source: str) -> None:
    """The description, as wide as the terminal is."""
    from fedtui.lab.glyphs import choose
    from fedtui.pages.source import paper

    wide = max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))
    glyphs = choose(not _can_show("▓│●−"), os.environ.get("TERM", ""))
    click.echo(paper(told, source, wide, glyphs))


def _can_show(signs: str) -> bool:
    try:
        signs.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _followed(steps: Steps[T]) -> T:
    """What the steps come to; on a terminal a line says how far they are, and is gone at the end."""
    shown = ""
    while True:
        try:
            what, done, total = next(steps)
        except StopIteration as end:
            found: T = end.value
            break
        line = f"{what}: {100 * done // max(1, total)} %"
        if line != shown and sys.stderr.isatty():
            click.echo(f"\r{line:<{len(shown)}}", nl=False, err=True)
            shown = line
    if shown:
        click.echo(f"\r{'':<{len(shown)}}\r", nl=False, err=True)
    return found


def _fetch(name: str) -> None:
    from fedtui import sources
    from fedtui.fetch import fetch

    click.echo(sources.fetched(name, fetch(name)), err=True)
