"""The commands that stand on pages, as the settings that they give; shared by several tests."""

import argparse
import shlex

from common.commands.setting_flags import add_setting_flags, setting_changes
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from sagan.recipes import RECIPES as SAGAN_RECIPES

RECIPES = {"dcgan": DCGAN_RECIPES, "sagan": SAGAN_RECIPES, "csagan": CSAGAN_RECIPES}


def settings_of(command):
    """The settings of the line of a shell that starts a training."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", default="bendale")
    for flag in ("--out", "--init-from"):
        parser.add_argument(flag)
    parser.add_argument("--resume", nargs="?")
    for flag in ("--settings", "--list", "--tensorboard"):
        parser.add_argument(flag, action="store_true")
    add_setting_flags(parser)
    _, program, *words = shlex.split(command)
    args = parser.parse_args(words)
    return RECIPES[program.split("/")[0]][args.recipe].override(setting_changes(args)).settings
