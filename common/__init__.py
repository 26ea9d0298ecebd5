"""What every model family shares: data, losses, the training loop, checkpoints, figures and the command line.

Each package within says what it may import; this is what the files beside them may. May import: `common.errors`,
`common.system`, `common.data`, `common.settings`.
"""
