"""``fiji-bridge serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fiji_bridge.errors import InputError


@click.command()
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with settings, by the names in docs/service.md.",
)
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    help="Where to listen; this machine alone by default: 127.0.0.1:8765.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for images, jobs and results.",
)
@click.option(
    "--root",
    "given_roots",
    metavar="NAME=FOLDER",
    multiple=True,
    help="A folder whose files may be used without an upload; can be given repeatedly.",
)
@click.option(
    "--macro",
    "given_macros",
    metavar="NAME=FILE",
    multiple=True,
    help="An ImageJ macro that jobs may run, by this name; can be given repeatedly.",
)
@click.option(
    "--command",
    "commands",
    metavar="LABEL",
    multiple=True,
    help="An ImageJ command that jobs may run, with any options, such as 'Median...'; can be given "
    "repeatedly.",
)
@click.option(
    "--free-macros",
    is_flag=True,
    default=None,
    help="Let jobs run any macro text. A macro reads and writes files and starts programs: whoever "
    "has a token can then do all that the account can which the service runs in, and see the "
    "images of all users.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="A dask scheduler whose workers do the blocks of OME-Zarr, such as tcp://host:8786.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Jobs that run at once.")
def serve(
    config: Path | None,
    given_roots: tuple[str, ...],
    given_macros: tuple[str, ...],
    **given: Any,
) -> None:
    """Serve a page in the browser, images, plans and jobs over HTTP until SIGTERM or Ctrl-C.

    Everybody needs a token, which is made at the first start. On any other address than this
    machine's own the connection is not encrypted: put a proxy with TLS before it.
    """
    try:
        from fiji_bridge_service.serving import server
    except ImportError as error:
        raise InputError(
            f"the service needs the package {error.name}: pip install 'fiji-bridge[service]'"
        ) from None
    from fiji_bridge_service.settings import load

    given["roots"] = _named("--root", "FOLDER", given_roots)
    given["macros"] = _named("--macro", "FILE", given_macros)
    given["commands"] = given["commands"] or None
    settings = load(config, **given)
    made = server(settings)
    tokens = settings.tokens or settings.data / "tokens"
    click.echo(f"http://{settings.listen}{settings.base_path}/ (the tokens are in {tokens})")
    if settings.free_macros:
        click.echo(
            "warning: with --free-macros a token is as good as the account that this runs in",
            err=True,
        )
    if not settings.is_loopback:
        click.echo("warning: this address can be reached by others, without encryption", err=True)
    made.run()


def _named(option: str, what: str, given: tuple[str, ...]) -> dict[str, Path] | None:
    """Return the paths of an option by their names; None where it was not given."""
    found = {}
    for one in given:
        name, equals, path = one.partition("=")
        if not equals:
            raise click.UsageError(f"{option} takes NAME={what}; got {one!r}")
        found[name] = Path(path).resolve()
    return found or None
