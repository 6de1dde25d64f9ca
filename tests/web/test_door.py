"""Every answer carries the guarding headers, and no answer or log line tells too much."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from mailbot.errors import CourtUnavailable, PermanentError, StoreUnavailable
from mailbot.web.app import build
from mailbot.web.door import HEADERS, MOST_BODY, Door
from mailbot.web.samples import samples
from tests.web.small_site import BrokenDesk, Seen, client_of, plain_site

FORM: Any = samples()["stop"]["form"]
TOKEN = FORM["nonce"]
SECRET = "sqlite:////var/secret/store.sqlite pat@reader.example"

REQUESTS = [
    ("GET", "/"),
    ("HEAD", "/"),
    ("OPTIONS", "/"),
    ("GET", "/help"),
    ("GET", "/help/franklin"),
    ("GET", "/unchanged/stop/franklin"),
    ("GET", "/style/franklin.css"),
    ("GET", "/healthz/live"),
    ("GET", "/healthz/ready"),
    ("GET", "/s/"),
    ("GET", f"/s/{TOKEN}"),
    ("POST", f"/u/{TOKEN}"),
    ("OPTIONS", f"/a/{TOKEN}"),
    ("PUT", "/s/x"),
    ("BREW", "/help"),
    ("GET", "/favicon.ico"),
    ("GET", "/../etc/passwd"),
    ("GET", "/help/nowhere"),
    ("GET", "/unchanged/everything/franklin"),
    ("GET", "/style/nowhere.css"),
]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_every_answer_is_guarded(method: str, path: str) -> None:
    answer = client_of(plain_site()).request(method, path)
    for name, value in HEADERS:
        assert answer.headers.get_list(name) == [value]
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


def test_no_page_may_be_framed_scripted_or_kept() -> None:
    told = dict(HEADERS)
    policy = dict(part.strip().split(" ", 1) for part in told["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert told["cache-control"] == "no-store"
    assert told["referrer-policy"] == "no-referrer"


def test_an_unknown_path_says_what_to_do() -> None:
    answer = client_of(plain_site()).get("/t/here")
    assert answer.status_code == 404
    assert "There is no page at this address." in Seen(answer).outcome


def test_a_wrong_method_names_the_right_ones() -> None:
    answer = client_of(plain_site()).delete(f"/s/{TOKEN}")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert "cannot be used in this way" in Seen(answer).outcome


@pytest.mark.parametrize("error", [StoreUnavailable(SECRET), CourtUnavailable(SECRET)])
def test_what_may_work_later_is_said_so(error: Exception, caplog: Any) -> None:
    answer = client_of(plain_site(BrokenDesk(error))).get(f"/s/{TOKEN}")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "try again in a few minutes" in Seen(answer).outcome
    assert SECRET not in answer.text + caplog.text


@pytest.mark.parametrize("error", [PermanentError(SECRET), ValueError(SECRET), KeyError(SECRET)])
def test_a_fault_of_ours_shows_nothing_of_itself(error: Exception, caplog: Any) -> None:
    answer = client_of(plain_site(BrokenDesk(error))).get(f"/s/{TOKEN}")
    assert answer.status_code == 500
    assert "Something went wrong on our side." in Seen(answer).outcome
    for hidden in (SECRET, "Traceback", type(error).__name__):
        assert hidden not in answer.text
    assert SECRET not in caplog.text
    assert type(error).__name__ in caplog.text  # for the administrator: what and where


def test_no_token_is_ever_logged(caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(plain_site())
    for letter in "cnsaru":
        client.get(f"/{letter}/{TOKEN}")
        client.post(f"/{letter}/{TOKEN}", data={"nonce": TOKEN, "code": "K7M2Z-9QXD4"})
    ours = [record for record in caplog.records if record.name.startswith("mailbot")]
    assert ours
    assert not any(TOKEN in record.getMessage() for record in ours)
    assert not any("K7M2Z" in record.getMessage() for record in ours)


def test_an_error_page_that_fails_itself_is_a_plain_word() -> None:
    def no_frame(court_id: str | None) -> dict[str, object]:
        raise LookupError(SECRET)

    answer = client_of(plain_site(frame=no_frame)).get("/nowhere")
    assert (answer.status_code, answer.text) == (404, "Not Found")
    assert answer.headers["cache-control"] == "no-store"


def test_a_body_that_is_too_large_is_not_read() -> None:
    client = client_of(plain_site())
    answer = client.post(f"/s/{TOKEN}", data={"nonce": "x" * MOST_BODY})
    assert answer.status_code == 413
    assert "more than this page takes" in Seen(answer).outcome


def test_a_body_that_hides_its_length_is_cut_off() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b"nonce="
        while sent < 10 * MOST_BODY:
            sent += 1024
            yield b"x" * 1024

    answer = client_of(plain_site()).post(
        f"/s/{TOKEN}",
        content=endless(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--y\r\nnot ours"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; '
            b'filename="a"\r\n\r\nfile\r\n--x--\r\n',
        ),
        ("application/x-www-form-urlencoded", b"a=1&" * 100),
        ("application/x-www-form-urlencoded", b"\xff\xfe%zz=%&&&==;\x00"),
        ("application/json", b'{"List-Unsubscribe": "One-Click"}'),
        ("", b""),
        ("nonsense", b"\x00" * 100),
    ],
)
def test_no_form_makes_the_door_fail(kind: str, body: bytes) -> None:
    desk = BrokenDesk(StoreUnavailable())
    for letter in "su":
        answer = client_of(plain_site(desk)).post(
            f"/{letter}/{TOKEN}", content=body, headers={"content-type": kind}
        )
        assert answer.status_code in (400, 503)  # unreadable, or asked again (and the desk is down)


def test_below_a_path_of_the_court_s_site() -> None:
    site = plain_site(base_url="https://court.example/track/")
    client = client_of(site)
    for path in ("/track/help", "/help"):  # a proxy may take the prefix off, or leave it
        seen = Seen(client.get(path))
        assert seen.status == 200
        assert seen.link("Track This Case") == "/track/help/franklin"
    assert client.get("/track/style/franklin.css").status_code == 200
    assert client.get("/track").status_code == 200
    assert client.get("/tracker").status_code == 404


async def test_a_reader_who_leaves_makes_no_noise(caplog: Any) -> None:
    async def leaving(scope: Any, receive: Any, send: Any) -> None:
        raise ClientDisconnect

    sent = [each async for each in _answers(Door(leaving, plain_site()))]
    assert sent == []
    assert caplog.records == []


async def test_only_http_is_spoken() -> None:
    app = build(plain_site())
    assert [each async for each in _answers(app, {"type": "lifespan"})] == []


async def _answers(app: Any, scope: dict[str, Any] | None = None) -> AsyncIterator[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope or {"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    for message in sent:
        yield message
