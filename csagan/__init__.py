"""Conditional SAGAN and CSAWGAN: self-attention and labels together.

May import: all of `common`, all of `fid`, `dcgan`, `sagan`.
"""
