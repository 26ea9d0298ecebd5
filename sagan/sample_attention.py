"""What `sample.py` of the families with attention offers beside images. TensorFlow is imported when it is asked for."""

from common.commands.sample import Extra


def _attention(generator, inputs, folder):
    from sagan.attention_figure import draw_attention

    return draw_attention(generator, inputs, folder)


ATTENTION = Extra("attention", "draw attention.png too: where a few points of six of the images look", _attention)
