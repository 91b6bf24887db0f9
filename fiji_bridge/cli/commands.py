"""The program's subcommands: listed in groups, and loaded when they are called."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import click

from fiji_bridge._version import __version__
from fiji_bridge.ops.registry import REGISTRY


@dataclass(frozen=True)
class Listed:
    """A subcommand as ``--help`` lists it.

    Attributes
    ----------
    group : str
        Heading.
    where : str
        ``module:attribute`` of the `click.Command`.
    summary : str
        First sentence of its own help.
    """

    group: str
    where: str
    summary: str


GROUPS = ("the blur", "around the blur", "checks", "ImageJ", "the service", "for publishers")

#: Subcommands that are no operations.
OTHERS = {
    "plan": Listed(
        "the blur",
        "fiji_bridge.cli.operations:plan",
        "Show what gaussian would do, per axis, without doing it.",
    ),
    "demo": Listed(
        "the blur",
        "fiji_bridge.cli.demo:demo",
        "Do the main job on IMAGE, or on one that is made: plan, blur, cross-check, picture.",
    ),
    "explain": Listed(
        "the blur",
        "fiji_bridge.cli.explaining:explain",
        "Answer what people ask round a physical blur, with numbers; TOPIC picks one question.",
    ),
    "crosscheck": Listed(
        "checks",
        "fiji_bridge.cli.checking:crosscheck",
        "Blur IMAGE and compare the result with SciPy; exit code 1 if it differs.",
    ),
    "compare": Listed(
        "checks",
        "fiji_bridge.cli.checking:compare",
        "Compare two files: shape, type, voxel size and every sample; exit code 1 if they differ.",
    ),
    "doctor": Listed(
        "checks",
        "fiji_bridge.cli.checking:doctor",
        "Look at Java, Fiji, the jars and the engines; exit code 0 only if the job can run.",
    ),
    "audit": Listed(
        "checks",
        "fiji_bridge_lab.audit_cli:audit",
        "Measure the claims of the documentation on made images; exit code 1 if one is broken.",
    ),
    "regress": Listed(
        "checks",
        "fiji_bridge_lab.cli:regress",
        "Know whether the numbers moved: between engines, releases, Fiji versions, machines.",
    ),
    "run-command": Listed(
        "ImageJ",
        "fiji_bridge.cli.running:run_command",
        'Run a command of ImageJ 1.x on IN: fiji-bridge run-command IN OUT "Median..." radius=2.',
    ),
    "run-macro": Listed(
        "ImageJ",
        "fiji_bridge.cli.running:run_macro",
        "Run the ImageJ macro in FILE; its value and what it prints go to standard output.",
    ),
    "serve": Listed(
        "the service",
        "fiji_bridge_service.cli:serve",
        "Serve a page in the browser, images, plans and jobs over HTTP until SIGTERM or Ctrl-C.",
    ),
    "install": Listed(
        "ImageJ",
        "fiji_bridge.cli.installing:install",
        "Put the commands and macros into the Fiji or ImageJ in FOLDER, or upgrade them.",
    ),
    "uninstall": Listed(
        "ImageJ",
        "fiji_bridge.cli.installing:uninstall",
        "Take out of FOLDER what install put there, and nothing else.",
    ),
    "macros": Listed(
        "for publishers",
        "fiji_bridge.cli.installing:macros",
        "Write the ImageJ macros that are generated from the operations.",
    ),
    "describe": Listed(
        "for publishers",
        "fiji_bridge.cli.describing:describe",
        "Write descriptors of the operations for workflow systems.",
    ),
    "update-site": Listed(
        "for publishers",
        "fiji_bridge.cli.installing:update_site",
        "Write a static folder that Fiji's updater accepts, or bring it up to date.",
    ),
    "answer-plans": Listed("", "fiji_bridge.cli.answering:answer_plans", ""),
    "stay": Listed("", "fiji_bridge.cli.staying:stay", ""),
}


class Program(click.Group):
    """A group whose commands are not loaded to be listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(listed())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        name = cmd_name.replace("-", "_")
        if cmd_name in OTHERS:
            module, _, attribute = OTHERS[cmd_name].where.partition(":")
            found: click.Command = getattr(importlib.import_module(module), attribute)
            return found
        if name not in REGISTRY:
            return None
        from fiji_bridge.cli.operations import operation_command

        return operation_command(REGISTRY[name])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse an unknown command with the one that may have been meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], list(listed()), 1)
            if not near or near[0] in str(error.message):
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands below their headings."""
        rows = listed()
        for group in GROUPS:
            with formatter.section(group[:1].upper() + group[1:]):
                formatter.write_dl(
                    [(name, text) for name, (heading, text) in rows.items() if heading == group]
                )


def listed() -> dict[str, tuple[str, str]]:
    """Return heading and summary of each subcommand, by its name."""
    found = {}
    for name in REGISTRY:
        summary, group = REGISTRY.said(name)
        found[name.replace("_", "-")] = (group, summary)
    others = {name: (entry.group, entry.summary) for name, entry in OTHERS.items()}
    return {
        name: said
        for heading in (*GROUPS, "")
        for name, said in {**found, **others}.items()
        if said[0] == heading
    }


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="fiji-bridge %(version)s")
def program() -> None:
    """One physical sigma in, the same blur in every direction out.

    Exit codes: 0 done, 1 a check found a difference or the doctor a problem, 2 the request makes
    no sense, 3 Java or Fiji cannot start, 4 another failure, 130 interrupted.
    """
