"""Figures of merit: pure functions of features and moments; NumPy and SciPy alone.

May import: nothing of the project.
"""
