"""The networks that features are taken from: their layers, published weights, resize and speed.

May import: `common.errors`, `common.system`, `common.data`, `fid.protocols`.
"""
