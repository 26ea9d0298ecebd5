"""Figures of merit: pure functions of features and moments; NumPy alone.

May import: nothing of the project.
"""
