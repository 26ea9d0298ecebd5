"""Whatever holds images: folders, arrays, data sets, runs; and saved moments.

May import: `common` (data sets, errors, sampling), `fid.protocols`.
"""
