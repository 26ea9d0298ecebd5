"""What `auto` comes to: by the hardware, once a run, and kept by the run."""

import os

import pytest
import tensorflow as tf

from common.errors import UserError
from common.recipe import COMMAND_LINE, DEFAULT
from common.run.run_folder import RunFolder
from common.system import hardware
from common.training.automatic import BEFORE, Machine, as_begun, choose
from dcgan.recipes import BENDALE


@pytest.mark.parametrize(
    ("flags", "gpus", "precision", "why"),
    [
        ({"avx512f", "avx512_bf16"}, [], "mixed_bfloat16", "AVX-512 BF16"),
        ({"amx_bf16", "amx_tile"}, [], "mixed_bfloat16", "AMX"),
        ({"avx512f", "avx2"}, [], "float32", "without bfloat16"),
        (set(), [], "float32", "without bfloat16"),
        (set(), [(9, 0), (8, 0)], "mixed_bfloat16", "8.0"),
        ({"avx512_bf16"}, [(7, 5)], "mixed_float16", "7.5"),
        (set(), [(8, 6), (7, 0)], "mixed_float16", "7.0"),  # every GPU has to be able to
        (set(), [(8, 6), None], "float32", "without a compute capability"),
    ],
)
def test_precision_is_what_the_hardware_has(flags, gpus, precision, why):
    chosen = choose(BENDALE.settings, Machine(flags, gpus))["precision"]
    assert chosen.value == precision and why in chosen.why and chosen.source == "default"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE", False), ("DNNL_MAX_CPU_ISA", "avx2", False),
        ("TF_ENABLE_ONEDNN_OPTS", "0", False), ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", True),
        ("ONEDNN_MAX_CPU_ISA", "nonsense", True), ("TF_ENABLE_ONEDNN_OPTS", "1", True),
    ],
)  # fmt: skip
def test_only_what_onednn_may_use_of_the_processor_counts(name, value, kept, monkeypatch):
    for variable in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(hardware, "_cpu_line", lambda line: "avx512f avx512_bf16")
    monkeypatch.setenv(name, value)
    assert ("avx512_bf16" in hardware.cpu_flags()) == kept


@pytest.mark.parametrize(
    ("gpus", "changes", "deterministic", "jit"),
    [([], {}, "true", "false"), ([(8, 0)], {}, "false", "false"), ([], {"jit": "true"}, "false", None)],
)
def test_determinism_where_it_is_free_and_xla_only_where_asked_for(gpus, changes, deterministic, jit):
    chosen = choose(BENDALE.override(changes).settings, Machine(set(), gpus))
    assert chosen["deterministic"].value == deterministic
    assert (chosen["jit"].value if "jit" in chosen else None) == jit


def test_xla_and_determinism_exclude_each_other():
    with pytest.raises(UserError, match="jit=true and deterministic=true exclude each other"):
        BENDALE.override({"jit": "true", "deterministic": "true"})


def test_what_the_user_says_is_not_chosen():
    settings = BENDALE.override({"precision": "mixed_float16"}).settings
    assert "precision" not in choose(settings, Machine({"avx512_bf16"}, []))


def recorded(recipe):
    return {"family": "dcgan", "recipe": recipe.name, "settings": recipe.record()}


def test_a_run_keeps_what_it_began_with_whatever_this_machine_would_choose(tmp_path):
    begun, run = BENDALE.settle(choose(BENDALE.settings, Machine(set(), [(7, 5)]))), RunFolder(tmp_path)
    run.write_config(recorded(begun))
    for changes in ({}, {"precision": "auto"}, {"precision": "mixed_float16"}):  # of the same command, given again
        again = BENDALE.override(changes)
        again = again.settle(as_begun(again.settings, run.read_config()))
        run.check_same(recorded(again))
        assert again.settings.precision == "mixed_float16"
    with pytest.raises(UserError, match="precision is mixed_float16 there and float32 here"):
        run.check_same(recorded(BENDALE.override({"precision": "float32"})))


def test_a_run_that_is_older_than_a_setting_goes_on_as_all_did_then(tmp_path):
    begun, run = recorded(BENDALE.override({"precision": "float32"})), RunFolder(tmp_path)
    for newer in ("deterministic", "jit"):
        del begun["settings"][newer]
    run.write_config(begun)
    again = BENDALE.override({"precision": "float32"})
    again = again.settle(as_begun(again.settings, run.read_config()))
    run.check_same(recorded(again), BEFORE)
    assert (again.settings.deterministic, again.settings.jit) == ("true", "false")
    with pytest.raises(UserError, match="deterministic is true there and false here"):
        run.check_same(recorded(again.override({"deterministic": "false"})), BEFORE)


def test_what_the_command_line_leaves_to_the_machine_is_kept_by_resume_too(tmp_path):
    """`--resume RUN` knows a run's settings from its config.json alone."""
    run = RunFolder(tmp_path)
    begun = BENDALE.override({"devices": "all", "metrics_every": 3})
    begun = begun.settle(choose(begun.settings, Machine(set(), [(8, 0)] * 4)))
    assert begun.provenance()["devices"] == ("4", COMMAND_LINE, "all: every GPU")
    assert begun.provenance()["precision"].source == DEFAULT
    run.write_config(recorded(begun))
    kept = {k: v["value"] for k, v in run.read_config()["settings"].items() if v["source"] == COMMAND_LINE}
    again = BENDALE.override(kept)
    again = again.settle(as_begun(again.settings, run.read_config()))
    run.check_same(recorded(again))
    assert again.settings == begun.settings


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system binds no process to cores")
def test_the_device_is_the_cores_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(hardware, "_cpu_line", lambda line: "some processor")
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    for cores, words in (({1}, "1 core"), ({0, 3}, "2 cores")):
        monkeypatch.setattr(os, "sched_getaffinity", lambda process, cores=cores: cores)
        assert hardware.device_name() == f"CPU, {words}, some processor"
