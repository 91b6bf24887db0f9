"""The subcommand that answers questions."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("topic", required=False)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write questions.md and its pictures into this folder.",
)
def explain(topic: str | None, folder: Path | None) -> None:
    """Answer what people ask round a physical blur, with numbers; TOPIC picks one question."""
    from fiji_bridge.explain import ANSWERS, page, write_page
    from fiji_bridge.explain.page import section

    if topic is not None and topic not in ANSWERS:
        raise click.BadParameter(f"{topic!r}; topics are {', '.join(ANSWERS)}", param_hint="TOPIC")
    if folder is not None:
        for path in write_page(folder):
            click.echo(path)
    elif topic is not None:
        click.echo(section(ANSWERS[topic]))
    else:
        click.echo(page())
