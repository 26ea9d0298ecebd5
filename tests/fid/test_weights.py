"""Weights are found in their order, read from every format, folded rightly, and refused when they are not whole."""

import io
import re
import tarfile
import threading
import time
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from fid.networks import weights
from fid.networks.graphdef import read_graphdef
from fid.networks.inception import build_inception
from fid.networks.weights import GRAPH, INCEPTION_2015, MissingWeights, assign, find_weights, read_arrays, sha256

EPSILON = 0.001


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, and no weights named in the environment."""
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FID_WEIGHTS", raising=False)


def constant(graph, name: str, value: np.ndarray) -> None:
    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))


def graph_of(scopes: dict[str, tuple[int, ...]], scale: bool = False) -> tuple[bytes, dict[str, dict]]:
    """A GraphDef with the nodes of the published one for convolutions of these kernel shapes, and its constants."""
    rng, graph, constants = np.random.default_rng(0), tf.compat.v1.GraphDef(), {}
    for scope, shape in scopes.items():
        parts = {name: rng.standard_normal(shape[-1]) for name in ("beta", "moving_mean")}
        parts |= {name: rng.uniform(0.5, 2, shape[-1]) for name in ("gamma", "moving_variance")}
        parts = {name: value.astype(np.float32) for name, value in parts.items()}
        kernel = rng.standard_normal(shape).astype(np.float32)
        constant(graph, f"{scope}/conv2d_params", kernel)
        graph.node.add(name=f"{scope}/Conv2D", op="Conv2D")
        for name, value in parts.items():
            constant(graph, f"{scope}/batchnorm/{name}", value)
        norm = graph.node.add(name=f"{scope}/batchnorm", op="BatchNormWithGlobalNormalization")
        norm.attr["variance_epsilon"].f = EPSILON
        norm.attr["scale_after_normalization"].b = scale
        constants[scope] = parts | {"kernel": kernel}
    return graph.SerializeToString(), constants


def scopes_of(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Names in the original graph, and kernel shapes, of a network's convolutions."""
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    return {re.sub("_(?=tower|mixed|conv)", "/", layer.name): tuple(layer.kernel.shape) for layer in convolutions}


def archive(path, data: bytes):
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo(f"./{GRAPH}" if path.name == "dotted.tgz" else GRAPH)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize("scale", [False, True])
def test_batch_norm_is_folded_into_the_convolution(scale):
    data, constants = graph_of({"mixed/tower/conv_1": (3, 3, 4, 6)}, scale)
    arrays, parts = read_graphdef(data), constants["mixed/tower/conv_1"]
    x = np.random.default_rng(1).standard_normal((2, 8, 8, 4)).astype(np.float32)
    unfolded = tf.nn.batch_normalization(
        tf.nn.conv2d(x, parts["kernel"], 1, "VALID"),
        parts["moving_mean"],
        parts["moving_variance"],
        parts["beta"],
        parts["gamma"] if scale else None,  # the graph's op leaves gamma out unless told otherwise
        EPSILON,
    )
    folded = tf.nn.conv2d(x, arrays["mixed_tower_conv_1/kernel"], 1, "VALID") + arrays["mixed_tower_conv_1/bias"]
    np.testing.assert_allclose(folded, unfolded, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("form", ["pb", *(pytest.param(it, marks=pytest.mark.slow) for it in ("tgz", "dotted.tgz"))])
def test_the_graph_fills_the_network_to_768(tmp_path, form):
    model = build_inception(768)
    data, constants = graph_of(scopes_of(model))
    path = tmp_path / (form if "." in form else f"graph.{form}")
    path.write_bytes(data) if form == "pb" else archive(path, data)
    assign(model, read_arrays(path), path)
    parts = constants["mixed_3/tower/conv_2"]
    factor = 1 / np.sqrt(parts["moving_variance"] + EPSILON)
    layer = model.get_layer("mixed_3_tower_conv_2")
    np.testing.assert_allclose(layer.kernel, parts["kernel"] * factor, rtol=1e-5)
    np.testing.assert_allclose(layer.bias, parts["beta"] - parts["moving_mean"] * factor, rtol=1e-4, atol=1e-5)
    assert len(constants) == 70


def test_the_classifier_of_the_graph_is_read():
    graph = tf.compat.v1.GraphDef()
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
    constant(graph, "softmax/weights", kernel)
    constant(graph, "softmax/biases", kernel[0])
    arrays = read_graphdef(graph.SerializeToString())
    np.testing.assert_array_equal(arrays["softmax/kernel"], kernel)
    np.testing.assert_array_equal(arrays["softmax/bias"], kernel[0])


def test_layers_that_a_file_lacks_are_named(tmp_path):
    path = tmp_path / "to_192.npz"
    np.savez(path, **{f"{layer.name}/{w.name}": w for layer in build_inception(192).layers for w in layer.weights})
    with pytest.raises(UserError) as error:
        assign(build_inception(768), read_arrays(path), path)
    assert "mixed_7_tower_1_conv_4" in str(error.value) and " conv_4" not in str(error.value)


def test_an_array_of_another_shape_is_named(tmp_path):
    model = build_inception(64)
    arrays = {f"{layer.name}/{w.name}": w.numpy() for layer in model.layers for w in layer.weights}
    arrays["conv_1/bias"] = arrays["conv_1/bias"][:-1]
    with pytest.raises(UserError, match="conv_1/bias has the shape"):
        assign(model, arrays, tmp_path)


@pytest.mark.parametrize("value", [np.nan, -np.inf, "0.5"])
def test_values_that_are_no_finite_numbers_are_refused(tmp_path, value):
    model = build_inception(64)
    arrays = {f"{layer.name}/{w.name}": w.numpy() for layer in model.layers for w in layer.weights}
    arrays["conv_1/bias"] = np.full(arrays["conv_1/bias"].shape, value)
    with pytest.raises(UserError, match="conv_1/bias has values that are no finite numbers"):
        assign(model, arrays, tmp_path)


def objects(path):
    np.savez(path, **{"conv/kernel": np.array([{}], dtype=object)})


def truncated(path):
    np.savez(path, a=np.zeros(1000))
    path.write_bytes(path.read_bytes()[:2000])


@pytest.mark.parametrize("suffix", [".npz", ".pb", ".tgz"])
@pytest.mark.parametrize(
    "spoil", [lambda path: path.write_bytes(b"<html>not found</html>"), lambda path: path.write_bytes(b"")]
)
def test_a_file_of_something_else_is_an_error(tmp_path, suffix, spoil):
    path = tmp_path / f"weights{suffix}"
    spoil(path)
    with pytest.raises(UserError, match="weights"):
        assign(build_inception(64), read_arrays(path), path)


@pytest.mark.parametrize("spoil", [objects, truncated])
def test_a_pickle_or_a_truncated_file_is_an_error(tmp_path, spoil):
    spoil(tmp_path / "weights.npz")
    with pytest.raises(UserError, match="no weights can be read"):
        read_arrays(tmp_path / "weights.npz")


def test_the_path_comes_before_the_environment_and_that_before_the_cache(tmp_path, monkeypatch):
    INCEPTION_2015.cached.parent.mkdir(parents=True)
    INCEPTION_2015.cached.touch()
    assert find_weights(INCEPTION_2015) == INCEPTION_2015.cached
    named, given = tmp_path / "named.npz", tmp_path / "given.pb"
    named.touch()
    given.touch()
    monkeypatch.setenv("FID_WEIGHTS", str(named))
    assert find_weights(INCEPTION_2015) == named
    assert find_weights(INCEPTION_2015, given) == given


@pytest.mark.parametrize("name", ["absent.npz", "weights.pth"])
def test_a_path_that_is_wrong_is_an_error_and_nothing_takes_its_place(tmp_path, name):
    INCEPTION_2015.cached.parent.mkdir(parents=True)
    INCEPTION_2015.cached.touch()
    with pytest.raises(UserError, match=name):
        find_weights(INCEPTION_2015, tmp_path / name)


def test_without_weights_and_network_the_message_comes_within_ten_seconds():
    start = time.monotonic()
    with pytest.raises(MissingWeights, match=r"--weights or in \$FID_WEIGHTS"):
        find_weights(replace(INCEPTION_2015, url="https://storage.invalid/inception.tgz"))
    assert time.monotonic() - start < 10


@pytest.fixture
def server(tmp_path):
    """A web server for the folder `tmp_path / "web"`; gives its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    (tmp_path / "web").mkdir()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "web")))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()


def test_a_download_is_unpacked_checked_and_kept(tmp_path, server):
    data, _ = graph_of({"conv": (3, 3, 3, 4)})
    (tmp_path / GRAPH).write_bytes(data)
    archive(tmp_path / "web" / "dotted.tgz", data)
    published = replace(INCEPTION_2015, url=f"{server}/dotted.tgz", digest=sha256(tmp_path / GRAPH))
    path = find_weights(published)
    assert set(read_arrays(path)) == {"conv/kernel", "conv/bias"}
    (tmp_path / "web" / "dotted.tgz").unlink()
    assert find_weights(published) == path


@pytest.mark.parametrize("content", [b"something else", None])
def test_a_download_of_something_else_is_refused_and_not_kept(tmp_path, server, content):
    path = archive(tmp_path / "web" / "graph.tgz", b"other bytes")
    if content:
        path.write_bytes(content)
    with pytest.raises(MissingWeights):
        find_weights(replace(INCEPTION_2015, url=f"{server}/graph.tgz"))
    assert not list(weights.cache_dir().rglob("*.*"))


def test_the_published_hashes_are_whole():
    assert len(bytes.fromhex(INCEPTION_2015.digest)) == 32
    assert len(bytes.fromhex(weights.KERAS_INCEPTION_V3.digest)) == 16
