"""Builds the web application of an instance: pages behind links, pages for anybody, health."""

from __future__ import annotations

from starlette.routing import Router
from starlette.types import ASGIApp

from mailbot.web.door import Door
from mailbot.web.health import health_routes
from mailbot.web.links import link_routes
from mailbot.web.pages import page_routes
from mailbot.web.site import Site


def build(site: Site) -> ASGIApp:
    """The application, to be served where `site.base_url` points."""
    routes = [*link_routes(site), *page_routes(site), *health_routes(site)]
    return Door(Router(routes, redirect_slashes=False), site)
