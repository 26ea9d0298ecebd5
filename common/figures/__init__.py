"""Pictures for people: grids of images, curves, animations.

May import: `common.errors`, `common.system`, `common.data`, `common.run`.
"""
