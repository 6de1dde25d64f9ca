"""The word of a form answers one question about one link, for a day."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailbot.tokens import Key, Purpose, Signer
from mailbot.web import nonce
from tests.web.small_site import NOW

OLD, NEW = Key("old", bytes(range(32))), Key("new", bytes(range(1, 33)))
SIGNER = Signer([OLD])
VERBS = st.sampled_from(["confirm", "decline", "stop", "stop-all", "undo"])


@given(VERBS, st.text(max_size=70), VERBS, st.text(max_size=70))
def test_a_word_is_good_for_its_own_question_only(
    verb: str, token: str, other_verb: str, other_token: str
) -> None:
    word = nonce.issue(SIGNER, verb, token, NOW)
    same = (verb, token) == (other_verb, other_token)
    assert nonce.good(SIGNER, word, other_verb, other_token, NOW) is same


@given(st.text(max_size=120))
def test_nothing_made_up_is_good(word: str) -> None:
    assert not nonce.good(SIGNER, word, "stop", "token", NOW)


def test_a_word_lives_a_day_to_the_second() -> None:
    word = nonce.issue(SIGNER, "stop", "token", NOW)
    assert nonce.good(SIGNER, word, "stop", "token", NOW + timedelta(days=1, seconds=-1))
    assert not nonce.good(SIGNER, word, "stop", "token", NOW + timedelta(days=1))


def test_a_word_from_the_future_is_refused() -> None:
    word = nonce.issue(SIGNER, "stop", "token", NOW + timedelta(minutes=3))
    assert not nonce.good(SIGNER, word, "stop", "token", NOW)


def test_a_link_s_own_token_is_no_word() -> None:
    token = SIGNER.sign(Purpose.STOP, 7, NOW)
    assert not nonce.good(SIGNER, token, "stop", token, NOW)


def test_a_page_opened_before_a_key_came_is_still_answered() -> None:
    word = nonce.issue(SIGNER, "stop", "token", NOW)
    assert nonce.good(Signer([OLD, NEW]), word, "stop", "token", NOW)
    assert not nonce.good(Signer([NEW]), word, "stop", "token", NOW)
