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
@click.option("--workers", type=click.IntRange(min=1), help="Jobs that run at once.")
def serve(config: Path | None, given_roots: tuple[str, ...], **given: Any) -> None:
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

    roots = {}
    for one in given_roots:
        name, equals, folder = one.partition("=")
        if not equals:
            raise click.UsageError(f"--root takes NAME=FOLDER; got {one!r}")
        roots[name] = Path(folder).resolve()
    settings = load(config, **given, **({"roots": roots} if roots else {}))
    made = server(settings)
    tokens = settings.tokens or settings.data / "tokens"
    click.echo(f"http://{settings.listen}{settings.base_path}/ (the tokens are in {tokens})")
    if not settings.is_loopback:
        click.echo("warning: this address can be reached by others, without encryption", err=True)
    made.run()
