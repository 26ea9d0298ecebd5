"""The same features through other packages give the same values. Needs tests/requirements-peers.txt."""

import importlib.util
import sys
from unittest.mock import MagicMock

import numpy as np
import pytest

from fid import frechet_distance, kernel_distance, prdc
from fid.benchmarks.peer import import_torchvision
from fid.metrics.inception_score import inception_score

pytestmark = pytest.mark.peer


def features(count: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """Correlated and rectified, as a network's pooled features are: (count, 64) float64."""
    mix = np.random.default_rng(0).standard_normal((64, 64)) / 8
    return np.maximum(np.random.default_rng(seed).standard_normal((count, 64)) @ mix + shift, 0)


def peer(name: str):
    """Return a module of another package, or skip."""
    package = name.split(".")[0]
    return pytest.importorskip(name, reason=f"{package} is not installed (tests/requirements-peers.txt)")


@pytest.fixture
def without_torchvision(monkeypatch):
    """A stand-in where torchvision is absent: the peers import it, but call it for networks and image files only."""
    if importlib.util.find_spec("torchvision"):
        import_torchvision()
    else:
        for name in ("", ".transforms", ".transforms.functional", ".datasets", ".models"):
            monkeypatch.setitem(sys.modules, f"torchvision{name}", MagicMock())


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5])
def test_kernel_distance_equals_torch_fidelity(without_torchvision, shift):
    torch, theirs = peer("torch"), peer("torch_fidelity.metric_kid")
    a, b = features(600, 1), features(600, 2, shift)
    settings = {"kid_subsets": 2, "kid_subset_size": 600, "verbose": False, "rng_seed": 0}
    expected = theirs.kid_features_to_metric(torch.from_numpy(a), torch.from_numpy(b), **settings)
    value, _ = kernel_distance(a, b, subsets=2, subset_size=600)
    assert value == pytest.approx(expected[theirs.KEY_METRIC_KID_MEAN], abs=1e-10)


def test_kernel_distance_over_subsets_agrees_with_torch_fidelity(without_torchvision):
    torch, theirs = peer("torch"), peer("torch_fidelity.metric_kid")
    a, b = features(1100, 1), features(1100, 2, 0.02)
    settings = {"kid_subsets": 100, "kid_subset_size": 1000, "verbose": False, "rng_seed": 2020}
    expected = theirs.kid_features_to_metric(torch.from_numpy(a), torch.from_numpy(b), **settings)
    assert kernel_distance(a, b)[0] == pytest.approx(expected[theirs.KEY_METRIC_KID_MEAN], abs=1e-4)


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5])
def test_prdc_equals_its_authors(shift, k):
    real, fake = features(500, 1), features(400, 2, shift)
    expected = peer("prdc").compute_prdc(real, fake, nearest_k=k)
    assert prdc(real, fake, k=k) == pytest.approx(expected, abs=1e-9)


def test_frechet_distance_equals_pytorch_fid(without_torchvision):
    theirs = peer("pytorch_fid.fid_score")
    one, two = ((x.mean(axis=0), np.cov(x, rowvar=False)) for x in (features(500, 1), features(400, 2, 0.1)))
    assert frechet_distance(*one, *two) == pytest.approx(theirs.calculate_frechet_distance(*one, *two), rel=1e-6)


def test_inception_score_equals_torch_fidelity(without_torchvision):
    torch, theirs = peer("torch"), peer("torch_fidelity.metric_isc")
    logits = 3 * features(1003, 1)
    expected = theirs.isc_features_to_metric(torch.from_numpy(logits), splits=10, shuffle=False)
    assert inception_score(logits) == pytest.approx(tuple(expected.values()), rel=1e-9)
