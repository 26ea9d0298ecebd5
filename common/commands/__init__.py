"""The command lines of every family: `train.py` and `sample.py`.

May import: all of `common`.
"""
