"""Starting the service, and ending it in order."""

from __future__ import annotations

import logging

import uvicorn

from fiji_bridge import system
from fiji_bridge_service.app import make_app
from fiji_bridge_service.protocol import make
from fiji_bridge_service.service import Service
from fiji_bridge_service.settings import Settings


def server(settings: Settings) -> uvicorn.Server:
    """Return the server of a configuration, its workers started, its socket not yet open."""
    system.write_for_nobody_else()
    limits = settings.limits
    host, port = settings.address
    return uvicorn.Server(
        uvicorn.Config(
            make_app(Service(settings)),
            host=host,
            port=port,
            http=make(limits.header_seconds, limits.write_seconds),
            ws="none",
            lifespan="on",
            access_log=False,
            log_level=logging.WARNING,
            server_header=False,
            date_header=True,
            root_path=settings.base_path,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=list(settings.proxies),
            limit_concurrency=limits.connections,
            timeout_keep_alive=int(limits.header_seconds),
            timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
            h11_max_incomplete_event_size=limits.header_bytes,
        )
    )
