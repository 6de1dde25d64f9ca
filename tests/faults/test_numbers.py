"""T-REDOS: twenty texts that make a pattern go back and forth, read as case numbers."""

from __future__ import annotations

import time

import pytest

from mailbot.desk.reading import numbers

SHAPES = ("99AA-AA00000", "9999-AA00000", "000000000", "9A9A9A9A9A0", "A-A-A-A-A-0", "00000")
ADVERSARIAL = [
    "1" * 64, "A" * 64, "1A" * 32, "1-" * 32, "1 " * 32, "-" * 64, "0" * 63 + "A", "A" * 63 + "1",
    "15AB-CR" + "0" * 57, "15AB-CR" + "0" * 56 + "!", "15AB" * 16, "OIlO0" * 12, "OI" * 32,
    "15AB-CR00015" * 5, "1.1/1:1_1" * 7, "S5B8Z2" * 10, "O" * 64, "1O" * 32, "9A9A9A9A9A" * 6,
    "\uff11\u0661" * 32,
]  # fmt: skip


@pytest.mark.parametrize("text", ADVERSARIAL)
def test_a_number_that_fits_no_shape_costs_nothing(text: str) -> None:
    """Fifty milliseconds each, and again as much for a busy machine; 64 KB of it a second."""
    assert len(ADVERSARIAL) == 20
    for read in (numbers.tidy, numbers.known, numbers.find, numbers.near):
        for given, most in ((text, 0.1), (text * 1000, 1.5)):
            began = time.process_time()
            read(given, SHAPES)
            spent = time.process_time() - began
            assert spent < most, (read.__name__, len(given), spent)
