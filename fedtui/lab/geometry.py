"""Where the server, the tiles and the links of the diagram stand."""

from __future__ import annotations

from dataclasses import dataclass

from fedtui.lab.layout import Box

Cells = tuple[tuple[int, int], ...]

LARGE = 8  # hospitals that get a tile with words in it
SMALL = 40  # hospitals that get a line each; more get one cell each
_WIDEST, _NARROWEST = 28, 13  # columns of a large tile, frame included
_SERVER = 41  # columns
_TILE_ROWS = 5  # of a large tile, at least


@dataclass(frozen=True)
class Geometry:
    """Of a diagram with large tiles, in its own cells.

    Attributes:
        links: From the server to each tile, the cells a packet passes, server end first.
    """

    server: Box
    tiles: tuple[Box, ...]
    links: tuple[Cells, ...]


def fits_large(count: int, width: int) -> bool:
    """Whether `count` large tiles stand side by side."""
    return 0 < count <= LARGE and _tile_width(count, width) >= _NARROWEST


def server_height(height: int) -> int:
    """Rows of the server's box in a diagram of `height` rows: it tells more where there is room."""
    return 7 if height >= 22 else 5 if height >= 14 else 4


def geometry(count: int, width: int, height: int, wanted: int = 5) -> Geometry:
    """Server above, tiles of up to `wanted` rows side by side below, links between."""
    server_rows = server_height(height)
    tile_rows = max(_TILE_ROWS, min(wanted, (height - server_rows) * 2 // 3))
    gap_rows = height - server_rows - tile_rows
    tiles = _tiles(count, width, server_rows + gap_rows, tile_rows)
    server = _server(width, server_rows, tiles)
    return Geometry(server, tiles, tuple(_link(server, tile) for tile in tiles))


def _server(width: int, rows: int, tiles: tuple[Box, ...]) -> Box:
    """A box in the middle, so wide that no link would have to leave by a corner."""
    centres = {tile.x + tile.width // 2 for tile in tiles}
    for wide in range(_SERVER, min(_SERVER + 16, width - 4)):
        left = (width - wide) // 2
        corners = {*range(left - 2, left + 2), *range(left + wide - 2, left + wide + 2)}
        if not corners & centres:
            break
    return Box(left, 0, wide, rows)


def _tile_width(count: int, width: int) -> int:
    gap = 1 if width - count >= count * (_NARROWEST + 4) else 0
    return min(_WIDEST, (width - 1 - gap * (count - 1)) // count)


def _tiles(count: int, width: int, top: int, rows: int) -> tuple[Box, ...]:
    wide = _tile_width(count, width)
    slack = max(0, width - 1 - count * wide)
    gap = min(8, slack // (count - 1)) if count > 1 else 0
    left = (width - count * wide - gap * (count - 1) + 1) // 2
    return tuple(Box(left + i * (wide + gap), top, wide, rows) for i in range(count))


def _link(server: Box, tile: Box) -> Cells:
    """Straight down from the server, or from its side and then down."""
    x = tile.x + tile.width // 2
    if server.x < x < server.x + server.width - 1:
        return tuple((x, y) for y in range(server.y + server.height, tile.y))
    side = server.y + 2
    start = server.x - 1 if x < server.x else server.x + server.width
    step = -1 if x < start else 1
    along = tuple((column, side) for column in range(start, x, step))
    return along + tuple((x, y) for y in range(side, tile.y))
