"""Which home a command works on."""

from __future__ import annotations

import argparse

from xiaoshi.house.home import Home


def chosen_home(args: argparse.Namespace) -> Home:
    """The home of `--home`, which must be one already, else the environment's or the default, made when it is missing."""
    home = Home.chosen(args.home)
    return home.require() if args.home else home
