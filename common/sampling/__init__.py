"""Images from a generator: latents, images by class, ways between two of them.

May import: `common.errors`, `common.system`, `common.data`, `common.run`.
"""
