"""`docs/command-line.md`, written from the commands themselves: `python -m sebangsa.cli.reference`.

A test compares the page with this, so that a new command or option cannot go without its line.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

PAGE = Path("docs/command-line.md")

_INTRODUCTION = """\
# The command line

This page is written by `python -m sebangsa.cli.reference`, from the help texts of the commands.

`sebangsa COMMAND --help` says the same. From a checkout write `.venv/bin/sebangsa`. Every command reads the settings of
the environment ([settings.md](settings.md)), and each takes `--data-dir`, which wins over `SEBANGSA_DATA_DIR`. Commands
work beside a running server: they write to its database, and the server takes up new work within 30 seconds.

**For scripts**: `--json` prints one JSON value on the standard output. Errors are sentences on the error stream.

| exit code | meaning |
|---|---|
| 0 | done; for `check` and `inspect`: all is well, the document is accepted |
| 1 | refused, not found, or a check failed; the sentence says why |
| 2 | the command line is wrong: an unknown command or option, a missing argument |
| 3 | a setting is wrong; every mistake is named |
| 4 | the port is taken, the database or queue cannot be used, or the database needs `sebangsa migrate` |
| 130 | ended by Ctrl-C (`serve`, `worker` and `demo` end with 0) |
"""


def render(root: click.Command) -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_sections(root, ["sebangsa"])]).rstrip() + "\n"


def _sections(command: click.Command, path: list[str]) -> Iterator[str]:
    if len(path) > 1:
        yield from _section(command, path)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _sections(child, [*path, name])


def _section(command: click.Command, path: list[str]) -> Iterator[str]:
    arguments = [
        p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
    ]
    yield f"{'#' * len(path)} `{' '.join([*path, *arguments])}`\n"
    yield f"{_in_lines_of_its_own(command.help or '')}\n"
    options = [p for p in command.params if isinstance(p, click.Option) and p.name != "data_dir"]
    if options:
        yield "| option | meaning |\n|---|---|"
        for option in options:
            yield f"| {_spelled(option)} | {_meaning(option)} |"
        yield ""


def _in_lines_of_its_own(text: str) -> str:
    """Paragraphs without the line breaks of the source."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(textwrap.fill(" ".join(paragraph.split()), 116) for paragraph in paragraphs)


def _spelled(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if option.is_flag:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} {' or '.join(str(choice) for choice in option.type.choices)}"
    return f"{names} {option.metavar or option.type.name.upper()}"


def _meaning(option: click.Option) -> str:
    text = " ".join((option.help or "").split()).replace("|", "\\|")
    if option.show_default and option.default:
        text += f" Otherwise `{option.default}`."
    return text + (" Needed." if option.required else "") + (" May be repeated." if option.multiple else "")


if __name__ == "__main__":
    from sebangsa.cli import main

    PAGE.write_text(render(main))
