"""How an update is written, in words: how many numbers, how many bits, how many bytes."""

from __future__ import annotations

from engine.codecs.numbers import how_many
from engine.codecs.section import Compression
from fedtui.view import View
from fedtui.words.small import HEADER, many


def coded(view: View) -> str:
    """How updates are written: "8 bits", "top 10 %"; empty where they are sent as they are."""
    on = view.switches.get("compression")
    if on is None:
        return ""
    part = f"{100 * on['fraction']:g} %"
    return {
        "float16": "16 bits",
        "quantize": many(on["bits"], "bit"),
        "qsgd": f"QSGD {many(on['bits'], 'bit')}",
        "topk": f"top {part}",
        "randk": f"random {part}",
        "sign": "signs only",
    }[on["codec"]]


def coded_short(view: View) -> str:
    """ "8b", "top10%"; "" where updates are sent as they are."""
    on = view.switches.get("compression")
    if on is None:
        return ""
    part = f"{100 * on['fraction']:g}%"
    return {
        "float16": "16b",
        "quantize": f"{on['bits']}b",
        "qsgd": f"q{on['bits']}b",
        "topk": f"top{part}",
        "randk": f"rnd{part}",
        "sign": "sign",
    }[on["codec"]]


def pruned(view: View, before: str) -> str:
    """What part of the model is set to zero, after `before`; "" of nothing."""
    part = view.switches.get("compression", {}).get("prune", 0)
    return f"{before}{100 * part:g} %" if part else ""


def coded_numbers(view: View) -> str:
    """What travels of an update: "8 bits a number, not 32"; without compression "4 bytes a number"."""
    on = view.switches.get("compression")
    if on is None:
        return "4 bytes a number"
    count, of = how_many(on["fraction"], view.parameters), f"of {view.parameters:,} numbers"
    return {
        "float16": "16 bits a number, not 32",
        "quantize": f"{many(on['bits'], 'bit')} a number, not 32",
        "qsgd": f"{on['bits']} bits a number, not 32",
        "topk": f"the largest {of}" if count == 1 else f"the largest {count:,} {of}",
        "randk": f"{count:,} {of}, drawn",
        "sign": "of each number its sign",
    }[on["codec"]]


def shorter(view: View) -> list[str]:
    """What compression does, a short line each: the numbers, the message, what comes later, the model."""
    on = view.switches["compression"]
    told = [coded_numbers(view)]
    if view.parameters and "masking" not in view.switches:  # there a ring of its own says how long
        size = Compression.build(on).build_codec().size(view.parameters)
        told.append(f"{HEADER + size:,} bytes a message, not {HEADER + 4 * view.parameters:,}")
    if on["error_feedback"]:
        told.append("what is left out comes later")
    if on["prune"]:
        told.append(f"model: {100 * on['prune']:g} % set to zero")
    return told
