"""The machine: files, progress, signals, hardware, the command line's conventions.

May import: `common.errors`.
"""
