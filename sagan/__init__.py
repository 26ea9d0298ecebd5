"""SAGAN (Zhang et al., 1805.08318): DCGAN with self-attention.

May import: all of `common`, all of `fid`, `dcgan`.
"""
