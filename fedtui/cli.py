"""The command line. Commands import the engine and the screen only when they need them."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fedtui.commands.compare import compare
from fedtui.commands.data import data
from fedtui.commands.predict import predict
from fedtui.safe import safe
from fedtui.shadow import refuse_shadowed_engine

if TYPE_CHECKING:
    from engine import Scenario
    from engine.events import Event
    from engine.result import Result

DONE, FAILED, BAD_INPUT, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
_WHAT = 27  # characters before the bar of what goes on: the line fits 80 columns


def main() -> None:
    """The console script: every refusal is one sentence on stderr and an exit code."""
    sys.exit(_guarded())


class _Terminated(BaseException):
    """Somebody ends the program: what is half written is taken away first, as on Ctrl-C."""


def _terminate(*_: object) -> None:
    raise _Terminated


def _guarded() -> int:
    signal.signal(signal.SIGTERM, _terminate)
    try:
        refuse_shadowed_engine()
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A terminal that knows no ε still gets the rest.
            sys.stdout.reconfigure(errors="replace")
        code = cli.main(prog_name="fedtui", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except _Terminated:
        return TERMINATED
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except OSError as error:
        return _unwritten(error)
    except SystemExit:  # how click leaves where the reader has seen enough, e.g. `| head`
        return DONE
    except Exception as error:
        return _refused(error)


def _unwritten(error: OSError) -> int:
    """What standard output could not take; a reader that has seen enough, `| head`, is no failure."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return DONE
    return _say(f"the output cannot be written ({error.strerror}).", FAILED)


def _refused(error: Exception) -> int:
    """The exit code of a refusal, its sentence said; anything else is a bug and stays a traceback."""
    from engine.errors import EngineError, RunError

    if isinstance(error, MemoryError):
        return _say(
            "there is not enough memory; lower data.hospitals, patients or features.", FAILED
        )
    if not isinstance(error, EngineError):
        raise error
    return _say(str(error), FAILED if isinstance(error, RunError) else BAD_INPUT)


def _say(sentence: str, code: int) -> int:
    click.echo(f"fedtui: {safe(sentence)}", err=True)
    return code


class Commands(click.Group):
    """The commands; an unknown one is refused with the way out."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(
                f"there is no command {args[0]!r}; choose {known}, or see `fedtui --help`."
            )
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The rest of `args`; an option that only commands have is refused with where it belongs."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            option = error.option_name
            commands = (self.get_command(ctx, name) for name in self.list_commands(ctx))
            owners = [c.name for c in commands if c and any(option in p.opts for p in c.params)]
            if not owners:
                raise
            owner = "run" if "run" in owners else owners[0]
            raise click.UsageError(
                f"{option} belongs to a command: `fedtui {owner} {option} …`; in the lab the key s"
                " opens every setting."
            ) from error


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--scenario", metavar="NAME|FILE|CODE", help="What to open; see `fedtui scenarios`.")
@click.option(
    "--replay", type=click.Path(path_type=Path), help="Play a recording of `run --record`."
)
@click.option("--lesson", type=int, metavar="N", help="Open a lesson: 0, the first five minutes.")
@click.option(
    "--place", default="", metavar="NAME", help="Whose place to keep, on a shared account."
)
@click.option("--ascii", is_flag=True, help="Draw with ASCII characters only.")
@click.option("--no-motion", is_flag=True, help="Show each phase's start and end only.")
@click.version_option(package_name="fedtui", prog_name="fedtui", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    context: click.Context,
    scenario: str | None,
    replay: Path | None,
    lesson: int | None,
    place: str,
    ascii: bool,
    no_motion: bool,
) -> int:
    """A flight simulator for federated learning.

    Without a command the lab opens: a server, some hospitals, and a model that travels between them.
    """
    if context.invoked_subcommand:
        return DONE
    _refuse_poor_terminal()
    if replay and not replay.is_file():
        raise click.UsageError(f"--replay: there is no file {str(replay)!r}; check the path.")
    if lesson:
        raise click.UsageError(f"--lesson: there is no lesson {lesson} yet; choose 0.")
    opened = None
    if scenario:
        from fedtui import scenarios as built_in
        from fedtui import seeds

        opened = built_in.load(scenario)
        opened = seeds.unguessable(opened, chosen=seeds.chosen_by_file(opened))
    from fedtui.lab.opening import run_lab

    return run_lab(
        opened,
        replay,
        ascii=ascii,
        motion=not no_motion,
        place=place,
        lesson=lesson is not None,
    )


@cli.command()
@click.argument("scenario", required=False)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set a key, e.g. fedprox.mu=0.1."
)
@click.option(
    "--without", multiple=True, metavar="SECTION", help="Switch a section off, before any --set."
)
@click.option("--rounds", type=int, help="Short for --set training.rounds=N.")
@click.option("--seed", type=int, help="Short for --set seed=N.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, nothing else.")
@click.option("--record", type=click.Path(path_type=Path), help="Write every event as JSON lines.")
@click.option(
    "--withhold",
    is_flag=True,
    help="Leave the seed and the model without noise out of the recording.",
)
@click.option("--explain", is_flag=True, help="Tell each phase in a plain sentence as it happens.")
def run(
    scenario: str | None,
    settings: tuple[str, ...],
    without: tuple[str, ...],
    rounds: int | None,
    seed: int | None,
    as_json: bool,
    record: Path | None,
    withhold: bool,
    explain: bool,
) -> int:
    """Run SCENARIO (a name, a TOML file or a code; default: cells) without a screen."""
    from engine import simulate
    from engine.recording import Recorder
    from engine.result import Result
    from fedtui import export, settings_line

    loaded, changes = settings_line.load(scenario), settings_line.read(settings, rounds, seed)
    chosen, told = settings_line.seeded(
        settings_line.changed(loaded, without, changes),
        settings_line.chosen_seed(loaded, changes),
    )
    if told:
        _say(told, DONE)
    result = Result()
    events = simulate(chosen)
    if explain:
        from fedtui.explain import explained

        events = explained(events, chosen, partial(click.echo, err=as_json))
    if withhold and not record:
        raise click.UsageError("--withhold: it is for a recording; add --record FILE.")
    recording = Recorder(record, chosen.on_own_data, withhold) if record else None
    with closing(recording) if recording else nullcontext() as recorder:
        code = _follow(events, chosen, result, recorder, quiet=explain)
    if result.started is not None:
        from fedtui.report import table

        finished = result.as_dict()
        click.echo(export.as_json(finished) if as_json else table(finished) + "\n", nl=False)
    return code


@cli.command()
@click.argument("name", required=False)
def scenarios(name: str | None) -> None:
    """List the built-in scenarios; or print NAME as TOML."""
    from fedtui import scenarios as built_in

    if name:
        click.echo(built_in.source(name), nl=False)
        return
    width = max(map(len, built_in.NAMES))
    for each in built_in.NAMES:
        click.echo(f"{each:<{width}}  {built_in.load(each).about}")


@cli.command()
@click.option("--q", type=click.FloatRange(1e-6, 1), required=True, help="Sampling rate.")
@click.option("--steps", type=click.IntRange(1, 10_000_000), required=True, help="Releases.")
@click.option("--delta", type=click.FloatRange(1e-300, 1, max_open=True), required=True, help="δ.")
@click.option("--noise-multiplier", type=click.FloatRange(0.01, 1e6), help="z; tells its ε.")
@click.option("--epsilon", type=click.FloatRange(1e-3, 1e4), help="ε; tells its z.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, nothing else.")
def epsilon(
    q: float,
    steps: int,
    delta: float,
    noise_multiplier: float | None,
    epsilon: float | None,
    as_json: bool,
) -> None:
    """What Gaussian noise costs in ε, or how much noise an ε needs."""
    if any(map(math.isnan, (q, delta, noise_multiplier or 0.0, epsilon or 0.0))):
        raise click.UsageError("epsilon: nan is not a number; give each option one in its range.")
    if (noise_multiplier is None) == (epsilon is None):
        raise click.UsageError("epsilon: give either --noise-multiplier or --epsilon.")
    from engine.privacy import accountant
    from engine.privacy.ledger import Release

    z = noise_multiplier or accountant.noise_multiplier(epsilon or 0.0, delta, steps, q)
    releases = (Release(z, steps, q),)
    spent = accountant.epsilon(releases, delta)
    rounded = _round_up(spent)
    if as_json:
        found = {"q": q, "noise_multiplier": z, "steps": steps, "delta": delta, "epsilon": rounded}
        click.echo(json.dumps(found))
        return
    from fedtui import words

    guess, promised = accountant.best_guess(releases), accountant.ceiling(spent, delta)
    naive = accountant.naive(releases, delta)
    click.echo("\n".join(words.noise_costs(z, steps, rounded, guess, promised, naive)))


cli.add_command(compare)
cli.add_command(data)
cli.add_command(predict)


def _round_up(value: float) -> float:
    """Six significant digits, never below the finite `value`."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 5) if value else 1.0
    return float(f"{math.ceil(value / unit) * unit:.6g}")


def _follow(
    events: Iterator[Event], scenario: Scenario, result: Result, recorder: Any, quiet: bool
) -> int:
    """Pull the run to its end, or to Ctrl-C; a bar shows how far it is, unless it tells so itself."""
    bar = click.progressbar(
        length=scenario.training.rounds,
        label=safe(scenario.title),
        file=sys.stderr,
        hidden=quiet or not sys.stderr.isatty(),
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell started us with &
    try:
        with bar:
            for event in events:
                result.add(event)
                if recorder:
                    recorder.add(event)
                _tell(bar, event, safe(scenario.title))
    except KeyboardInterrupt:
        return _say("interrupted.", INTERRUPTED)
    if result.stopped == "threshold":
        return _say(
            "every round was lost, as hospitals dropped out of each; lower faults.dropout, or name"
            " fewer faults.drops.",
            FAILED,
        )
    return DONE


def _tell(bar: Any, event: Event, title: str) -> None:
    """How far the run is, and what goes on while no round does: that can take long with many patients."""
    from engine.events import Preparing, RoundFinished

    label = title
    if isinstance(event, Preparing):
        what = safe(event.what)
        what = what if len(what) <= _WHAT else f"{what[: _WHAT - 1]}…"
        label = f"{what}: {100 * event.done // max(1, event.total)} %"
    if label != bar.label:
        bar.label = label
        bar.render_progress()
    if isinstance(event, RoundFinished):
        bar.update(1)


def _refuse_poor_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "the lab needs a terminal and this is none; `fedtui run` runs without a screen."
        )
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        raise click.UsageError(
            "the lab cannot draw on TERM=dumb; `fedtui run` runs without a screen."
        )


if __name__ == "__main__":
    main()
