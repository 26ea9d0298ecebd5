"""pytorch-fid on two folders of images with weights from an `.npz`: run by `benchmark.py` in the peers' environment."""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from unittest.mock import Mock, patch

import numpy as np

EPSILON = 0.001  # of the batch norm that pytorch-fid keeps apart from the convolutions

STEM = dict(
    zip(
        ("conv", "conv_1", "conv_2", "conv_3", "conv_4"),
        ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"),
        strict=True,
    )
)
BLOCKS = dict(
    zip(
        ("mixed", *(f"mixed_{index}" for index in range(1, 11))),
        (f"Mixed_{name}" for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")),
        strict=True,
    )
)
TOWERS = {  # by the size of the feature map: the graph's two towers in torchvision's words
    "5": ("branch5x5", "branch3x3dbl"),
    "6": ("branch7x7", "branch7x7dbl"),
    "6a": ("branch3x3dbl", None),
    "7": ("branch3x3", "branch3x3dbl"),
    "7a": ("branch3x3", "branch7x7x3"),
}


def torchvision_name(layer: str) -> str:
    """Return torchvision's name of a convolution of the graph: `mixed_tower_conv` is `Mixed_5b.branch5x5_1`."""
    if layer in STEM:
        return STEM[layer]
    block, tower, split, index = re.fullmatch(
        r"(mixed(?:_\d+)?)(_tower(?:_\d)?)?(_mixed)?_conv(?:_(\d))?", layer
    ).groups()
    name = BLOCKS[block]
    if tower is None:
        return f"{name}.{'branch3x3' if name == 'Mixed_6a' else 'branch1x1'}"
    if tower == "_tower_2":
        return f"{name}.branch_pool"
    branch = TOWERS.get(name[6:], TOWERS[name[6]])[tower == "_tower_1"]
    number = int(index or 0)
    if not split:
        return f"{name}.{branch}_{number + 1}"
    return f"{name}.{branch}_{'3' if branch.endswith('dbl') else '2'}{'ab'[number]}"


def torchvision_weights(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return `NAME/kernel` and `NAME/bias` as a state dict; the batch norm after each kernel only adds the bias."""
    state = {}
    for key, kernel in arrays.items():
        layer = key.removesuffix("/kernel")
        if layer == "softmax":
            state["fc.weight"] = kernel.T
        elif layer != key:
            name, ones = torchvision_name(layer), np.ones(kernel.shape[-1], np.float32)
            state[f"{name}.conv.weight"] = kernel.transpose(3, 2, 0, 1)
            state[f"{name}.bn.weight"] = ones * np.float32(np.sqrt(1 + EPSILON))
            state[f"{name}.bn.bias"] = arrays[f"{layer}/bias"]
            state[f"{name}.bn.running_mean"] = 0 * ones
            state[f"{name}.bn.running_var"] = ones
    return state


def import_torchvision() -> ModuleType:
    """Import torchvision, even one built for another torch: only its compiled operators fail, and none is used."""
    with patch("torch.library.register_fake", lambda *args, **kwargs: lambda function: function):
        import torchvision
    return torchvision


def load_pytorch_fid(arrays: Mapping[str, np.ndarray], dims: int) -> tuple:
    """Return pytorch-fid's `fid_score` module and its network with these weights in place of a download."""
    import torch

    torchvision = import_torchvision()
    from pytorch_fid import fid_score, inception

    state = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in torchvision_weights(arrays).items()}

    def load(network, _):
        keys = torch.nn.Module.load_state_dict(network, state, strict=False)
        if keys.unexpected_keys:
            raise ValueError(f"pytorch-fid's network has no {keys.unexpected_keys}")

    download = patch.object(inception, "load_state_dict_from_url")
    with download, patch.object(torchvision.models.Inception3, "load_state_dict", load):
        block = inception.InceptionV3.BLOCK_INDEX_BY_DIM[dims]
        return fid_score, inception.InceptionV3([block]).eval()


def pytorch_fid(folders: Sequence[str], arrays: Mapping[str, np.ndarray], dims: int) -> float:
    """Return pytorch-fid's value for two folders, at its default batch size: all its own but the weights."""
    fid_score, network = load_pytorch_fid(arrays, dims)
    with patch.object(fid_score, "InceptionV3", Mock(BLOCK_INDEX_BY_DIM={dims: 0}, return_value=network)):
        return float(fid_score.calculate_fid_given_paths(folders, 50, "cpu", dims))


def main() -> None:
    """Print the value."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs=2)
    parser.add_argument("--weights", type=Path, required=True)
    args = parser.parse_args()
    with np.load(args.weights, allow_pickle=False) as arrays:
        print(pytorch_fid(args.folders, arrays, dims=768))


if __name__ == "__main__":
    main()
