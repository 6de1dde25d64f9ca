"""Makes a wrong word on the command line exit with 64, as sysexits.h and mail servers have it."""

from __future__ import annotations

import os

import click


class WrongWord(click.UsageError):
    """An option that is not known, or one that is missing."""

    exit_code = os.EX_USAGE


class Sysexits(click.Command):
    """A command that mail servers call."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise WrongWord(error.format_message(), ctx) from None
