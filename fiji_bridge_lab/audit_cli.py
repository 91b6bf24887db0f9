"""``fiji-bridge audit``: the claims of the documentation, measured here and now."""

from __future__ import annotations

from pathlib import Path

import click

from fiji_bridge.cli import render


@click.command()
@click.option(
    "--engine",
    type=click.Choice(["scipy", "fused", "gauss3"]),
    default="scipy",
    show_default=True,
    help="What computes; scipy needs no Java.",
)
@click.option("--claim", "names", multiple=True, help="Measure this claim only; may be repeated.")
@click.option(
    "--docs",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write claims.md, crosscheck.md and rescaling.md into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def audit(engine: str, names: tuple[str, ...], docs: Path | None, as_json: bool) -> int:
    """Measure the claims of the documentation on made images; exit code 1 if one is broken."""
    from fiji_bridge.formats.atomic import atomic_output
    from fiji_bridge_lab import claims, crosscheck_page, rescaling_page

    known = [claim.name for claim in claims.claims()]
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name!r}; claims are {', '.join(known)}", param_hint="claim")
    outcomes = []
    for name in names or known:
        (outcome,) = claims.audit(claims.Subject.of(engine), [name])
        outcomes.append(outcome)
        if not as_json:
            measured = "error" if outcome.measured is None else claims.at_most(outcome.measured)
            note = f" ({outcome.note})" if outcome.note else ""
            limit = f"{outcome.limit:g}"
            sign = "✓" if outcome.verdict == "holds" else "✗ BROKEN"
            click.echo(f"{sign} {outcome.statement}: {measured}, limit {limit}{note}")
    if docs is not None:
        docs.mkdir(parents=True, exist_ok=True)
        for name, text in {
            "claims.md": claims.page(outcomes),
            "crosscheck.md": crosscheck_page.page(),
            "rescaling.md": rescaling_page.page(),
        }.items():
            with atomic_output(docs / name, overwrite=True) as file:
                file.write(text.encode())
            click.echo(docs / name)
    broken = sum(outcome.verdict == "broken" for outcome in outcomes)
    if as_json:
        render.print_json(claims.as_dict(outcomes, engine))
    else:
        click.echo(f"{len(outcomes) - broken} of {len(outcomes)} claims hold")
    return 1 if broken else 0
