"""A metric's protocol in words, and the lines that its curve is read by: the reported figure, and real images' own."""

from collections.abc import Mapping
from typing import Any

from common.pages.floors import noise_floor
from common.run.reported import reported_levels


def protocol_words(name: str, about: Mapping[str, Any]) -> str:
    """What a figure is of, from what config.json says of the metric; with the distance of real images, where known."""

    def count(key: str) -> str:
        value = about.get(key, "?")
        return f"{value:,}" if isinstance(value, int) else str(value)

    text = (
        f"{about.get('metric', '?')}: {count('dimension')}-d features of {about.get('extractor', '?')}, "
        f"{about.get('resize', '?')} resize to {count('size')}; {count('real_count')} of {about.get('real', '?')} "
        f"against {count('fake_count')} generated; {'higher' if about.get('higher_is_better') else 'lower'} is better"
    )
    floor = ", ".join(f"{value:.3g} at {images:,} each" for images, value in noise_floor(name, about))
    return text + (f". Real against real images: {floor}" if floor else "")


def levels(name: str, config: Mapping[str, Any], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Horizontal lines of a metric's chart: the reported figure under its own protocol alone, and the floor.

    The floor is the run's own where it was measured, else that of two sets of as many real images as were generated.
    """
    found = {"reported": reported_levels(config).get(name), "real images": _floor(name, about)}
    return [{"label": label, "value": value} for label, value in found.items() if isinstance(value, int | float)]


def _floor(name: str, about: Mapping[str, Any]) -> float | None:
    return about.get("floor") or dict(noise_floor(name, about)).get(about.get("fake_count"))
