"""The page of all answers, as Markdown, and its pictures."""

from __future__ import annotations

import os
from pathlib import Path

from fiji_bridge.explain.answers import ANSWERS, Answer
from fiji_bridge.explain.figures import FIGURES

_HEAD = """# Which sigma, and other questions

Made by `fiji-bridge explain --output docs`: every number below was computed by the code.
"""


def page(*, figures: str | None = None) -> str:
    """Return all answers as Markdown.

    Parameters
    ----------
    figures : str, optional
        Folder of the pictures, as the page sees it; without it they are left out.
    """
    return "\n".join([_HEAD, *(section(answer, figures) for answer in ANSWERS.values())])


def section(answer: Answer, figures: str | None = None) -> str:
    """Return one answer as Markdown."""
    lines = [
        f"## {answer.question}",
        "",
        answer.right,
        "",
        f"*Often said instead:* {answer.wrong}",
        "",
        "```",
        *answer.shown(),
        "```",
        "",
    ]
    if figures is not None and answer.figure is not None:
        lines += [f"![{answer.question}]({figures}/{answer.figure}.png)", ""]
    return "\n".join(lines)


def write_page(folder: str | os.PathLike[str]) -> list[Path]:
    """Write ``questions.md`` and the pictures in ``images/``; returns the files."""
    target = Path(folder)
    images = target / "images"
    images.mkdir(parents=True, exist_ok=True)
    made = []
    for name, draw in FIGURES.items():
        made.append(images / f"{name}.png")
        draw(made[-1])
    text = target / "questions.md"
    text.write_text(page(figures="images"), encoding="utf-8")
    return [text, *made]
