"""The arrows of the house: engine ← fedtui, data → view → widgets, and no circle anywhere."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATHS = sorted([*ROOT.glob("engine/**/*.py"), *ROOT.glob("fedtui/**/*.py")])

NEVER_IN_ENGINE = {
    "asyncio", "click", "concurrent", "datetime", "fedtui", "logging", "multiprocessing",
    "rich", "sched", "textual", "threading", "time",
}  # fmt: skip
# The app holds a player and hands widgets their data; who opens it makes the player, and the table of
# views says of what data each page is made.
SEES_THE_PLAYER = {f"fedtui.lab.{name}" for name in ("app", "opening", "scribe", "views")}
WITHOUT_A_SCREEN = ("fedtui.view", "fedtui.player", "fedtui.words", "fedtui.lesson", "fedtui.tour")


def name_of(path: Path) -> str:
    """The dotted module name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


MODULES = {name_of(path): path for path in PATHS}


def only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(node: ast.AST, *, lazy: bool) -> Iterator[ast.AST]:
    """Every node below that runs: type-checking blocks left out, function bodies unless `lazy`."""
    for child in ast.iter_child_nodes(node):
        if only_for_types(child):
            continue
        if not lazy and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield child
        yield from statements(child, lazy=lazy)


def imports(module: str, *, lazy: bool = True) -> set[str]:
    """Modules that `module` imports by name; with `lazy`, those inside functions too."""
    found = set()
    for node in statements(tree(module), lazy=lazy):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide the arrows"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            submodules = names & MODULES.keys()
            found |= submodules if submodules == names else submodules | {str(node.module)}
    return found


def roots(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imports(module)}


def calls(module: str) -> Iterator[ast.Call]:
    return (n for n in statements(tree(module), lazy=True) if isinstance(n, ast.Call))


ENGINE = [m for m in MODULES if m.partition(".")[0] == "engine"]
LAB = [m for m in MODULES if m.startswith("fedtui.lab")]


@pytest.mark.parametrize("module", ENGINE)
def test_the_engine_knows_no_screen_no_clock_and_no_thread(module: str) -> None:
    assert not roots(module) & NEVER_IN_ENGINE


@pytest.mark.parametrize("module", ENGINE)
def test_the_engine_never_prints_and_only_recordings_write(module: str) -> None:
    called = {ast.unparse(call.func) for call in calls(module)}
    assert "print" not in called
    if module != "engine.recording":
        assert not [name for name in called if name.endswith(("write_text", "write_bytes"))]
        assert not [ast.unparse(call) for call in calls(module) if opens_for_writing(call)]


def opens_for_writing(call: ast.Call) -> bool:
    if ast.unparse(call.func).rpartition(".")[2] not in ("open", "fdopen"):
        return False
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "mode")]
    modes = [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return any(set(mode) <= set("rwaxbt+") and set(mode) & set("wax+") for mode in modes)


@pytest.mark.parametrize("module", [m for m in LAB if m not in SEES_THE_PLAYER])
def test_widgets_are_given_their_data_and_know_no_player(module: str) -> None:
    assert "fedtui.player" not in imports(module)


@pytest.mark.parametrize("module", WITHOUT_A_SCREEN)
def test_view_player_and_words_know_no_widget(module: str) -> None:
    assert not roots(module) & {"textual", "rich", "plotext"}
    assert not [name for name in imports(module) if name.startswith("fedtui.lab")]


def test_no_module_imports_itself_by_a_detour() -> None:
    edges = {m: sorted(imports(m, lazy=False) & MODULES.keys() - {m}) for m in MODULES}
    finished: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " → ".join([*trail[trail.index(module) :], module])
        if module not in finished:
            for target in edges[module]:
                visit(target, (*trail, module))
            finished.add(module)

    for module in MODULES:
        visit(module, ())


def loaded_after(*arguments: str) -> set[str]:
    """The top-level packages in memory after `fedtui ARGUMENTS` in a process of its own."""
    program = (
        "import sys\n"
        "from fedtui.cli import main\n"
        f"sys.argv = {['fedtui', *arguments]!r}\n"
        "try:\n    code = main()\n"
        "except SystemExit as done:\n    code = done.code\n"
        "print('LOADED', *sorted({m.partition('.')[0] for m in sys.modules}))\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str) -> None:
    assert not loaded_after(option) & {"numpy", "scipy", "sklearn", "textual", "cryptography"}


def test_a_default_run_loads_neither_scikit_learn_nor_scipy_nor_a_screen() -> None:
    loaded = loaded_after("run", "--rounds", "2", "--json")
    assert "numpy" in loaded
    assert not loaded & {"scipy", "sklearn", "textual", "plotext"}
