"""Whatever holds images: folders, arrays, data sets, runs; and saved moments.

May import: `common.errors`, `common.system`, `common.data`, `common.run`, `common.sampling`, `fid.protocols`.
"""
