"""Settings as fields of dataclasses: declared with their meaning and bounds, built from text, explained to the user."""

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, dataclass
from typing import Any, ClassVar

from common.errors import UserError

TRUE_WORDS, FALSE_WORDS = ("true", "yes", "1", "on"), ("false", "no", "0", "off")
MOST = 10**12  # of whole numbers: products of two stay within 64 bits
NUMBERS = {int: "a whole number", float: "a number"}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Settings with one `owner`. Groups are combined by inheriting from several; all their fields lie flat then.

    A group checks the rules between its own fields in `__post_init__`, after `super().__post_init__()`.
    """

    owner: ClassVar[str]

    def __post_init__(self):
        """No rules; the last in the chain."""


def setting(
    help: str,
    default: Any = MISSING,
    low: float | None = None,
    high: float | None = None,
    choices: Collection[str] = (),
    flag: bool = False,
) -> Any:
    """Declare a field.

    Args:
        help: what it means, for the user.
        default: its value where nothing else is said; a field without one has to be given.
        low, high: inclusive bounds of a number.
        choices: the words allowed, or the table that has them as its keys; looked up when a value is checked.
        flag: has a flag of its own on the command line, beside `--set`.
    """
    metadata = {"help": help, "low": low, "high": high, "choices": choices, "flag": flag}
    return dataclasses.field(default=default, metadata=metadata)


def fields(kind: type[Group]) -> dict[str, Field]:
    """Every field, by name."""
    return {field.name: field for field in dataclasses.fields(kind)}


def defaults(kind: type[Group]) -> dict[str, Any]:
    """The value of every field that has one where nothing else is said."""
    return {name: field.default for name, field in fields(kind).items() if field.default is not MISSING}


def by_owner(kind: type[Group]) -> dict[str, list[Field]]:
    """Every field, by the owner of the class that declares it."""
    found, seen = {}, set()
    for ancestor in filter(dataclasses.is_dataclass, reversed(kind.__mro__)):
        own = [field for name, field in fields(ancestor).items() if name not in seen]
        seen.update(field.name for field in own)
        if own:
            found.setdefault(ancestor.owner, []).extend(own)
    return found


def meaning(field: Field) -> str:
    """What a field means and what it may be."""
    return field.metadata["help"] + (f" [{allowed(field)}]" if allowed(field) else "")


def allowed(field: Field) -> str:
    """What a field may be, in words; empty for free text, of which `help` has to say what it may be."""
    low, high, choices = (field.metadata[key] for key in ("low", "high", "choices"))
    if choices:
        return ", ".join(choices)
    if field.type is bool:
        return "true, false"
    if low is None and high is None:
        return NUMBERS.get(field.type, "")
    return f"at least {low:g}" if high is None else f"{low:.10g} to {high:.10g}"


def build(kind: type[Group], values: Mapping[str, Any]) -> Any:
    """Make an object of `kind` of `values`, each a Python value or the text of one.

    Raises:
        UserError: an unknown key (names the valid ones), a missing one, a value of the wrong type or out of range, or
            a rule between settings that is broken.
    """
    known = fields(kind)
    for key in values:
        if key not in known:
            raise UserError(f"unknown setting {key!r}; the settings are {', '.join(sorted(known))}")
    missing = [name for name, field in known.items() if field.default is MISSING and name not in values]
    if missing:
        raise UserError(f"the recipe sets no {', '.join(missing)}")
    return kind(**{key: _check(known[key], value) for key, value in values.items()})


def _check(field: Field, value: Any) -> Any:
    value = _convert(field, value)
    low, high, choices = (field.metadata[key] for key in ("low", "high", "choices"))
    if choices and value not in choices:
        raise UserError(f"{field.name}={value} is not one of {', '.join(choices)}")
    if low is not None and not value >= low:
        raise UserError(f"{field.name}={value} is too small; the least is {low}")
    if high is not None and not value <= high:
        raise UserError(f"{field.name}={value} is too large; the most is {high}")
    return value


def _convert(field: Field, value: Any) -> Any:
    if field.type is str:
        return str(value)
    if field.type is bool:
        if str(value).lower() not in TRUE_WORDS + FALSE_WORDS:
            raise UserError(f"{field.name}={value!r} is not true or false")
        return str(value).lower() in TRUE_WORDS
    try:
        number = field.type(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or (isinstance(value, float) and number != value):  # int() would cut 2.5 short
        raise UserError(f"{field.name}={value!r} is not {NUMBERS[field.type]}")
    if isinstance(number, int) and abs(number) > MOST:
        raise UserError(f"{field.name}={number} is too large; the most is {MOST}")
    if not math.isfinite(number):
        raise UserError(f"{field.name}={number} is not finite")
    return number
