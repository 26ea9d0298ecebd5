"""What is kept of a run in the repository: its pictures and weights made small, within bounds.

May import: all of `common`, all of `fid`, `dcgan`, `sagan`, `csagan`, `results.verdicts`.
"""
