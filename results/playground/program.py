"""A generator as a program: steps on flat float32 arrays, each of values computed before it.

Value 0 is z, value 1 the class code: one-hot, or between two classes. Step i makes value i + 2, and the last one the
picture. What changes no numbers (inference's dropout, reshapes) is no step; what is affine beside a kernel (bias and
spectral norm's 1 / sigma, or batch norm) is one scale and one shift of each channel. The kernels stay as they are.
"""

from typing import Any

import numpy as np

Z, CODE = 0, 1
Shape = tuple[int, ...]


class Program:
    """Steps, each a name of an operation with what it needs, and the arrays that they name by number."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.arrays: list[np.ndarray] = []
        self.classes = 0  # of the class code; 0: there is none

    def step(self, name: str, *inputs: int, **fields: Any) -> int:
        """Add a step; returns the number of its value."""
        self.steps.append({"step": name, "from": list(inputs), **fields})
        return len(self.steps) + CODE

    def array(self, values: Any) -> int:
        """Keep an array; returns its number."""
        self.arrays.append(np.asarray(values, np.float32))
        return len(self.arrays) - 1

    def affine(self, x: int, channels: int, scale: Any = 1.0, shift: Any = 0.0) -> int:
        """Scale and shift each channel; no step where that changes nothing."""
        scale, shift = (np.broadcast_to(np.asarray(values, np.float32), channels) for values in (scale, shift))
        if (scale == 1).all() and (shift == 0).all():
            return x
        return self.step("affine", x, scale=self.array(scale), shift=self.array(shift))

    def convolution(
        self, x: int, kernel: np.ndarray, given: Shape, made: Shape, strides: Shape = (1, 1), padding: str = "valid"
    ) -> int:
        """Convolve a map `given` (H, W, C) to one `made`; the kernel is (height, width, C, channels)."""
        size = kernel.shape[:2]
        pad = [_before(made[i], strides[i], size[i], given[i]) if padding == "same" else 0 for i in (0, 1)]
        return self._convolution(x, kernel, given, made, strides, pad, transposed=False)

    def transposed(self, x: int, kernel: np.ndarray, given: Shape, made: Shape, strides: Shape, padding: str) -> int:
        """Convolve transposed; the kernel is (height, width, C, channels) here too."""
        size = kernel.shape[:2]
        pad = [_before(given[i], strides[i], size[i], made[i]) if padding == "same" else 0 for i in (0, 1)]
        return self._convolution(x, kernel, given, made, strides, pad, transposed=True)

    def _convolution(self, x: int, kernel: np.ndarray, given: Shape, made: Shape, strides: Shape, pad: list[int],
                     transposed: bool) -> int:  # fmt: skip
        return self.step("convolution", x, kernel=self.array(kernel), size=list(kernel.shape[:2]), input=list(given),
                         output=list(made), strides=list(strides), pad=pad, transposed=transposed)  # fmt: skip


def _before(small: int, stride: int, size: int, large: int) -> int:
    """Zeros before the first pixel of `large` where padding is "same"; the odd one comes after the last."""
    return max(0, (small - 1) * stride + size - large) // 2
