"""The layout: every part has its place at every size, and none lies on another."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from fedtui.lab.geometry import fits_large, geometry
from fedtui.lab.layout import SMALLEST, Box, layout

SIZES = [(w, h) for w in (60, 61, 79, 80, 100, 111, 112, 120, 160, 300)
         for h in (18, 19, 20, 23, 24, 25, 30, 36, 40, 50, 100)]  # fmt: skip


def overlap(a: Box, b: Box) -> bool:
    beside = a.x + a.width <= b.x or b.x + b.width <= a.x
    return not (beside or a.y + a.height <= b.y or b.y + b.height <= a.y)


@pytest.mark.parametrize("coach", [0, 1, 2])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_parts_lie_on_the_screen_and_not_on_each_other(width: int, height: int, coach: int) -> None:
    boxes = layout(width, height, coach)
    assert (boxes["coach"].height if coach else 0) == coach
    for box in boxes.values():
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width
        assert box.y + box.height <= height
    assert not [pair for pair in combinations(boxes, 2) if overlap(*(boxes[name] for name in pair))]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_what_is_needed_is_always_there(width: int, height: int) -> None:
    boxes = layout(width, height)
    assert {"header", "rail", "diagram", "plot", "now", "keys"} <= boxes.keys()
    assert boxes["diagram"].height >= (10 if height < 20 else 11)
    assert boxes["now"].height >= (1 if height < 23 else 2)
    assert boxes["plot"].height >= 4


def test_the_two_sizes_of_the_design() -> None:
    assert set(layout(80, 24)) == {"header", "rail", "diagram", "plot", "now", "keys"}
    wide = layout(120, 40)
    assert {"protection", "readers", "now", "bytes", "plot"} <= wide.keys()
    assert all(
        wide[name].x > wide["diagram"].x for name in ("protection", "readers", "now", "bytes")
    )


@pytest.mark.parametrize(("width", "height"), [(59, 24), (80, 17), (20, 5), (0, 0)])
def test_below_the_smallest_size_nothing_is_placed(width: int, height: int) -> None:
    assert layout(width, height) == {}
    assert layout(*SMALLEST)


@pytest.mark.parametrize("width", range(60, 161, 4))
@pytest.mark.parametrize("count", range(1, 9))
def test_tiles_stand_apart_and_each_link_joins_the_server_to_its_tile(
    count: int, width: int
) -> None:
    if not fits_large(count, width):
        assert count > (width - 1) // 13
        return
    at = geometry(count, width, 16, 9)
    assert not [pair for pair in combinations((*at.tiles, at.server), 2) if overlap(*pair)]
    for tile, link in zip(at.tiles, at.links, strict=True):
        assert tile.x >= 0
        assert tile.x + tile.width <= width
        (end_x, end_y), (start_x, start_y) = link[-1], link[0]
        assert (end_x, end_y) == (tile.x + tile.width // 2, tile.y - 1)
        below = start_y == at.server.y + at.server.height
        beside = start_x in (at.server.x - 1, at.server.x + at.server.width)
        assert below or beside
        for (x0, y0), (x1, y1) in pairwise(link):
            assert abs(x0 - x1) + abs(y0 - y1) == 1
