"""Scenario codes: a scenario in one short line of text, to be copied over a table or a chat.

A code is `f1-` (the format's version), then the set keys as compact JSON, deflated, in URL-safe
base64 without padding. The same keys give the same code.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from engine.errors import ScenarioError

PREFIX = "f1-"
_LARGEST = 1_000_000  # bytes, inflated: a code is a line of text, not an archive


def encode(given: Mapping[str, Any]) -> str:
    """The code of nested plain mappings."""
    text = json.dumps(given, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    packed = zlib.compress(text.encode(), 9)
    return PREFIX + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(code: str) -> dict[str, Any]:
    """The mappings in a code.

    Raises:
        ScenarioError: Of another version, or damaged.
    """
    if not code.startswith(PREFIX):
        raise ScenarioError(
            f"code: this version reads codes that begin with {PREFIX}; update fedtui."
        )
    body = "".join(code.removeprefix(PREFIX).split())  # as it may come over from a screen
    try:
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        inflater = zlib.decompressobj()
        text = inflater.decompress(packed, _LARGEST)
        if inflater.unconsumed_tail:
            raise ScenarioError("code: it holds more than a scenario; copy it again, whole.")
        if not inflater.eof:
            raise ScenarioError("code: a part of it is missing; copy it again, whole.")
        given = json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        raise ScenarioError("code: it is damaged; copy it again, whole.") from None
    if not isinstance(given, dict):
        raise ScenarioError("code: it holds no scenario; copy it again, whole.")
    return given
