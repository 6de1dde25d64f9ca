"""Live while the loop turns; ready when every check says True."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pytest
from starlette.requests import Request

from mailbot.errors import StoreUnavailable
from mailbot.web.health import Ready
from tests.web.small_site import client_of, plain_site


def test_live() -> None:
    answer = client_of(plain_site()).get("/healthz/live")
    assert (answer.status_code, answer.json()) == (200, {"live": True})


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 200),
        ({"store": True, "listeners": True}, 200),
        ({"store": False, "listeners": True}, 503),
        ({"store": True, "listeners": "No SMTP listener is bound."}, 503),
    ],
)
def test_ready_tells_what_is_wrong(said: Mapping[str, bool | str], status: int) -> None:
    answer = client_of(plain_site(checks=lambda: said)).get("/healthz/ready")
    assert answer.status_code == status
    assert answer.json() == {"ready": status == 200, "checks": said}
    assert client_of(plain_site()).head("/healthz/ready").status_code == 200


def test_a_check_that_fails_is_not_ready_and_tells_nothing() -> None:
    def failing() -> Mapping[str, bool | str]:
        raise StoreUnavailable("sqlite:////var/secret")

    answer = client_of(plain_site(checks=failing)).get("/healthz/ready")
    assert answer.status_code == 503
    assert "secret" not in answer.text


async def test_a_check_that_hangs_holds_nobody_up() -> None:
    """One thread at most waits for a dead database, however often a supervisor asks."""
    go, entered = threading.Event(), []

    def hanging() -> Mapping[str, bool | str]:
        entered.append(threading.current_thread().name)
        go.wait(30)
        return {}

    ready = Ready(plain_site(checks=hanging), seconds=0.05)
    began = time.monotonic()
    request = Request({"type": "http"})
    answers = [await ready.show(request) for _ in range(5)]
    go.set()
    assert [answer.status_code for answer in answers] == [503] * 5
    assert time.monotonic() - began < 5
    assert len(entered) == 1
