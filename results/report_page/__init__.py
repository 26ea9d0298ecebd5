"""The page of all results: `page.SECTIONS` is what it has, each a function of a `Report` in a file of its own.

May import: all of `common`, all of `fid`, `dcgan`, `sagan`, `csagan`, `results.verdicts`, `results.keeping`.
"""
