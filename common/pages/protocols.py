"""A metric's protocol in words, and the lines that its curve is read by: the reported figure, and real images' own."""

from collections.abc import Mapping
from typing import Any

from common.pages.floors import noise_floor
from common.run.reported import is_number, reported_levels


def protocol_words(about: Mapping[str, Any]) -> str:
    """What a figure is of, from what config.json says of the metric."""

    def count(key: str) -> str:
        value = about.get(key, "?")
        return f"{value:,}" if isinstance(value, int) else str(value)

    return (
        f"{about.get('metric', '?')}: {count('dimension')}-d features of {about.get('extractor', '?')}, "
        f"{about.get('resize', '?')} resize to {count('size')}; {count('real_count')} of {about.get('real', '?')} "
        f"against {count('fake_count')} generated; {'higher' if about.get('higher_is_better') else 'lower'} is better"
    )


def levels(name: str, config: Mapping[str, Any], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Horizontal lines of a metric's chart: the reported figure under its own protocol alone, and the floor."""
    found = {"reported": reported_levels(config).get(name)}
    for value, sets in floor(name, about):
        found[f"real images ({sets})" if sets else "real images"] = value
    return [{"label": label, "value": value} for label, value in found.items() if value is not None]


def counts(about: Mapping[str, Any]) -> str:
    """How many images a figure is of, in few words; empty where config.json does not say."""
    real, fake = about.get("real_count"), about.get("fake_count")
    return f"{real:,} real, {fake:,} generated images" if isinstance(real, int) and isinstance(fake, int) else ""


def floor(name: str, about: Mapping[str, Any]) -> list[tuple[float, str]]:
    """What real images score, if it is known: the run's own where it was measured, else two sets of as many as were
    generated, which `real_count` need not be, and so the words say.
    """
    own = about.get("floor")
    if own and is_number(own):
        return [(own, "")]
    count = about.get("fake_count")
    return [(value, f"{images:,} each") for images, value in noise_floor(name, about) if images == count]
