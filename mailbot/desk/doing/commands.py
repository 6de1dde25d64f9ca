"""Carries out the commands of a mail that nothing but its From vouches for (proof P0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from mailbot.desk.doing import confirming, questions, stopping, tracking
from mailbot.desk.doing.confirming import Answered
from mailbot.desk.doing.explaining import complain, explain, is_bare_number, unbuilt, unread
from mailbot.desk.doing.lookups import Found
from mailbot.desk.doing.replies import address_of, reply
from mailbot.desk.parts import Turn
from mailbot.desk.reading.letter import Letter
from mailbot.errors import TokenError
from mailbot.model import Command, Proof, Reading, Verb, address_key
from mailbot.store import addresses, arrivals, requests, stops, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.tokens import Purpose, canonical_code, digest, find_tokens

FIXED = {  # purposes of one command
    "track": Verb.TRACK,
    "stop": Verb.STOP,
    "report": Verb.REPORT,
    "help": Verb.HELP,
}
QUOTED_CHARACTERS = 20_000  # of a quotation that are searched for our token
QUOTED_TOKENS = 5
WRONG_CODES_AN_HOUR = 5  # mail-interface.md 5.3 H
WRONG_CODES_A_REQUEST = 20


def numbers_to_look_up(reading: Reading, purpose: str) -> list[str]:
    """The case numbers that the mail asks to track."""
    verbs = {Verb.TRACK, Verb.CASE} if purpose == "track" else {Verb.TRACK}
    if reading.read_only or purpose not in ("commands", "bounces", "track"):
        return []
    return [number for each in reading.commands if each.verb in verbs for number in each.args]


def run(turn: Turn, letter: Letter, commands: Sequence[Command], found: Sequence[Found]) -> str:
    """Carry out commands. Returns one word for the log."""
    todo = _meant(letter, commands)
    if letter.reading.read_only:
        turn = replace(turn, proof=Proof())  # who forwards a mail to a stop address is asked
    to = addresses.by_spelling(turn.conn, letter.writer)
    if to is None or not addresses.refuses(turn.conn, to.id, turn.court_id):
        return _carry_out(turn, letter, todo, found)
    proved = to.proved_at is not None or subscriptions.count_active(turn.conn, to.id) > 0
    heard = [each for each in todo if _is_heard(each, proved)]
    if heard or (proved and not todo):
        return _carry_out(turn, letter, heard, ())
    return "refused by its address"


def _is_heard(command: Command, proved: bool) -> bool:
    """What an address that refused the court may still say (decisions.md 4 and 27).

    Nothing more begins without its undo; what it has proved stays in its hands.
    """
    if command.verb in (Verb.CONFIRM, Verb.NO):
        return proved or bool(command.args)
    return command.verb in (Verb.UNDO, Verb.HELP) or (proved and command.verb is not Verb.TRACK)


def _carry_out(turn: Turn, letter: Letter, todo: Sequence[Command], found: Sequence[Found]) -> str:
    if not todo:
        return _nothing_to_do(turn, letter)
    if found:
        tracking.track(turn, letter.writer, found)
    for each in todo:
        _one(turn, letter, each)
    bare = any(is_bare_number(each) for each in todo)
    if bare or letter.reading.suggestion or unread(letter.reading) or unbuilt(todo):
        explain(turn, letter)
    return "done"


def _meant(letter: Letter, commands: Sequence[Command]) -> list[Command]:
    """An address for one command hears no other and needs no words; a forwarded mail looks up."""
    fixed = FIXED.get(letter.routed.route.purpose)
    meant = list(commands)
    if letter.reading.read_only:
        meant = [each for each in meant if each.verb in (Verb.HELP, Verb.CASE)]
    if fixed is Verb.TRACK and not letter.reading.read_only:
        meant = [_as_track(each) for each in meant]
    elif fixed is not None and fixed is not Verb.TRACK:
        meant = [each for each in meant if each.verb is fixed] or [_fixed(fixed, meant)]
    if any(not is_bare_number(each) for each in meant):
        meant = [each for each in meant if not is_bare_number(each)]  # it only named the case
    return meant


def _fixed(verb: Verb, commands: Sequence[Command]) -> Command:
    """The one command of an address, with the numbers that were written to it."""
    numbers = [number for each in commands if each.verb is Verb.CASE for number in each.args]
    return Command(verb, tuple(numbers) if verb is Verb.STOP else ())


def _as_track(command: Command) -> Command:
    return Command(Verb.TRACK, command.args, command.line) if command.verb is Verb.CASE else command


def _one(turn: Turn, letter: Letter, command: Command) -> None:
    writer = letter.writer
    match command.verb:
        case Verb.CONFIRM | Verb.NO:
            _answer_by_token(turn, letter, command)
        case Verb.REPORT:
            stopping.report(turn, address_of(turn, writer))
        case Verb.STOP:
            questions.ask_to_stop(turn, address_of(turn, writer), command.args)
        case Verb.UNDO if command.args:
            undo_by_token(turn, writer, command.args)
        case Verb.UNDO:
            offer_undo(turn, writer)
        case Verb.HELP:
            reply(turn, "help", address_of(turn, writer), {}, budget="help")


def _nothing_to_do(turn: Turn, letter: Letter) -> str:
    """An empty answer may confirm; anything else gets one helpful answer."""
    if letter.says_nothing and (named := _quoted_request(turn, letter)):
        return settle(turn, named, Verb.CONFIRM)
    explain(turn, letter)
    return "not understood"


def _answer_by_token(turn: Turn, letter: Letter, command: Command) -> None:
    """CONFIRM or NO with a token works from any address; with a code, or bare, from its own."""
    for text in command.args:
        request = request_of(turn, text, letter.writer, command.verb)
        if request is not None:
            settle(turn, request, command.verb)
            return
    if command.args:
        complain(turn, letter.writer, "forged")
    elif (named := _quoted_request(turn, letter)) is not None:
        settle(turn, named, command.verb)
    else:
        _ask_which(turn, letter.writer)


def _ask_which(turn: Turn, writer: str) -> None:
    """A yes or no that names nothing: show the one question that is open, to its own address."""
    to = address_of(turn, writer)
    waiting = requests.waiting_of(turn.conn, to.id, turn.court_id, turn.now)
    request_id = waiting[0].id if len(waiting) == 1 else None
    facts = {"problem": "which", "fresh": False}
    reply(turn, "link-problem", to, facts, budget="help", request_id=request_id)


def undo_by_token(turn: Turn, writer: str, args: Sequence[str]) -> None:
    """UNDO with its token undoes at once, from any address (5.3 F)."""
    for token in find_tokens(" ".join(args))[:QUOTED_TOKENS]:
        try:
            stopped = stops.by_id(
                turn.conn, turn.parts.signer.read(Purpose.UNDO, token, turn.now).row
            )
        except (TokenError, LookupError):
            continue
        stopping.say_restored(turn, stopped, stopping.undo(turn, stopped))
        return
    complain(turn, writer, "forged")


def offer_undo(turn: Turn, writer: str) -> None:
    """UNDO that names no stop: mail the receipt of the last one again, to its own address."""
    to = address_of(turn, writer)
    since = turn.now - timedelta(days=turn.parts.settings.limits.undo_days)
    stopped = stops.newest(turn.conn, to.id, since)
    if stopped is not None and not subscriptions.of_stop(turn.conn, stopped.id):
        stopped = None  # all of it is tracked again
    refused = stops.refused(turn.conn, to.id, turn.court_id)
    if refused is not None and (stopped is None or stopped.stopped_at < refused.stopped_at):
        reply(turn, "declined", to, {"stop": refused.id}, budget="help")
        return
    if stopped is None:
        complain(turn, writer, "nothing-to-undo")
        return
    ids = [row.id for row in subscriptions.of_stop(turn.conn, stopped.id)]
    facts = {"scope": stopped.scope, "subscriptions": ids, "stop": stopped.id, "asked_undo": True}
    reply(turn, "stopped", to, facts)


def request_of(turn: Turn, text: str, writer: str, verb: Verb) -> RequestRow | None:
    """The request that a token, or a code typed by its own address, names.

    A token says yes only if it was made to say yes (trap 38); either says no.
    """
    good = (Purpose.CONFIRM, Purpose.DECLINE) if verb is Verb.NO else (Purpose.CONFIRM,)
    for token in find_tokens(text)[:QUOTED_TOKENS]:
        for purpose in good:
            try:
                opened = turn.parts.signer.read(purpose, token, turn.now)
                return requests.by_id(turn.conn, opened.row)
            except (TokenError, LookupError):
                continue
    code = canonical_code(text)
    owner = addresses.by_spelling(turn.conn, writer)
    if not code or owner is None or _too_many_wrong(turn, owner):
        return None
    request = requests.by_code(turn.conn, owner.id, digest(code))
    if request is None:
        arrivals.note(turn.conn, "wrong-code", owner.key, turn.now)
    return request


def _too_many_wrong(turn: Turn, owner: AddressRow) -> bool:
    since = turn.now - timedelta(hours=1)
    return arrivals.count(turn.conn, "wrong-code", owner.key, since) >= WRONG_CODES_AN_HOUR


def _quoted_request(turn: Turn, letter: Letter) -> RequestRow | None:
    """The request that the quoted mail names; good only from the address it was sent to."""
    quoted = letter.inbound.quoted_text[:QUOTED_CHARACTERS]
    for token in find_tokens(quoted)[:QUOTED_TOKENS]:
        request = request_of(turn, token, letter.writer, Verb.CONFIRM)
        if request is not None and is_owner(turn, letter, request):
            return request
    return None


def is_owner(turn: Turn, letter: Letter, request: RequestRow) -> bool:
    """Whether the From is the address to which the request was mailed."""
    return addresses.by_id(turn.conn, request.address_id).key == address_key(letter.writer)


def settle(turn: Turn, request: RequestRow, verb: Verb) -> str:
    """Say yes or no to a request, and answer its owner, whichever court was written to."""
    if request.court in turn.parts.settings.court:
        turn = turn.at(request.court)
    owner = addresses.by_id(turn.conn, request.address_id)
    if verb is Verb.NO:
        done = confirming.decline(turn, request)
        refused = stops.of_request(turn.conn, request.id)
        if done is not Answered.AGAIN and refused is not None:
            reply(turn, "declined", owner, {"stop": refused.id})
        return f"declined: {done}"
    done = confirming.confirm(turn, request)
    if done not in (Answered.DONE, Answered.AGAIN):
        _say_why_not(turn, owner, request, done)
    return f"confirmed: {done}"


def _say_why_not(turn: Turn, owner: AddressRow, request: RequestRow, done: Answered) -> None:
    """Answer a yes that came to nothing."""
    ids = requests.cases(turn.conn, request.id)
    asked = any(requests.waiting_for(turn.conn, each, request.kind, turn.now) for each in ids)
    fresh = done is Answered.ASKED_AGAIN or (done is Answered.EXPIRED and asked)
    refused = None
    if done is Answered.DECLINED and request.kind == "track":
        refused = stops.refused(turn.conn, owner.id, request.court)
    facts = {
        "problem": "expired" if fresh else done.value,
        "fresh": fresh,
        "stop": refused.id if refused else None,
    }
    reply(turn, "link-problem", owner, facts, budget="help")
