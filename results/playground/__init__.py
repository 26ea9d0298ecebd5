"""A generator in a page: its layers and weights as text, and the script that computes pictures from them.

May import: all of `common`.
"""
