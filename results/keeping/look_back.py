"""Remarks of a run that nobody watched: of its log, and of the generator that it kept, beside the data."""

import sys
from collections.abc import Mapping
from typing import Any

from common.data.dataset import Dataset
from common.data.load import load_dataset
from common.errors import UserError
from common.run.log import Log
from common.run.remarks import Remark, merge, write_remarks
from common.run.run_folder import RunFolder, setting_values
from common.system.tensorflow_import import quiet_import
from results.verdicts.families import recipes_of


def look_back(run: RunFolder) -> None:
    """Write the remarks.json of a run that has none; nothing where its data set is not at hand, and a note says so."""
    config = run.read_config()
    try:
        numbers = generator_numbers(run, config)
    except UserError as error:
        print(f"note: {run.path} gets no remarks: {error}", file=sys.stderr)
        return
    write_remarks(run, remarks_of(config, run.read_log(), numbers), afterwards=True)


def remarks_of(config: Mapping[str, Any], log: Log, numbers: Mapping[str, float]) -> list[Remark]:
    """What the rules say of a whole log, epoch by epoch; `numbers` are of its last epoch."""
    from common.training.rules import judge
    from common.training.seen import Seen

    recipe, found = recipes_of(config["family"]).get(config["recipe"]), []
    for row in range(1, len(log.rows) + 1):
        until = Log(log.path)
        until.rows = log.rows[:row]
        seen = Seen(until, setting_values(config), config.get("metrics") or {}, numbers if row == len(log.rows) else {},
                    config.get("rollbacks", ()), recipe.kind if recipe else None)  # fmt: skip
        found = merge(found, judge(seen), int(until.rows[-1]["epoch"]))
    return found


def generator_numbers(run: RunFolder, config: Mapping[str, Any]) -> dict[str, float]:
    """The probe's numbers of a run's generator, with `feature_spread` where the run measured by the classifier.

    Raises:
        UserError: the data set is not at hand, or has other images than the run's.
    """
    dataset = _dataset(config)
    with quiet_import():  # here: mistakes are found before it
        from common.data.batches import Batches
        from common.run.generator_file import load_generator
        from common.sampling.sampler import Sampler
        from common.training.probe import Probe
        from common.training.watcher import Attended, attended_latents, first_images
        from fid.evaluation.training import make_evaluation

    values, model = setting_values(config), load_generator(run.generator)
    sampler = Sampler(model, values["latent_dim"], len(dataset.class_names))
    attended = Attended({"g": model})

    def peaks(images, labels):
        z = attended_latents(len(images), values["latent_dim"], values["seed"])
        return attended({"g": [z, labels] if sampler.conditional else [z]})

    batches = Batches(dataset.train, values["batch_size"], values["seed"])
    numbers = Probe(None, sampler, *first_images(batches), values["seed"], peaks=peaks)()
    if "cifar" in (config.get("metrics") or {}):
        evaluation = make_evaluation(["cifar:fid"], dataset, values["metric_real"], values["metric_fake"])
        evaluation(sampler.drawing(values["seed"], "metric"))
        numbers |= evaluation.numbers
    return numbers


def _dataset(config: Mapping[str, Any]) -> Dataset:
    about, values = config.get("data") or {}, setting_values(config)
    if "fingerprint" not in about:
        raise UserError("config.json does not say which images it had")
    dataset = load_dataset(about["name"], values["image_size"], values.get("crop", "center"))
    if dataset.fingerprint != about["fingerprint"]:
        raise UserError(f"{about['name']} has other images here than the run had")
    return dataset
