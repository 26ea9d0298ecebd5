"""Glyphs of a TrueType font, read as outlines and filled here, in whole numbers: the same bits on every machine.

Renderers differ by version and by processor in how they round; the outlines themselves are data of the font's file.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

CURVE = 8  # straight pieces that a curve of an outline is drawn in; a power of two

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it warns of fonts without a date


class Polygons(BasePen):
    """Collects a glyph's closed contours as corners (x, y) in the font's units, y upwards; curves in CURVE pieces."""

    def __init__(self, glyphs):
        super().__init__(glyphs)
        self.contours: list[list[tuple[float, float]]] = []

    def _moveTo(self, point):
        self.contours.append([point])

    def _lineTo(self, point):
        self.contours[-1].append(point)

    def _qCurveToOne(self, control, end):
        start = self.contours[-1][-1]
        for t in range(1, CURVE + 1):
            shares = (CURVE - t) ** 2, 2 * t * (CURVE - t), t * t
            # Exact in floating point: points are halves of the font's units, and CURVE is a power of two.
            self.contours[-1].append(tuple(np.dot(shares, (start, control, end)) / CURVE**2))


def read_glyphs(font: Path, characters: Sequence[str], size: int) -> list[np.ndarray]:
    """Read some characters of a font, each as a mask (size, size) bool; see `fill`."""
    masks = []
    with TTFont(font) as file:
        names, glyphs = file.getBestCmap(), file.getGlyphSet()
        for character in characters:
            pen = Polygons(glyphs)
            glyphs[names[ord(character)]].draw(pen)
            masks.append(fill(pen.contours, size))
    return masks


def fill(contours: Sequence[Sequence[tuple[float, float]]], size: int) -> np.ndarray:
    """Fill closed contours by the non-zero winding rule.

    Args:
        contours: corners (x, y) in halves of a unit over CURVE**2, y upwards.
        size: of the mask; the longer side of the contours' box reaches from edge to edge.

    Returns:
        (size, size) bool, true where the middle of a pixel is within, the top row first.
    """
    corners = [(np.array(contour) * 4 * CURVE**2).astype(np.int64) for contour in contours]  # whole numbers, all even
    low, high = np.min([c.min(0) for c in corners], 0), np.max([c.max(0) for c in corners], 0)
    # Measured from the box's middle, in units in which pixels' middles are odd multiples of half a pixel.
    centres = np.arange(1 - size, size, 2) * (high - low).max()
    winding = np.zeros((size, size + 1), np.int64)
    for contour in corners:
        x0, y0 = ((2 * contour - low - high) * size).T
        x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
        turn = (y0 <= centres[:, None]).astype(int) - (y1 <= centres[:, None])  # of the edges that cross a row
        row, edge = np.nonzero(turn)
        crossing = x0[edge] + (centres[row] - y0[edge]) * (x1 - x0)[edge] // (y1 - y0)[edge]
        np.add.at(winding, (row, np.searchsorted(centres, crossing)), turn[row, edge])
    return winding.cumsum(1)[::-1, :size] != 0
