"""What to try against what a rule sees, as data: only what the run's own settings have, accept and do not have yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.training.seen import Seen

Change = Callable[[Any], Any]  # a setting's value now -> the one to try; the same where there is nothing to try


@dataclass(frozen=True)
class Advice:
    """One thing to try, in words, and the settings that do it together; without settings it is always said."""

    words: str
    changes: Mapping[str, Change] = field(default_factory=dict)

    def of(self, seen: Seen) -> dict[str, Any] | None:
        """The settings' values to try with a run, those alone that it does not have; None where there are none."""
        if not self.changes.keys() <= seen.settings.keys():
            return None
        tried = {name: change(seen.settings[name]) for name, change in self.changes.items()}
        differing = {name: value for name, value in tried.items() if value != seen.settings[name]}
        return differing if differing and seen.accepts(differing) else None


def in_words(advice: tuple[Advice, ...], seen: Seen) -> str:
    """What is said of several, one of which is enough."""
    said = []
    for piece in advice:
        if not piece.changes:
            said.append(piece.words)
        elif changes := piece.of(seen):
            flags = " ".join(f"--set {name}={_text(value)}" for name, value in changes.items())
            said.append(f"{piece.words} ({flags})")
    return f"{', '.join(said[:-1])}, or {said[-1]}" if len(said) > 1 else "".join(said)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def to(value: Any) -> Change:
    """This value."""
    return lambda now: value


def at_least(value: float) -> Change:
    """This number, where there is less."""
    return lambda now: max(now, value)


def at_most(value: float) -> Change:
    """This number, where there is more."""
    return lambda now: min(now, value)


def instead_of_none(value: Any) -> Change:
    """This value, where the setting is off."""
    return lambda now: value if now in (0, "none") else now


def half(now: float) -> float:
    """Half of it."""
    return now / 2


def double(now: float) -> float:
    """Twice as much."""
    return 2 * now
