"""The live diagram: a server, hospitals, links, and what travels between them."""

from __future__ import annotations

from fedtui.lab import crowd, packets
from fedtui.lab.canvas import Canvas
from fedtui.lab.geometry import Cells, Geometry, fits_large, geometry
from fedtui.lab.server import server
from fedtui.lab.shot import Shot
from fedtui.lab.tiles import all_lines, rows, tile


def diagram(shot: Shot, wide: int, high: int) -> Canvas:
    """A scene of `wide` × `high` cells."""
    canvas = Canvas(wide, high, shot.glyphs)
    count = len(shot.view.hospitals)
    if count and not fits_large(count, wide):
        return crowd.crowd(canvas, shot)
    lines = all_lines(shot)
    at = geometry(max(1, count), wide, high, rows(lines) if count else 0)
    server(canvas, shot, at.server)
    if count:
        _links(canvas, shot, at)
        for index, box in enumerate(at.tiles):
            tile(canvas, shot, index, box, lines[index])
        _ends(canvas, shot, at)
        packets.draw(canvas, shot, at.links)
        packets.draw_legend(canvas, shot, at.links)
    return canvas


def _links(canvas: Canvas, shot: Shot, at: Geometry) -> None:
    for index, link in enumerate(at.links):
        style = _link_style(shot, index)
        idle = style == "faint"
        for place, (x, y) in enumerate(link):
            glyph = _bend(shot, link, place)
            canvas.put(
                x, y, shot.glyphs["idle"] if idle and glyph == shot.glyphs["down"] else glyph, style
            )


def _link_style(shot: Shot, index: int) -> str:
    view = shot.view
    if view.round and not view.hospitals.drawn[index]:
        return "faint"
    return "frame"


def _bend(shot: Shot, link: Cells, place: int) -> str:
    """Across, down, or the corner where a link turns."""
    g = shot.glyphs
    x, y = link[place]
    vertical = (len(link) > place + 1 and link[place + 1][0] == x) or place == len(link) - 1
    if place and link[place - 1][1] == y and vertical:
        return g["nw"] if link[place - 1][0] > x else g["ne"]
    return g["down"] if vertical else g["across"]


def _ends(canvas: Canvas, shot: Shot, at: Geometry) -> None:
    """Where links meet the frames, and where two that share a line part."""
    g, box = shot.glyphs, at.server
    style = "accent" if shot.view.moment in ("Aggregated", "RoundFinished") else "frame"
    for index, (link, tile_box) in enumerate(zip(at.links, at.tiles, strict=True)):
        x = tile_box.x + tile_box.width // 2
        own = "chosen" if shot.chosen == index else "frame"
        canvas.put(x, tile_box.y, g["tee_up"], own)
        if link[0][1] >= box.y + box.height:
            canvas.put(x, box.y + box.height - 1, g["tee_down"], style)
        else:
            left = link[0][0] < box.x
            edge = box.x if left else box.x + box.width - 1
            canvas.put(edge, link[0][1], g["tee_left" if left else "tee_right"], style)
    _partings(canvas, shot, at)


def _partings(canvas: Canvas, shot: Shot, at: Geometry) -> None:
    """On a line that several links share, the inner ones leave at a ┬."""
    g = shot.glyphs
    sides = [
        link for link in at.links if len({y for _, y in link}) > 1 and link[0][1] == link[1][1]
    ]
    for link in sides:
        x, y = link[-1][0], link[0][1]
        farther = any((x, y) in other and other[-1][0] != x for other in sides)
        if farther:
            canvas.put(x, y, g["tee_down"], "frame")
