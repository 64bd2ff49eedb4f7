"""The result of a headless run as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fedtui import together, words
from fedtui.safe import safe

_SHOWN = 12  # rounds; longer runs show evenly spaced ones
_TOGETHER = "together, after the last round"
_POOLED, _ALONE = "all data in one place", "each one alone, own patients"


def table(result: dict[str, Any]) -> str:
    """Rounds, hospitals, comparison and cost of `result`, the object of `--json`."""
    parts = [_rounds(result), _hospitals(result), _comparison(result), _notes(result)]
    return "\n\n".join(part for part in parts if part)


def _rounds(result: dict[str, Any]) -> str:
    rounds = result["rounds"]
    if not rounds:
        return "No round was finished."
    step = max(1, -(-len(rounds) // _SHOWN))
    shown = [r for r in rounds if r["round"] % step == 0 or r in (rounds[0], rounds[-1])]
    private = result["privacy"]
    head = ("round", "right", "log-loss", words.privacy_heading(private), "up", "down", "keys")
    rows = [
        (
            str(r["round"]),
            _percent(r["accuracy"]),
            "n/a" if r["loss"] is None else f"{r['loss']:.3f}",
            _used(r["epsilon"], private),
            *(f"{r[key]:,}" for key in ("uplink_bytes", "downlink_bytes", "overhead_bytes")),
        )
        for r in shown
    ]
    return _grid(head, rows)


def _used(epsilon: float | None, private: dict[str, Any] | None) -> str:
    """ε after a round; under privacy none is told only where no finite one holds."""
    if epsilon is None:
        return "none holds" if private else "—"
    return f"ε {words.budget(epsilon)}"


def _hospitals(result: dict[str, Any]) -> str:
    hospitals = result["hospitals"]
    if len(hospitals) > _SHOWN or not result["rounds"]:
        return ""
    alone = result["baselines"]["local_only"]["per_hospital"]
    shared = result["rounds"][-1]["hospital_accuracy"]
    areas = result["baselines"]["local_only"].get("hospital_auc", {})
    detail = result["final"].get("per_hospital", {})
    head = ("hospital", "patients", "held out", "alone", "together", "AUC alone", "together")
    rows = [
        (
            safe(h["name"]),
            f"{h['train']:,}",
            f"{h['test']:,}",
            _count(alone[h["name"]], h["test"]),
            _count(shared[h["name"]], h["test"]),
            _score(areas, h["name"]),
            _score(detail.get(h["name"], {}), "auc"),
        )
        for h in hospitals
    ]
    return _grid(head, rows)


def _comparison(result: dict[str, Any]) -> str:
    base, final = result["baselines"], result["final"]
    lines = [
        (_TOGETHER, final),
        (_POOLED, base["pooled"]),
        (_ALONE, base["local_only"]),
        ("each one alone, everyone's patients", base["local_only"]["everyone"]),
        ("always the commoner answer", base["majority"]),
    ]
    inside = _within(result)
    rows = [
        (
            name,
            _percent(of["accuracy"]),
            _score(of, "auc"),
            _score(inside, name),
            *(_score(of, key) for key in ("loss", "brier")),
        )
        for name, of in lines
    ]
    grid = _grid(("on held-out patients", "right", "AUC", "within", "log-loss", "Brier"), rows)
    ended = {
        None: "",
        "budget": "Stopped: the next round would have passed the privacy budget.",
        "threshold": "Every round was lost: too few hospitals stayed to its end.",
        "interrupted": "Interrupted before its last round.",
    }[final["stopped"]]
    cost = f"{final['bytes']:,} bytes in all; each message counted as encoded, TLS and TCP come on top."
    return "\n".join(filter(None, (grid, words.WITHIN, cost, ended, _caution(result))))


def _within(result: dict[str, Any]) -> dict[str, float | None]:
    """Mean of the hospitals' own AUCs, by row; not in where it was not measured."""
    base, final = result["baselines"], result["final"]
    areas = {
        _TOGETHER: {name: each["auc"] for name, each in final.get("per_hospital", {}).items()},
        _POOLED: base["pooled"].get("hospital_auc", {}),
        _ALONE: base["local_only"].get("hospital_auc", {}),
    }
    return {row: together.within(of, result["hospitals"]) for row, of in areas.items() if of}


def _caution(result: dict[str, Any]) -> str:
    """What the table would be misread as; empty where it says it itself."""
    found = together.gain(result)
    if found is None or not found.patients:
        return ""
    if result["baselines"]["majority"]["accuracy"] >= result["final"]["accuracy"]:
        inside = _within(result)
        return words.commoner_as_good(inside.get(_ALONE), inside.get(_TOGETHER))
    if found.alone > found.together and found.beyond_chance:
        return words.better_alone(found)
    return ""


def _notes(result: dict[str, Any]) -> str:
    return "\n".join(f"note: {safe(note)}" for note in result["notes"])


def _grid(head: Iterable[str], rows: Sequence[tuple[str, ...]]) -> str:
    """First column to the left, the others to the right."""
    cells = [tuple(head), *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.1%}"


def _score(of: dict[str, Any], key: str) -> str:
    """A score; nothing where it was not measured, n/a where it does not exist."""
    if key not in of:
        return ""
    return "n/a" if of[key] is None else f"{of[key]:.3f}"


def _count(share: float | None, of: int) -> str:
    return "n/a" if share is None else f"{round(share * of)}/{of}"
