"""What a generator's file may name: layers that build a network and do nothing else. Whatever is not here is refused.

A `.keras` file is data, yet its `config.json` names classes and functions by module, and Keras imports and calls them:
`subprocess.Popen` too, before 3.9 (CVE-2025-1550). Later advisories went round its own checks through what Keras itself
offers: utilities (CVE-2025-8747), the switch of the safe mode (CVE-2025-9906), layers of other frameworks
(CVE-2025-49655), of words from files (CVE-2025-12058), of TensorFlow's own models (CVE-2026-1462). A list of what is
known to be harmless does not wait for the next one.
"""

import re
from collections.abc import Iterator
from typing import Any

LAYERS = (
    "Activation", "Add", "AveragePooling2D", "BatchNormalization", "CategoryEncoding", "Concatenate", "Conv2D",
    "Conv2DTranspose", "Cropping2D", "Dense", "Dropout", "ELU", "Embedding", "Flatten", "GaussianNoise",
    "GlobalAveragePooling2D", "GroupNormalization", "InputLayer", "LayerNormalization", "LeakyReLU", "MaxPooling2D",
    "Multiply", "PReLU", "ReLU", "RepeatVector", "Rescaling", "Reshape", "SeparableConv2D", "Softmax",
    "UnitNormalization", "UpSampling2D", "ZeroPadding2D",
)  # fmt: skip
INITIALIZERS = (
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Ones",
    "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
)  # fmt: skip
OWN = {  # this project's layers, by module; imported when a file names them
    "common.spectral_norm": ("SpectralNormalization",),
    "common.conditioning": ("ConditionalBatchNormalization",),
    "sagan.attention": ("Attention",),
}
KNOWN = {
    "keras": ("DTypePolicy",),
    "keras.layers": LAYERS,
    "keras.initializers": INITIALIZERS,
    "keras.src.models.functional": ("Functional",),
    "keras.src.ops.numpy": ("Add", "Subtract", "Multiply", "TrueDivide"),  # `3 * x` between layers
    None: ("__keras_tensor__",),  # a tensor between two layers
    **OWN,
}
MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}  # of the zip; `assets/` would be files for layers
REGISTERED = re.compile(r"cifar10_gans>(\w+)")


def check_members(names: list[str]) -> None:
    """Find out whether the file holds what a generator's file holds, and nothing to be unpacked.

    Raises:
        ValueError: names what it lacks, or what does not belong there.
    """
    odd = sorted(set(names) ^ MEMBERS)
    if odd or len(names) != len(MEMBERS):
        raise ValueError(f"it holds {', '.join(names) or 'nothing'} instead of {', '.join(sorted(MEMBERS))}")


def check_config(config: Any) -> set[str]:
    """Find out whether a `config.json` names known layers alone, wherever in it.

    Returns:
        The modules of this project that its layers are in.

    Raises:
        ValueError: names the first class that is none of them.
    """
    modules = set()
    for item in _objects(config):
        module, name, registered = item.get("module"), item.get("class_name"), item.get("registered_name")
        known = isinstance(module, str | None) and name in KNOWN.get(module, ())
        if not known or not _is_same(registered, name):
            where = f"{module}.{name}" + (f" ({registered})" if registered not in (None, name) else "")
            raise ValueError(f"it names {where}, which is no layer that generators here are made of; nothing was run")
        modules |= {module} & set(OWN)
    return modules


def _is_same(registered: Any, name: str) -> bool:
    """Whether Keras' other name for a class, which it looks up first, is of the same class."""
    found = REGISTERED.fullmatch(registered) if isinstance(registered, str) else None
    return registered in (None, name) or bool(found and found[1] == name)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Whatever Keras would make an object of: each mapping with a class or a module, however deep."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.keys() & {"class_name", "module", "registered_name"}:
                yield value
            waiting += reversed(value.values())
        elif isinstance(value, list):
            waiting += reversed(value)
