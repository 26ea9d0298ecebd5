"""Sets of images by name: what is read, and what each bad input says."""

import json

import numpy as np
import pytest
from PIL import Image

from common.data.dataset import Dataset, Split
from common.errors import UserError
from fid.inputs.array_file import open_file
from fid.inputs.find import Draw, find_input
from fid.inputs.saved_moments import SavedMoments

RNG = np.random.default_rng(0)


def images(count: int = 6, size: int = 8) -> np.ndarray:
    return RNG.integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def write(folder, arrays) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, array in enumerate(arrays):
        Image.fromarray(array).save(folder / f"{index:03}.png")


def opened(path, count=None, seed=0, resize=None, default=50_000):
    return find_input(str(path), resize)(Draw(count, default, seed))


def everything(source) -> np.ndarray:
    return np.concatenate(list(source.batches(4)))


def unordered(x: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in x}


# What is read


def test_a_folder_and_the_array_of_it_hold_the_same_images(tmp_path):
    x = images(10)
    write(tmp_path / "folder", x)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", images=x, labels=np.arange(10))
    for name in ("folder", "x.npy", "x.npz"):
        source = opened(tmp_path / name)
        assert len(source) == 10 and (source.height, source.width) == (8, 8)
        assert unordered(everything(source)) == unordered(x)
    labelled = opened(tmp_path / "x.npz", count=4, seed=3)
    np.testing.assert_array_equal(everything(labelled), x[labelled.ordered_labels()])
    np.testing.assert_array_equal(labelled.at(np.array([2])), everything(labelled)[2:3])


def test_a_draw_is_repeatable_and_says_too_few(tmp_path):
    np.save(tmp_path / "x.npy", images(10))
    same = [everything(opened(tmp_path / "x.npy", count=5)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert not np.array_equal(same[0], everything(opened(tmp_path / "x.npy", count=5, seed=1)))
    assert len(opened(tmp_path / "x.npy", default=7)) == 7
    with pytest.raises(UserError, match=r"has 10 images, fewer than the 11 asked for"):
        opened(tmp_path / "x.npy", count=11)


def test_a_draw_of_a_draw_is_no_draw_of_the_whole(tmp_path):
    """The cache knows images by fingerprint, count and seed."""
    np.save(tmp_path / "x.npy", images(10))
    whole = open_file(tmp_path / "x.npy", "x")
    once, twice = whole.draw(5, 0), whole.draw(8, 1).draw(5, 0)
    assert not np.array_equal(everything(once), everything(twice))
    assert once.fingerprint == whole.fingerprint != twice.fingerprint != whole.draw(9, 1).draw(5, 0).fingerprint


def test_a_folder_a_class_gives_labels(tmp_path):
    write(tmp_path / "cat", images(3))
    write(tmp_path / "dog", images(2))
    source = opened(tmp_path)
    assert source.class_names == ("cat", "dog")
    assert sorted(source.ordered_labels()) == [0, 0, 0, 1, 1]


def test_the_fingerprint_follows_every_pixel(tmp_path):
    x = images()
    prints = set()
    for changed in (0, 1):
        x[3, 2, 2, 1] = changed * 100
        write(tmp_path / f"{changed}", x)
        np.save(tmp_path / f"{changed}.npy", x)
        prints |= {opened(tmp_path / f"{changed}").fingerprint, opened(tmp_path / f"{changed}.npy").fingerprint}
    assert len(prints) == 4


def test_resize_brings_mixed_sizes_to_one(tmp_path):
    write(tmp_path / "a", images(2, 8))
    Image.fromarray(images(1, 12)[0]).save(tmp_path / "a" / "large.png")
    with pytest.raises(UserError, match=r"mixes image sizes: 000.png is 8x8, large.png is 12x12; --resize"):
        opened(tmp_path / "a")
    assert everything(opened(tmp_path / "a", resize=16)).shape == (3, 16, 16, 3)


def test_a_data_set_by_name(monkeypatch):
    train, test = (Split(images(n), np.arange(n, dtype=np.int32) % 2) for n in (9, 7))
    monkeypatch.setattr(
        "fid.inputs.find.load_dataset", lambda name: Dataset(name, ("cat", "dog"), train, test, "f" * 64)
    )
    source = opened("photos:test", count=5)
    assert source.split == "test" and source.class_names == ("cat", "dog") and "f" * 64 in source.fingerprint
    np.testing.assert_array_equal(everything(source), test.images[source.order])
    np.testing.assert_array_equal(source.ordered_labels(), test.labels[source.order])
    assert source.fingerprint != opened("photos:train", count=5).fingerprint


@pytest.mark.parametrize("names", [("mean", "covariance"), ("mean", "cov"), ("mu", "sigma")])
def test_saved_moments_under_the_usual_names(tmp_path, names):
    np.savez(tmp_path / "m.npz", **{names[0]: np.zeros(3), names[1]: np.eye(3)})
    found = opened(tmp_path / "m.npz")
    assert isinstance(found, SavedMoments) and found.count is None
    np.testing.assert_array_equal(found.covariance, np.eye(3))


# What is refused


@pytest.mark.parametrize(
    ("mode", "message"),
    [("L", "is grey, not RGB"), ("RGBA", "is RGBA, not RGB"), ("P", "is a palette image"), ("CMYK", "is CMYK")],
)
def test_images_of_other_modes_are_named(tmp_path, mode, message):
    write(tmp_path, images(3))
    Image.new(mode, (8, 8)).save(tmp_path / ("odd.jpg" if mode == "CMYK" else "odd.png"))
    with pytest.raises(UserError, match=f"odd.* {message}"):
        opened(tmp_path)


def test_corrupt_images_are_named(tmp_path):
    write(tmp_path, images(3, 64))
    whole = (tmp_path / "001.png").read_bytes()
    for content in (b"", b"no image", whole[:20]):
        (tmp_path / "001.png").write_bytes(content)
        with pytest.raises(UserError, match=r"001.png is damaged"):
            opened(tmp_path)
    (tmp_path / "001.png").write_bytes(whole[: len(whole) // 2])  # the header is whole, the pixels are not
    with pytest.raises(UserError, match=r"001.png is damaged"):
        everything(opened(tmp_path))


def test_folders_that_are_no_set(tmp_path):
    with pytest.raises(UserError, match="neither images nor"):
        opened(tmp_path)
    write(tmp_path / "train", images(2))
    write(tmp_path / "test", images(2))
    with pytest.raises(UserError, match="has images in test, train: name one folder"):
        opened(tmp_path)
    write(tmp_path / "train" / "deep", images(2))
    with pytest.raises(UserError, match="name one folder"):
        opened(tmp_path / "train")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.linspace(-1, 1, 192).reshape(1, 8, 8, 3), r"float64 from -1 to 1; images are uint8 .*\(x \+ 1\) \* 127.5"),
        (np.linspace(0, 1, 192, dtype=np.float32).reshape(1, 8, 8, 3), r"float32 from 0 to 1; .* np.rint\(x \* 255\)"),
        (np.linspace(0, 255, 192).reshape(1, 8, 8, 3), "float64 from 0 to 255; images are uint8"),
        (np.full((1, 8, 8, 3), 300), "int64 from 300 to 300"),
        (np.ones((2, 8, 8, 3), np.uint8), "uint8 values from 0 to 1"),
        (np.zeros((2, 8, 8), np.uint8), r"\(grey\)"),
        (np.zeros((2, 8, 8, 1), np.uint8), r"\(grey\)"),
        (np.zeros((2, 8, 8, 4), np.uint8), r"\(RGBA\)"),
        (np.zeros((2, 3, 8, 8), np.uint8), "channels come last"),
        (np.zeros((0, 8, 8, 3), np.uint8), r"shape \(0, 8, 8, 3\)"),
        (np.array([{}], dtype=object), "is damaged, or no .npy file"),
    ],
)
def test_arrays_that_are_no_images(tmp_path, array, message):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(UserError, match=message):
        opened(tmp_path / "x.npy")


def test_files_that_are_no_arrays(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK no")
    with pytest.raises(UserError, match=r"x.npz is damaged"):
        opened(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", a=images(), b=images())
    with pytest.raises(UserError, match="holds a, b; images are looked for under 'images'"):
        opened(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", images=images(6), labels=np.arange(5))
    with pytest.raises(UserError, match="labels must be 6 integers"):
        opened(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", mu=np.zeros(3), sigma=np.eye(2))
    with pytest.raises(UserError, match="mean and covariance must be floats"):
        opened(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", mu=np.zeros(3), sigma=np.full((3, 3), np.nan))
    with pytest.raises(UserError, match="not finite"):
        opened(tmp_path / "x.npz")
    (tmp_path / "x.npz").rename(tmp_path / "x.npy")
    with pytest.raises(UserError, match=r"x.npy is damaged, or no .npy file"):
        opened(tmp_path / "x.npy")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UserError, match="is of no known kind"):
        opened(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "nothing does not exist"),
        ("cifar11:train", "cifar11:train does not exist; A and B are each a folder"),
        ("photos", "say which split, photos:train or photos:test"),
        ("photos:val", "say which split"),
    ],
)
def test_names_that_are_not_known(text, message):
    with pytest.raises(UserError, match=message):
        find_input(text)


# Run folders


def write_run(folder, conditional: bool = False, config: dict | None = None) -> None:
    import keras

    z = keras.Input((4,))
    label = keras.Input((), dtype="int32")
    x = z
    if conditional:
        x = keras.layers.Concatenate()([z, 3 * keras.layers.Embedding(3, 4)(label)])
    x = keras.layers.Reshape((5, 5, 3))(keras.layers.Dense(75, "tanh", kernel_initializer="random_normal")(x))
    model = keras.Model([z, label] if conditional else z, x)
    folder.mkdir()
    model.save(folder / "generator.keras")
    default = {"settings": {"latent_dim": {"value": 4}}, "data": {"classes": ["a", "b", "c"]}}
    (folder / "config.json").write_text(json.dumps(config or default))


@pytest.mark.parametrize("conditional", [False, True])
def test_a_run_generates_its_images(tmp_path, conditional):
    write_run(tmp_path / "run", conditional)
    source = opened(tmp_path / "run", count=10)
    made = everything(source)
    assert made.shape == (10, 5, 5, 3) and made.dtype == np.uint8 and source.split == "generated"
    np.testing.assert_array_equal(made, everything(opened(tmp_path / "run", count=10)))
    np.testing.assert_array_equal(made[:5], everything(opened(tmp_path / "run", count=5)))
    assert not np.array_equal(made, everything(opened(tmp_path / "run", count=10, seed=1)))
    if conditional:
        assert source.ordered_labels().tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
        assert source.class_names == ("a", "b", "c")
    else:
        assert source.labels is None


def test_runs_that_cannot_generate(tmp_path):
    import keras

    write_run(tmp_path / "run", config={"settings": {"latent_dim": {"value": 5}}})
    with pytest.raises(UserError, match=r"not z \(5,\)"):
        opened(tmp_path / "run", count=4)
    z = keras.Input((4,))
    grey = keras.Model(z, keras.layers.Reshape((5, 5, 1))(keras.layers.Dense(25)(z)))
    (tmp_path / "run" / "config.json").write_text('{"settings": {"latent_dim": {"value": 4}}}')
    (tmp_path / "grey").mkdir()
    (tmp_path / "run" / "config.json").rename(tmp_path / "grey" / "config.json")
    grey.save(tmp_path / "grey" / "generator.keras")
    with pytest.raises(UserError, match=r"makes \(None, 5, 5, 1\), not images"):
        opened(tmp_path / "grey", count=4)
    (tmp_path / "run" / "config.json").write_text('{"settings": {"latent_dim": {"value": 1e400}}}')
    with pytest.raises(UserError, match=r"without a latent_dim"):
        opened(tmp_path / "run", count=4)
    (tmp_path / "run" / "config.json").write_text("{}")
    with pytest.raises(UserError, match="without a latent_dim"):
        find_input(str(tmp_path / "run"))
    (tmp_path / "run" / "config.json").write_text('{"settings": {"latent_dim": {"value": 4}}}')
    (tmp_path / "run" / "generator.keras").write_bytes(b"no")
    with pytest.raises(UserError, match="cannot load"):
        opened(tmp_path / "run", count=4)
    (tmp_path / "run" / "generator.keras").unlink()
    with pytest.raises(UserError, match=r"no generator\.keras yet"):
        find_input(str(tmp_path / "run"))
