"""Flags that are settings: made of the settings' own fields, so that a new one is declared in one place."""

import argparse
from dataclasses import Field

from common.errors import UserError
from common.settings import Settings
from common.system.fields import fields, meaning


def add_setting_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each field that asks for one, and `--set` for the others. Values stay text: `build` checks them.

    A flag of a true-or-false setting takes no value: it switches the setting on.
    """
    group = parser.add_argument_group("settings (the recipe's own where not given; all of them: --settings)")
    for field in _flags():
        switch = {"action": "store_const", "const": "true", "help": field.metadata["help"]}
        takes_value = {"help": meaning(field).replace("%", "%%")}
        group.add_argument(f"--{field.name.replace('_', '-')}", **(switch if field.type is bool else takes_value))
    group.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="any setting; may be repeated")


def setting_changes(args: argparse.Namespace) -> dict[str, str]:
    """What the command line sets, as text by name; `--set` wins over a flag.

    Raises:
        UserError: a `--set` that is not KEY=VALUE.
    """
    changes = {field.name: getattr(args, field.name) for field in _flags() if getattr(args, field.name) is not None}
    for item in args.set:
        key, equals, value = item.partition("=")
        if not equals:
            raise UserError(f"--set {item!r} is not KEY=VALUE")
        changes[key.strip()] = value.strip()
    return changes


def _flags() -> list[Field]:
    return [field for field in fields(Settings).values() if field.metadata["flag"]]
