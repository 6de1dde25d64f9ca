"""The Maildir of trials: whole mails under their envelope, or none."""

from __future__ import annotations

import mailbox
import os
from pathlib import Path

import pytest

from mailbot.errors import SmarthostUnavailable
from mailbot.model import Outgoing
from mailbot.outbound.delivery import Abandoned
from mailbot.outbound.maildir import MaildirTransport

MAIL = Outgoing("bot+b-x@court.test", "ann@home.test", b"Subject: x\r\n\r\n.\r\nend\r\n")


async def yes() -> bool:
    return True


async def test_a_mail_lies_in_new_under_its_envelope(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path / "out")
    reply = await transport.deliver(MAIL, yes)
    (file,) = (tmp_path / "out" / "new").iterdir()
    assert reply == f"250 2.0.0 new/{file.name}"
    assert file.read_bytes() == (
        b"Return-Path: <bot+b-x@court.test>\r\nX-Original-To: ann@home.test\r\n"
        b"Delivered-To: ann@home.test\r\n" + MAIL.content
    )
    (read,) = mailbox.Maildir(tmp_path / "out")
    assert read["Subject"] == "x"
    assert list((tmp_path / "out" / "tmp").iterdir()) == []
    await transport.close()


async def test_names_are_in_order_of_time(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    for number in range(20):
        await transport.deliver(Outgoing("", "ann@home.test", b"%d\r\n" % number), yes)
    files = sorted((tmp_path / "new").iterdir())
    assert [int(file.read_bytes().split()[-1]) for file in files] == list(range(20))


@pytest.mark.parametrize("raises", [False, True])
async def test_nothing_is_published_before_the_look(tmp_path: Path, raises: bool) -> None:
    async def no() -> bool:
        assert list((tmp_path / "new").iterdir()) == []
        assert len(list((tmp_path / "tmp").iterdir())) == 1
        if raises:
            raise RuntimeError
        return False

    with pytest.raises(RuntimeError if raises else Abandoned):
        await MaildirTransport(tmp_path).deliver(MAIL, no)
    assert [*(tmp_path / "tmp").iterdir(), *(tmp_path / "new").iterdir()] == []


async def test_a_folder_that_cannot_be_written_is_a_server_away(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(SmarthostUnavailable, match="Maildir"):
        await MaildirTransport(tmp_path / "out").deliver(MAIL, yes)


async def test_the_file_is_for_its_owner(tmp_path: Path) -> None:
    """Court mail names people; whoever may read the folder is the administrator's choice."""
    await MaildirTransport(tmp_path / "out").deliver(MAIL, yes)
    (file,) = (tmp_path / "out" / "new").iterdir()
    assert os.stat(file).st_mode & 0o077 == 0
