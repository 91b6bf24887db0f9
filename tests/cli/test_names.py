"""Names that a terminal library could take for something else."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from fiji_bridge.cli.commands import listed
from fiji_bridge.cli.commands import program as program_group


@pytest.mark.parametrize("name", ["[/nope]", "[bold]a[/bold]", "sc.fiji:fiji:2.16.0"])
def test_names_are_printed_as_they_are(
    program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, name: str
) -> None:
    done = program("doctor", env={"FIJI_BRIDGE_FIJI": str(tmp_path / name)})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    # Twice: as the setting, and in the problem.
    assert done.stdout.replace("\n", "").count(f"/{name}") == 2


@pytest.mark.parametrize("name", sorted(listed()))
def test_no_two_options_share_a_name(name: str) -> None:
    """One would get the other's value without a word; click only warns of it."""
    command = program_group.get_command(click.Context(program_group), name)
    assert command is not None
    names = [parameter.name for parameter in command.params]
    assert sorted(map(str, names)) == sorted(map(str, set(names)))
    options = [option for parameter in command.params for option in parameter.opts]
    assert sorted(options) == sorted(set(options))
