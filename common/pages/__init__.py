"""Pages for people: a run as one HTML file that opens from disk, asks no network and refreshes itself.

May import: `common.errors`, `common.system`, `common.data`, `common.run`, `common`.
"""
