"""Timings of this package beside the usual ways; `python fid/benchmark.py` runs them.

May import: `common.errors`, `common.system`, `common.data`, `fid.metrics`, `fid.protocols`, `fid.inputs`,
`fid.networks`, `fid.evaluation`.
"""
