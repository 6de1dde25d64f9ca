"""Times read as the seed document shows them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailbot.demo.times import stamp


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2015, 11, 16, 9, 21, tzinfo=UTC), "11/16/15 9:21 AM"),
        (datetime(2015, 1, 2, 0, 5, tzinfo=UTC), "1/2/15 12:05 AM"),
        (datetime(2015, 1, 2, 12, 0, tzinfo=UTC), "1/2/15 12:00 PM"),
        (datetime(2015, 12, 31, 23, 59, 59, tzinfo=UTC), "12/31/15 11:59 PM"),
        (None, ""),
    ],
)
def test_a_stamp(moment: datetime | None, shown: str) -> None:
    assert stamp(moment) == shown
