"""Who may come in: counted in all and by address, and a crowd makes room for who comes alone."""

from __future__ import annotations

import resource

import pytest

from mailbot.inbound.smtp.door import Terms
from mailbot.inbound.smtp.lobby import Lobby, connections_for, origin_of


class Visitor:
    """A guest that leaves when it is asked to, unless it is busy."""

    def __init__(self, busy: bool = False) -> None:
        self.busy, self.gone = busy, False

    def give_way(self) -> bool:
        self.gone = not self.busy
        return self.gone

    def hurry(self) -> None:
        self.gone = True

    def cut(self, reply: str) -> None:
        self.gone = True


def lobby(most: int = 4, of_one: int = 3) -> Lobby:
    return Lobby(Terms(connections=most, connections_per_address=of_one))


def test_one_address_has_its_share() -> None:
    hall, visitors = lobby(), [Visitor() for _ in range(3)]
    for visitor in visitors:
        assert hall.has_room_for("192.0.2.1")
        hall.enter(visitor, "192.0.2.1")
    assert not hall.has_room_for("192.0.2.1")
    assert hall.has_room_for("192.0.2.2")
    hall.leave(visitors[0])
    hall.leave(visitors[0])
    assert hall.has_room_for("192.0.2.1")


def test_the_oldest_of_a_crowd_gives_way_to_who_comes_alone() -> None:
    """T-CONN: a full house keeps no honest client out."""
    hall, crowd, other = lobby(), [Visitor(busy=True), Visitor(), Visitor()], Visitor()
    for visitor in crowd:
        hall.enter(visitor, "192.0.2.1")
    hall.enter(other, "192.0.2.2")
    assert hall.is_full()
    assert hall.has_room_for("192.0.2.3")
    assert [visitor.gone for visitor in crowd] == [False, True, False]
    assert not hall.is_full()
    hall.enter(Visitor(), "192.0.2.3")
    assert not hall.has_room_for("192.0.2.3")  # two each: none is a crowd
    assert not other.gone


def test_nobody_gives_way_while_a_mail_is_stored() -> None:
    hall = lobby(most=2, of_one=2)
    for visitor in (Visitor(busy=True), Visitor(busy=True)):
        hall.enter(visitor, "192.0.2.1")
    assert not hall.has_room_for("192.0.2.2")


@pytest.mark.parametrize(
    ("peer", "origin"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("local", "local"),
    ],
)
def test_an_ipv6_network_counts_as_one(peer: str, origin: str) -> None:
    assert origin_of(peer) == origin


@pytest.mark.parametrize(
    ("files", "wanted", "most"), [(1024, 500, 430), (256, 500, 46), (65536, 500, 500), (10, 5, 1)]
)
def test_connections_leave_files_for_the_rest(files: int, wanted: int, most: int) -> None:
    """T-FD: with 256 files and 300 idle peers, stock answers 500 to an honest mail."""
    assert connections_for(files, wanted) == most


def test_the_limit_of_files_is_raised_as_far_as_it_may_be() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = 512, before[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert lobby(most=300).fit() == 300
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (764, hard)
        assert lobby(most=10**6).fit() == connections_for(hard, 10**6)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
