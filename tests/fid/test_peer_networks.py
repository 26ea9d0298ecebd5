"""The network gives other packages' features, from the same weights. Needs tests/requirements-peers.txt."""

import importlib.util
import sys
from unittest.mock import MagicMock, patch

import numpy as np
import pytest
from PIL import Image

from fid import frechet_distance_features
from fid.benchmarks.peer import import_torchvision, load_pytorch_fid, torchvision_weights
from fid.networks.extractor import Extractor
from fid.networks.inception import FEATURES, build_inception
from fid.networks.resize import legacy_bilinear
from fid.protocols import get_protocol
from tests.helpers import SHARED
from tests.helpers.random_weights import randomise

PUBLISHED = SHARED / "inception" / "inception_2015_to_mixed_7.npz"
needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason="no published Inception weights on this machine")
pytestmark = pytest.mark.peer


@pytest.fixture
def torch_fidelity(monkeypatch):
    """torch-fidelity's extractor; it downloads nothing here, and never calls the torchvision that it imports."""
    pytest.importorskip("torch", reason="torch is not installed (tests/requirements-peers.txt)")
    if importlib.util.find_spec("torchvision"):
        import_torchvision()
    else:
        for name in ("", ".transforms", ".transforms.functional", ".datasets", ".models"):
            monkeypatch.setitem(sys.modules, f"torchvision{name}", MagicMock())
    theirs = pytest.importorskip(
        "torch_fidelity.feature_extractor_inceptionv3", reason="torch-fidelity is not installed"
    )
    monkeypatch.setattr(theirs, "load_state_dict_from_url", MagicMock())
    return theirs


def test_every_output_equals_torch_fidelity(torch_fidelity):
    import torch

    model = build_inception(2048, logits=True)
    arrays = randomise(model)
    names = [str(dimension) for dimension in FEATURES] + ["logits_unbiased"]
    with patch.object(torch_fidelity.FeatureExtractorInceptionV3, "load_state_dict"):
        peer = torch_fidelity.FeatureExtractorInceptionV3("inception", names).eval()
    state = {name: torch.from_numpy(value.copy()) for name, value in torchvision_weights(arrays).items()}
    missing = torch.nn.Module.load_state_dict(peer, state, strict=False)
    assert not missing.unexpected_keys
    assert {key for key in missing.missing_keys if "num_batches" not in key} == {"fc.bias"}
    images = np.random.default_rng(2).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    expected = peer(torch.from_numpy(images).permute(0, 3, 1, 2))
    scaled = (legacy_bilinear(images.astype(np.float32), 299) - 128) / 128
    found = [part(scaled, training=False) for part in prefixes(arrays)] + [model(scaled, training=False)[1]]
    for ours, theirs in zip(found, expected, strict=True):
        theirs = theirs.detach().numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).max())


def prefixes(arrays):
    """The networks of every feature dimension, with the same weights."""
    for dimension in FEATURES:
        model = build_inception(dimension)
        for layer in model.layers:
            for weight in layer.weights:
                weight.assign(arrays[f"{layer.name}/{weight.name}"])
        yield model


@needs_published
def test_the_value_in_the_docstring_of_torchmetrics(torch_fidelity):
    import torch

    fid = pytest.importorskip("torchmetrics.image.fid", reason="torchmetrics is not installed")
    with patch.object(torch_fidelity.FeatureExtractorInceptionV3, "load_state_dict"):
        torch.manual_seed(42)
        fid.FrechetInceptionDistance(feature=64)  # its random initialisation draws from the generator
    sets = [torch.randint(low, high, (100, 3, 299, 299), dtype=torch.uint8) for low, high in ((0, 200), (100, 255))]
    model = build_inception(64)
    with np.load(PUBLISHED) as stored:
        for layer in model.layers:
            for weight in layer.weights:
                weight.assign(stored[f"{layer.name}/{weight.name}"])
    images = [(part.permute(0, 2, 3, 1).numpy().astype(np.float32) - 128) / 128 for part in sets]
    features = [model.predict(part, batch_size=10, verbose=0) for part in images]
    assert frechet_distance_features(*features) == pytest.approx(12.6388, abs=1e-3)


@needs_published
def test_features_of_a_folder_equal_those_of_pytorch_fid(tmp_path):
    pytest.importorskip("pytorch_fid", reason="pytorch-fid is not installed (tests/requirements-peers.txt)")
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed: pip install --no-deps torchvision")
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8).repeat(4, 1).repeat(4, 2)
    files = [tmp_path / f"{index}.png" for index in range(20)]
    for file, image in zip(files, images, strict=True):
        Image.fromarray(image).save(file)
    with np.load(PUBLISHED) as stored:
        fid_score, network = load_pytorch_fid(stored, 768)
    expected = fid_score.get_activations(files, network, batch_size=10, dims=768, num_workers=0)
    found = np.concatenate([outputs.features for outputs in Extractor(get_protocol("fid768"), PUBLISHED)(images)])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
