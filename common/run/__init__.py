"""A run folder and what lies in it: config, log, checkpoints, the generator's file.

May import: `common.errors`, `common.system`, `common.data`.
"""
