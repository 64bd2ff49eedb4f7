"""`fedtui compare`: a grid of runs on all cores, as a table and a plot, as JSON or as CSV."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedtui.safe import safe

if TYPE_CHECKING:
    from fedtui.comparison.grid import Grid
    from fedtui.comparison.kept import Kept
    from fedtui.comparison.outcome import Outcome
    from fedtui.comparison.work import Record

DONE, FAILED, INTERRUPTED = 0, 1, 130


@click.command()
@click.argument("scenario", required=False)
@click.option(
    "--vary",
    multiple=True,
    metavar="KEY=A,B,C",
    help="A setting and its values, e.g. fedprox.mu=off,0.1,1 or seed=1..20; lists between ';'.",
)
@click.option("--seeds", type=click.IntRange(1), default=1, metavar="N", help="Seeds for each row.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="As in `fedtui run`.")
@click.option("--without", multiple=True, metavar="SECTION", help="As in `fedtui run`.")
@click.option("--rounds", type=int, help="Short for --set training.rounds=N.")
@click.option("--seed", type=int, help="The first seed.")
@click.option(
    "--reach",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="SHARE",
    help="Tell the first round with this share of right answers, e.g. 0.9.",
)
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Workers; default: all cores.")
@click.option("--skip-refused", is_flag=True, help="Leave out mixes that cannot run.")
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="FILE", help="Where finished runs are kept."
)
@click.option("--afresh", is_flag=True, help="Do runs again that were done before.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, nothing else.")
@click.option("--csv", "as_csv", is_flag=True, help="A line for each run on stdout, nothing else.")
def compare(
    scenario: str | None,
    vary: tuple[str, ...],
    seeds: int,
    settings: tuple[str, ...],
    without: tuple[str, ...],
    rounds: int | None,
    seed: int | None,
    reach: float | None,
    jobs: int | None,
    skip_refused: bool,
    into: Path | None,
    afresh: bool,
    as_json: bool,
    as_csv: bool,
) -> int:
    """Run every mix of settings side by side: SCENARIO as in `fedtui run`.

    Each mix is a row. Finished runs are kept: the same command goes on where it was ended.
    """
    if as_json and as_csv:
        raise click.UsageError("compare: --json or --csv? Choose one.")
    from fedtui import settings_line
    from fedtui.comparison import grid, identity, kept, running
    from fedtui.comparison.axes import read_axis
    from fedtui.comparison.outcome import Outcome

    loaded, changes = settings_line.load(scenario), settings_line.read(settings, rounds, seed)
    axes = [read_axis(text) for text in vary]
    if not axes and seeds == 1:
        raise click.UsageError(
            "compare: nothing is varied; name a setting and its values, e.g. --vary fedprox=off,on."
        )
    made = grid.make(
        loaded, axes, changes=changes, without=without, repeats=seeds, skip=skip_refused
    )
    if not skip_refused:
        _refuse_absent(made)
    chosen = "seed" in changes or running.seed_chosen(loaded, axes)
    with kept.Kept(into or kept.usual(identity.subject(made.first))) as store:
        if afresh:
            store.forget(key for row in running.keys(made) for key in row)
        made, drawn = running.secret(made, store, chosen=chosen)
        if drawn is not None:
            _say_seed(drawn)
        records = _run(made, store, jobs)
    kept.prune()
    if records is None:
        return INTERRUPTED
    _refuse_alike(records)
    return _show(Outcome(made, records, reach), as_json, as_csv)


def _refuse_absent(made: Grid) -> None:
    """Before anything runs: a row without its patients is bad input, as it is in `fedtui run`."""
    from engine.data.reading import refuse_absent

    every = (scenario.data.source for row in made.rows for scenario in row.scenarios[:1])
    for source in dict.fromkeys(every):
        refuse_absent(source)


def _say(sentence: str) -> None:
    click.echo(f"fedtui: {safe(sentence)}", err=True)


def _say_seed(seed: int) -> None:
    from fedtui import words

    _say(words.seed_drawn(seed))


def _run(grid: Grid, store: Kept, jobs: int | None) -> list[list[Record]] | None:
    """The records; None after Ctrl-C. A bar shows how far it is."""
    from fedtui.comparison import running, words

    missing = running.count_missing(grid, store)
    of = running.count_all(grid)
    if missing < of:
        _say(words.done_before(of - missing, of))
    with ExitStack() as stack:
        bar = stack.enter_context(
            click.progressbar(
                length=missing,
                label=safe(grid.title),
                file=sys.stderr,
                hidden=not (missing and sys.stderr.isatty()),
            )
        )
        for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with &
            signal.signal(ending, signal.default_int_handler)
        try:
            return running.run(grid, store, jobs=_workers(grid, jobs), told=bar.update)
        except KeyboardInterrupt:
            left = running.count_missing(grid, store)
    _say(words.interrupted(of - left, of))
    return None


def _refuse_alike(records: list[list[Record]]) -> None:
    """What keeps every run from its start is bad input, told once; it never reached a worker's round."""
    from engine.errors import DataError

    every = [record for row in records for record in row]
    sentences = {record.get("error") for record in every if not record.get("lasting", True)}
    if len(sentences) == 1 and all(record.get("error") in sentences for record in every):
        raise DataError(str(sentences.pop()))


def _workers(grid: Grid, jobs: int | None) -> int | None:
    """As many as memory allows, said where that is fewer than wanted."""
    from fedtui.comparison import crew, running, words

    wanted = jobs or crew.cores()
    every = (scenario for row in grid.rows for scenario in row.scenarios[:1])
    fit = running.within_memory(every, wanted)
    if fit < wanted:
        _say(words.fewer_workers(fit, wanted))
        return fit
    return jobs


def _show(outcome: Outcome, as_json: bool, as_csv: bool) -> int:
    from fedtui.comparison import outcome as told
    from fedtui.comparison import table

    if as_json:
        click.echo(json.dumps(told.as_dict(outcome), ensure_ascii=False))
    elif as_csv:
        click.echo(told.as_csv(outcome), nl=False)
    else:
        click.echo(table.shown(outcome))
    return FAILED if outcome.unfinished else DONE
