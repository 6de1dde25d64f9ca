"""What the configuration says of our mail as the world sees it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from pydantic import ValidationError

from mailbot.config import Smarthost


def read(**options: Any) -> Smarthost:
    return Smarthost.model_validate({"host": "mail.court.example", **options})


def test_addresses_and_selectors_are_read() -> None:
    smarthost = read(sends_from=["192.0.2.7", "2001:db8::7"], dkim_selectors=["Mail", "k1._x"])
    assert smarthost.sends_from == (ip_address("192.0.2.7"), ip_address("2001:db8::7"))
    assert smarthost.dkim_selectors == ("mail", "k1._x")
    assert (read().sends_from, read().dkim_selectors) == ((), ())


@pytest.mark.parametrize("given", ["192.0.2.0/24", "mail.court.example", "", 7, True])
def test_what_is_no_address(given: object) -> None:
    with pytest.raises(ValidationError):
        read(sends_from=[given] if given is not True else given)


@pytest.mark.parametrize("given", ["", "a b", ".mail", "mail.", "x" * 64, "s=mail", 7])
def test_what_is_no_selector(given: object) -> None:
    with pytest.raises(ValidationError):
        read(dkim_selectors=[given])
