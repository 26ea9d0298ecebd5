"""Draw images from a SAGAN run, and where it looks: `python sagan/sample.py RUN --count 10 --attention`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.sample_command import Extra, sample_command


def attention(generator, inputs, folder):
    """Draw attention.png."""
    from sagan.attention_figure import draw_attention

    return draw_attention(generator, inputs, folder)


ATTENTION = Extra("attention", "draw attention.png too: where a few points of six images look", attention)

if __name__ == "__main__":
    sample_command("sagan", [ATTENTION])
