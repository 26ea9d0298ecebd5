"""What a training step costs, beside the usual ways to write one; `python dcgan/benchmark.py` runs them.

May import: all of `common`, all of `fid`, `dcgan`.
"""
