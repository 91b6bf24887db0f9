"""Requests made from the OpenAPI document: no failure inside, and answers as documented."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from fiji_bridge_service.api import ROUTES
from fiji_bridge_service.openapi import document
from service_helpers import ALICE, Running

pytestmark = pytest.mark.jvm
#: Of events: a stream has no end that a made request would wait for.
_SCHEMA = schemathesis.openapi.from_dict(document(ROUTES)).exclude(path_regex="/events$")


@_SCHEMA.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_made_requests(case: Any, running: Running) -> None:
    # The session of the page: closing it needs one.
    answer = case.call(
        base_url=f"http://127.0.0.1:{running.port}",
        headers={**case.headers, "Authorization": f"Bearer {ALICE}"},
    )
    assert answer.status_code != 500
    case.validate_response(
        answer,
        checks=[
            schemathesis.checks.not_a_server_error,
            schemathesis.checks.CHECKS.get_one("status_code_conformance"),
            schemathesis.checks.CHECKS.get_one("content_type_conformance"),
            schemathesis.checks.CHECKS.get_one("response_schema_conformance"),
        ],
    )
