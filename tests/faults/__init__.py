"""Faults made on purpose and counted: `python -m tests.faults --help`. What it finds is mended and tested."""
