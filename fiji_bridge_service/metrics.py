"""Figures in Prometheus' text format."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping

from fiji_bridge import system
from fiji_bridge_service.service import Service

_STATES = ("queued", "running", "done", "failed", "cancelled", "interrupted")


def text(service: Service, answers: Mapping[tuple[str, int], int]) -> str:
    """Return the figures; labels hold no text of users."""
    return "".join(f"{line}\n" for line in _lines(service, answers))


def _lines(service: Service, answers: Mapping[tuple[str, int], int]) -> Iterator[str]:
    import psutil

    own = psutil.Process()
    rows = service.store.execute("SELECT state, count(*) FROM job GROUP BY state")
    kept = Counter(dict(rows))
    yield from _metric("jobs", "gauge", "Jobs that are kept, by state")
    yield from (f'fiji_bridge_jobs{{state="{state}"}} {kept[state]}' for state in _STATES)
    yield from _metric("jobs_ended_total", "counter", "Jobs that ended since the start")
    for state in _STATES[2:5]:
        count = service.scheduler.ended[state]
        yield f'fiji_bridge_jobs_ended_total{{state="{state}"}} {count}'
    yield from _metric("answers_total", "counter", "Answers by route and status")
    for (route, status), count in sorted(answers.items()):
        yield f'fiji_bridge_answers_total{{route="{route}",status="{status}"}} {count}'
    used = service.store.execute(
        "SELECT (SELECT total(size) FROM image WHERE origin = '{}' AND state != 'refused')"
        " + (SELECT total(size) FROM job)"
    )
    for name, help_text, value in (
        ("stored_bytes", "Bytes of uploads and results", int(used[0][0])),
        ("disk_room_bytes", "Bytes that may still be written", service.files.room()),
        ("memory_planned_bytes", "Memory of running jobs by plan", service.scheduler.memory_in_use),
        ("memory_budget_bytes", "Memory that jobs may have", service.settings.memory_budget),
        ("resident_bytes", "Memory of this process", own.memory_info().rss),
        ("open_files", "Files and sockets of this process", system.open_files()),
        ("uptime_seconds", "Since the start", round(time.time() - service.started, 3)),
    ):
        yield from _metric(name, "gauge", help_text)
        yield f"fiji_bridge_{name} {value}"


def _metric(name: str, kind: str, help_text: str) -> Iterator[str]:
    yield f"# HELP fiji_bridge_{name} {help_text}"
    yield f"# TYPE fiji_bridge_{name} {kind}"
