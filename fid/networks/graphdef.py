"""Read the weights of inception-2015-12-05 from its original GraphDef, folding batch norm into the convolutions."""

import numpy as np

EPSILON = 0.001  # of the published graph; a batch-norm node says its own


def read_graphdef(data: bytes) -> dict[str, np.ndarray]:
    """Return `NAME/kernel` (kh, kw, in, out) and `NAME/bias` (out,) float32 for every convolution of the graph.

    The graph keeps a convolution `mixed/tower/conv` as `mixed/tower/conv/conv2d_params` and
    `mixed/tower/conv/batchnorm/{beta,gamma,moving_mean,moving_variance}`; NAME is `mixed_tower_conv`. The classifier
    becomes `softmax/kernel` (2048, 1008) and `softmax/bias`.

    Raises:
        ValueError: not a GraphDef, or a convolution without its batch norm.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.compat.v1 import GraphDef  # here: only who has the original file needs it

    graph = GraphDef()
    try:
        graph.ParseFromString(data)
    except DecodeError as error:
        raise ValueError("not a TensorFlow GraphDef") from error
    nodes = {node.name: node for node in graph.node}
    arrays = {}
    for name in nodes:
        if name.endswith("/conv2d_params"):
            scope = name.removesuffix("/conv2d_params")
            layer = scope.replace("/", "_")
            arrays[f"{layer}/kernel"], arrays[f"{layer}/bias"] = _folded(nodes, scope)
    if "softmax/weights" in nodes:
        arrays["softmax/kernel"] = _constant(nodes, "softmax/weights")
        arrays["softmax/bias"] = _constant(nodes, "softmax/biases")
    return arrays


def _folded(nodes: dict, scope: str) -> tuple[np.ndarray, np.ndarray]:
    kernel = _constant(nodes, f"{scope}/conv2d_params").astype(np.float64)
    beta, gamma, mean, variance = (
        np.asarray(_constant(nodes, f"{scope}/batchnorm/{part}"), np.float64)
        for part in ("beta", "gamma", "moving_mean", "moving_variance")
    )
    norm = nodes.get(f"{scope}/batchnorm")
    epsilon = norm.attr["variance_epsilon"].f if norm else EPSILON
    with np.errstate(all="ignore"):  # of a damaged file; whoever takes the weights finds what is not finite
        factor = 1 / np.sqrt(variance + epsilon)
    if norm is None or norm.attr["scale_after_normalization"].b:  # the op ignores gamma without that attribute
        factor *= gamma
    return (kernel * factor).astype(np.float32), (beta - mean * factor).astype(np.float32)


def _constant(nodes: dict, name: str) -> np.ndarray:
    if name not in nodes or nodes[name].op != "Const":
        raise ValueError(f"the graph has no constant {name}")
    from tensorflow import make_ndarray

    return make_ndarray(nodes[name].attr["value"].tensor)
