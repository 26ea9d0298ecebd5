"""From a claim's file to its verdict: what is claimed, the runs that test it, the rule, and how both are shown.

May import: all of `common`, all of `fid`, `dcgan`, `sagan`, `csagan`.
"""
