"""D on fixed features: they are the extractor's, they stay, and G's gradient comes through them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from common.run.checkpoints import Checkpoints
from common.training.fast_step import speed_up
from csagan.model import CSAGAN
from csagan.recipes import BEST as CSAGAN_BEST
from dcgan.model import DCGAN
from dcgan.projected import mix
from dcgan.recipes import BENDALE
from fid.networks.classifier import load_feature_maps
from fid.networks.extractor import Extractor
from fid.protocols import get_protocol
from sagan.model import SAGAN
from sagan.recipes import BEST as SAGAN_BEST

TINY = {"d_features": "classifier", "g_width": 4, "d_width": 4, "batch_size": 4, "image_size": 16, "latent_dim": 4}
LABELS = tf.constant([0, 1, 2, 1])


def small_gan(model=DCGAN, recipe=BENDALE, **changes):
    keras.backend.clear_session()  # names as in a process of its own
    keras.utils.set_random_seed(1)
    attention = {"g_attention_size": 8} if model is not DCGAN else {}
    return model(recipe.override(TINY | attention | {"dropout": 0} | changes).settings, 3)


def images(count=4, size=16):
    return tf.random.stateless_uniform((count, size, size, 3), (0, 1), -1, 1)


def arrays(variables):
    return [np.asarray(variable).copy() for variable in variables]


def train(gan, steps=1):
    for _ in range(steps):
        losses = gan.train_step((images(), LABELS))
    return {name: float(loss) for name, loss in losses.items()}


def test_the_features_are_those_of_the_extractor():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    keras.utils.set_random_seed(1)
    d = DCGAN(BENDALE.override(TINY | {"image_size": 32}).settings).discriminator
    (scaled,) = (layer.output for layer in d.layers if isinstance(layer, keras.layers.Rescaling))
    *_, last = keras.Model(d.input, d.get_layer("feature_maps")(scaled))(pixels / np.float32(127.5) - 1)
    (expected,) = Extractor(get_protocol("cifar"))(pixels)
    np.testing.assert_allclose(tf.reduce_mean(last, axis=(1, 2)), expected.features, rtol=1e-3, atol=1e-4)


def test_there_is_a_map_for_each_scale_and_mixing_keeps_shapes_and_brings_coarse_into_fine():
    maps = load_feature_maps(size=32)(tf.zeros((1, 32, 32, 3)))
    assert [x.shape[1:] for x in maps] == [(15, 15, 64), (7, 7, 128), (3, 3, 256)]
    inputs = [keras.Input(x.shape[1:]) for x in maps]
    mixed = keras.Model(inputs, mix(inputs))
    assert mixed.trainable_variables == []
    before, after = mixed(maps), mixed([*maps[:2], maps[2] + 1.0])
    assert [x.shape for x in before] == [x.shape for x in maps]
    assert all(np.abs(a - b).max() > 0.1 for a, b in zip(before, after, strict=True))
    finer = mixed([maps[0] + 1.0, *maps[1:]])
    assert [np.array_equal(a, b) for a, b in zip(before, finer, strict=True)] == [False, True, True]


def test_the_gradient_to_the_image_is_the_numerical_one():
    d = small_gan().discriminator
    x = tf.Variable(images(1))
    with tf.GradientTape() as tape:
        score = tf.reduce_mean(d(x))
    gradient = tape.gradient(score, x)
    direction = gradient / tf.norm(gradient)
    ends = [float(tf.reduce_mean(d(x + step * direction))) for step in (1e-2, -1e-2)]
    assert (ends[0] - ends[1]) / 2e-2 == pytest.approx(float(tf.norm(gradient)), rel=0.02)


@pytest.mark.parametrize(
    "changes",
    [{"augment": "color+translation+cutout", "d_batch_norm": True, "loss": "relativistic"},
     pytest.param({"update": "staged", "replay": "naive", "spectral_norm": "discriminator"}, marks=pytest.mark.slow),
     pytest.param({"update": "alternating", "loss": "wasserstein", "gradient_penalty": 10, "minibatch_deviation": True},
                  marks=pytest.mark.slow)],
)  # fmt: skip
def test_heads_and_g_learn_by_any_loss_and_the_features_stay(changes):
    gan = small_gan(**changes)
    features, learned = arrays(gan.discriminator.get_layer("feature_maps").weights), arrays(gan.trainable_variables)
    assert all(np.isfinite(loss) for loss in train(gan, steps=2).values())
    for before, after in zip(features, gan.discriminator.get_layer("feature_maps").weights, strict=True):
        np.testing.assert_array_equal(before, after)
    for before, after in zip(learned, gan.trainable_variables, strict=True):
        assert "kernel" not in after.path or not np.array_equal(before, after), after.path
    assert len(gan.d_optimizer.variables) < 4 * len(gan.discriminator.trainable_variables) + 4


def test_a_loss_is_the_mean_over_all_logits():
    gan = small_gan(loss="hinge")
    real = gan.discriminator(images())
    assert real.shape == (4, 4 * 4 + 3 * 3 + 1) and real.dtype == tf.float32
    d_loss, g_loss = gan.adversarial_loss(real, real)
    assert float(d_loss) == pytest.approx(np.mean(np.maximum(1 - real, 0)) + np.mean(np.maximum(1 + real, 0)), rel=1e-5)
    assert float(g_loss) == pytest.approx(-np.mean(real), rel=1e-4)


@pytest.mark.slow
def test_every_head_sees_the_label_and_at_every_place():
    gan = small_gan(CSAGAN, CSAGAN_BEST, weight_stddev=0.3, d_condition="projection", auxiliary=0.0,
                    auxiliary_from="both")  # fmt: skip
    logits = [gan.discriminator([images(), tf.fill(4, label)]).numpy() for label in range(3)]
    assert all((np.abs(other - logits[0]).max(axis=0) > 1e-4).all() for other in logits[1:])


@pytest.mark.slow
def test_attention_is_g_s_alone():
    gan = small_gan(SAGAN, SAGAN_BEST, d_attention_size=1000, decay_from=1.0)
    assert set(gan.scalars()) == {"g_gamma", "g_attention_far"}
    assert all(np.isfinite(loss) for loss in train(gan).values())


@pytest.mark.slow
def test_a_resumed_run_has_the_same_bytes(tmp_path):
    changes = {"augment": "translation", "spectral_norm": "discriminator", "loss": "hinge"}
    gan = small_gan(**changes)
    train(gan)
    Checkpoints(tmp_path).save(2, gan.state(), {})
    train(gan)
    other = small_gan(seed=7, **changes)
    for variable in other.discriminator.non_trainable_variables:
        variable.assign(variable + 1)  # as if it were another classifier, mixed otherwise
    Checkpoints(tmp_path).restore(other.state())
    train(other)
    for (name, expected), value in zip(gan.state().items(), other.state().values(), strict=True):
        np.testing.assert_array_equal(expected, value, err_msg=name)


@pytest.mark.slow
def test_in_bfloat16_it_is_as_in_float32_but_for_rounding():
    def logits(precision):
        keras.config.set_dtype_policy(precision)
        gan = small_gan(weight_stddev=0.1)
        speed_up(gan)
        outputs = gan.discriminator(images()).numpy()
        return outputs, train(gan)

    try:
        (exact, _), (rounded, losses) = logits("float32"), logits("mixed_bfloat16")
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.abs(rounded - exact).max() < 0.05 * np.abs(exact).max()
    assert all(np.isfinite(loss) for loss in losses.values())


@pytest.mark.parametrize("changes", [{"d_condition": "image", "g_condition": "latent"}, {"d_hidden": 8},
                                     {"minibatch_kernels": 4}, {"image_size": 8}])  # fmt: skip
def test_what_heads_do_not_have_is_refused(changes):
    with pytest.raises(UserError, match="d_features=classifier"):
        small_gan(**changes)
