"""DCGAN (Radford et al., 1511.06434) as the CIFAR-10 write-ups built it.

May import: all of `common`, all of `fid`, `dcgan.benchmarks`.
"""
