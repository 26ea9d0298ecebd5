"""Images go through a protocol's network in order, all of them, in memory that does not grow with their number."""

import keras
import numpy as np
import pytest

from common.errors import UserError
from fid.networks.extractor import Extractor, Outputs, gather
from fid.protocols import PROTOCOLS, get_protocol
from tests.helpers import SHARED

PUBLISHED = SHARED / "inception" / "inception_2015_to_mixed_7.npz"


@pytest.fixture(scope="module")
def classifier():
    return Extractor(get_protocol("cifar"), logits=True)


def images(count: int, size: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def features(extractor: Extractor, images) -> np.ndarray:
    return np.concatenate([outputs.features for outputs in extractor(images)])


@pytest.mark.slow
def test_every_image_comes_through_once_in_order_whatever_the_batches(classifier):
    x = images(101)  # more than a batch
    one_by_one = np.concatenate([features(classifier, x[i : i + 1]) for i in range(101)])
    for batches in (x, [x[:10], x[10:]], (x[i : i + 5] for i in range(0, 101, 5))):
        found = features(classifier, batches)
        np.testing.assert_allclose(found, one_by_one, rtol=1e-4, atol=1e-5)
    assert found.shape == (101, 256) and found.dtype == np.float32


def test_logits_come_where_they_were_asked_for(classifier):
    (outputs,) = classifier(images(3))
    assert outputs.logits.shape == (3, 10)
    (outputs,) = Extractor(get_protocol("cifar"))(images(3))
    assert outputs.logits is None


def test_images_of_another_size_are_resized(classifier):
    small = images(4)
    large = small.repeat(2, axis=1).repeat(2, axis=2)  # halved by averaging 2x2 equal pixels
    np.testing.assert_allclose(features(classifier, large), features(classifier, small), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("wrong", [images(2).astype(np.float32), images(2)[0], images(2)[..., :1]])
def test_what_is_no_set_of_uint8_images_is_an_error(classifier, wrong):
    with pytest.raises(ValueError, match="uint8"):
        list(classifier(wrong))


@pytest.mark.parametrize("logits", [True, False])
def test_gathered_batches_are_the_same_images_in_order(logits):
    numbers = np.arange(23.0, dtype=np.float32)[:, None]
    batches = [Outputs(part, -part if logits else None) for part in np.split(numbers, [5, 10, 11, 20])]
    found = list(gather(batches, count=10))
    assert [len(outputs.features) for outputs in found] == [10, 10, 3]
    np.testing.assert_array_equal(np.concatenate([outputs.features for outputs in found]), numbers)
    assert all((outputs.logits == -outputs.features).all() if logits else outputs.logits is None for outputs in found)
    assert list(gather([])) == []


def test_an_unknown_protocol_is_an_error():
    with pytest.raises(UserError, match="fid768"):
        get_protocol("fid-768")


def test_every_protocol_says_what_it_is():
    for name, protocol in PROTOCOLS.items():
        line = protocol.describe()
        assert line.startswith(f"{name}: ") and "\n" not in line
        for part in (protocol.extractor, f"{protocol.dimension:,}-d", protocol.resize, f"{protocol.real_count:,} real"):
            assert part in line
    assert "FID" not in PROTOCOLS["cifar"].metric


needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason="no published Inception weights on this machine")


@pytest.mark.slow
@needs_published
def test_the_partial_file_gives_768_features_and_names_what_2048_would_need():
    found = features(Extractor(get_protocol("fid768"), PUBLISHED), images(3))
    assert found.shape == (3, 768) and np.isfinite(found).all() and found.min() >= 0
    with pytest.raises(UserError, match=r"lacks 24 of the layers that are needed: .*mixed_10_tower_2_conv"):
        Extractor(get_protocol("fid"), PUBLISHED)


@needs_published
@pytest.mark.slow
def test_the_policy_of_the_process_does_not_matter():
    exact = features(Extractor(get_protocol("fid768"), PUBLISHED), images(2))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        np.testing.assert_array_equal(features(Extractor(get_protocol("fid768"), PUBLISHED), images(2)), exact)
    finally:
        keras.config.set_dtype_policy(before)
