"""Data sets: pictures by name or folder, decoded once, cached, and served as batches.

May import: `common.errors`, `common.system`.
"""
