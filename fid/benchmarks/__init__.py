"""Timings of this package beside the usual ways; `python fid/benchmark.py` runs them.

May import all of `fid`.
"""
