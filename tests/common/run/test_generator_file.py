"""What a `generator.keras` may name: our generators load; whatever else is in one is refused before Keras reads it."""

import json
import zipfile

import keras
import pytest

from common.errors import UserError
from common.run.generator_file import load_generator, save_generator
from common.run.known_layers import INITIALIZERS, LAYERS, check_config
from csagan.model import CSAGAN
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES
from sagan.model import SAGAN
from sagan.recipes import RECIPES as SAGAN_RECIPES
from tests.helpers.conditional import tiny_generator

ALL = [(family, recipe) for family, recipes in ((DCGAN, RECIPES), (SAGAN, SAGAN_RECIPES), (CSAGAN, CSAGAN_RECIPES))
       for recipe in recipes.values()]  # fmt: skip


CODE = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}}
LAYER = {"name": "x", "trainable": True, "dtype": "float32"}
CRAFTED = {
    "a function in a layer's place": {"module": "subprocess", "class_name": "function", "config": "Popen"},
    "a class from anywhere": {"module": "subprocess", "class_name": "Popen", "config": {"args": ["true"]}},
    "a layer's name from anywhere": {"module": "antigravity", "class_name": "Dense", "config": LAYER},
    "code in a Lambda": {"module": "keras.layers", "class_name": "Lambda", "config": {**LAYER, "function": CODE}},
    "a Lambda of the old format": {"class_name": "Lambda", "config": {**LAYER, "function": CODE}},
    "a pickled module": {"module": "keras.layers", "class_name": "TorchModuleWrapper",
                        "config": {**LAYER, "module": "4wEA"}},
    "another framework's model": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/x"}},
    "words from a file": {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/x"}},
    "a utility of Keras": {"module": "keras.utils", "class_name": "function", "config": "get_file"},
    "a switch of Keras": {"module": "keras.config", "class_name": "function",
                          "config": "enable_unsafe_deserialization"},
    "a type": {"module": "os", "class_name": "__typespec__", "config": "system", "spec_name": "system"},
    "another class behind the name": {"module": "keras.layers", "class_name": "Dense", "config": LAYER,
                                      "registered_name": "evil>Dense2"},
    "names that are no texts": {"module": ["keras.layers"], "class_name": {"a": 1}, "config": {}},
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "generator.keras"
    save_generator(path, tiny_generator())
    return path


def rewritten(whole, tmp_path, change, **members):
    """The same file with its config changed in place, and more members."""
    path = tmp_path / "generator.keras"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config["config"]["layers"])
                data = json.dumps(config).encode()
            new.writestr(name, data)
        for name, data in members.items():
            new.writestr(name, data)
    return path


@pytest.mark.parametrize("crafted", CRAFTED.values(), ids=CRAFTED)
@pytest.mark.parametrize("place", ["layer", "deep"])
def test_what_is_no_layer_of_a_generator_is_refused_before_keras_sees_it(whole, tmp_path, monkeypatch, crafted, place):
    def change(layers):
        if place == "layer":
            layers.append({**crafted, "name": "x", "inbound_nodes": []})
        else:
            layers[-1]["config"]["activation"] = crafted

    path = rewritten(whole, tmp_path, change)
    monkeypatch.setattr(keras.saving, "load_model", lambda *args, **kwargs: pytest.fail("Keras was asked to load it"))
    with pytest.raises(UserError, match="is no layer that generators here are made of; nothing was run"):
        load_generator(path)


def test_the_refusal_names_what_it_found(whole, tmp_path):
    path = rewritten(whole, tmp_path, lambda layers: layers.append(CRAFTED["a function in a layer's place"]))
    with pytest.raises(UserError, match=r"it names subprocess\.function"):
        load_generator(path)


def test_no_file_is_unpacked_from_it(whole, tmp_path):
    path = rewritten(whole, tmp_path, lambda layers: None, **{"assets/../../../x": b"x"})
    with pytest.raises(UserError, match=r"it holds .*assets.* instead of"):
        load_generator(path)
    assert load_generator(rewritten(whole, tmp_path, lambda layers: None)).output_shape == (None, 32, 32, 3)


@pytest.mark.parametrize(("family", "recipe"), ALL, ids=[f"{f.__name__}-{r.name}" for f, r in ALL])
def test_every_recipes_generator_is_made_of_known_layers(family, recipe):
    generator = family.build_generator(recipe.settings, 10)
    plain = keras.Model(generator.inputs, generator.outputs, name="generator")
    modules = check_config(keras.saving.serialize_keras_object(plain))
    assert modules <= {"common.spectral_norm", "common.conditioning", "sagan.attention"}


def test_the_list_is_of_keras_own_names():
    assert all(issubclass(getattr(keras.layers, name), keras.layers.Layer) for name in LAYERS)
    assert all(issubclass(getattr(keras.initializers, name), keras.initializers.Initializer) for name in INITIALIZERS)
