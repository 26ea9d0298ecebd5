"""The training loop and what it needs: devices, TensorBoard, timings.

May import: all of `common` but `common.commands`. Metrics come in as a callable, from each family's `train.py`.
"""
