"""Carries out mails that bring their own authority: a capability, or an answer to our mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from mailbot.desk.doing import commands, questions, stopping
from mailbot.desk.doing.explaining import complain
from mailbot.desk.doing.lookups import Found
from mailbot.desk.doing.replies import reply
from mailbot.desk.parts import Turn
from mailbot.desk.reading.letter import Letter
from mailbot.desk.reading.routing import Routed
from mailbot.model import Command, Verb
from mailbot.store import addresses, outbox, requests, stops, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.tokens import canonical_code, digest


def use_capability(turn: Turn, routed: Routed) -> str:
    """Stop one, stop all or undo: whoever holds the address may; subject and body do not matter.

    A stop handle stops what is active now, however often it was used (decisions.md 17).
    """
    key = digest(routed.handle)
    if routed.kind == "stop" and (row := subscriptions.by_stop_hash(turn.conn, key)):
        stopping.stop(turn, addresses.by_id(turn.conn, row.address_id), [row], "one")
        return "stopped"
    if routed.kind == "stop-all" and (owner := addresses.by_stop_all_hash(turn.conn, key)):
        stopping.stop(turn, owner, stopping.everything(turn, owner), "all")
        return "stopped all"
    if routed.kind == "undo" and (stopped := stops.by_undo_hash(turn.conn, key)):
        stopping.say_restored(turn, stopped, stopping.undo(turn, stopped))
        return "undone"
    return "unknown"


def answer_request(turn: Turn, letter: Letter, found: Sequence[Found]) -> str:
    """An answer to a mail that asked something (mail-interface.md 5.3 F, G)."""
    request = requests.by_handle(turn.conn, digest(letter.routed.handle))
    if request is None:
        return complain(turn, letter.writer, "forged")
    own = commands.is_owner(turn, letter, request)
    verbs = {each.verb for each in letter.reading.commands}
    empty = letter.says_nothing and not verbs
    yes = Verb.CONFIRM in verbs or (Verb.STOP in verbs and request.kind != "track")
    if Verb.NO in verbs and (own or _spelt_out(turn, letter, request)):
        return commands.settle(turn, request, Verb.NO)
    if _spelt_out(turn, letter, request) or (own and (yes or empty)):
        done = commands.settle(turn, request, Verb.CONFIRM)
        rest = [each for each in letter.reading.commands if each.verb not in _ANSWERS]
        return commands.run(turn, letter, rest, found) if rest else done
    if Verb.STOP in verbs and own:
        rows = subscriptions.by_ids(turn.conn, requests.cases(turn.conn, request.id))
        stopping.stop(turn, addresses.by_id(turn.conn, request.address_id), rows, "one")
        return "stopped"
    others = [each for each in letter.reading.commands if each.verb not in _ANSWERS]
    if others:
        return commands.run(turn, letter, others, found)
    problem = "ambiguous-answer" if own else "foreign"
    owner = addresses.by_id(turn.conn, request.address_id)
    facts = {"problem": problem, "fresh": False}
    reply(turn, "link-problem", owner, facts, budget="help", request_id=request.id)
    return problem


_ANSWERS = {Verb.CONFIRM, Verb.NO, Verb.STOP}


def _spelt_out(turn: Turn, letter: Letter, request: RequestRow) -> bool:
    """Whether the person wrote this request's token or code: then the From does not matter."""
    for each in letter.reading.commands:
        if each.verb not in (Verb.CONFIRM, Verb.NO):
            continue
        for text in each.args:
            code = canonical_code(text)
            if code and digest(code) == request.code_hash:
                return True
            named = commands.request_of(turn, text, letter.writer, each.verb)
            if named is not None and named.id == request.id:
                return True
    return False


def answer_mail(turn: Turn, letter: Letter, found: Sequence[Found]) -> str:
    """An answer to a notice, receipt or report: its handle vouches for STOP, UNDO and REPORT."""
    row = outbox.by_handle(turn.conn, digest(letter.routed.handle))
    if row is None:
        return commands.run(turn, letter, letter.reading.commands, found)
    owner = addresses.by_id(turn.conn, row.address_id)
    others = []
    for each in letter.reading.commands:
        if each.verb is Verb.STOP:
            _stop(turn, owner, row, each)
        elif each.verb is Verb.UNDO:
            _undo(turn, letter, row)
        elif each.verb is Verb.REPORT:
            stopping.report(turn, owner)
        else:
            others.append(each)
    if len(others) < len(letter.reading.commands):
        others = [each for each in others if each.verb is not Verb.CASE]
    if others or not letter.reading.commands:
        return commands.run(turn, letter, others, found)
    return "done"


def _stop(turn: Turn, owner: AddressRow, row: Row[Any], command: Command) -> None:
    """Bare STOP means the case of the mail; STOP with numbers or ALL means what it says."""
    live = subscriptions.of_address(turn.conn, owner.id, stopping.LIVE)
    about = row.facts.get("subscriptions", []) if row.facts else []
    if row.subscription_id is not None:
        about = [row.subscription_id]
    if not command.args and len(about) == 1:
        stopping.stop(turn, owner, subscriptions.by_ids(turn.conn, about), "one")
        return
    rows, everything = questions.chosen(live, command.args)
    if rows and (command.args or len(rows) == 1):
        stopping.stop(turn, owner, rows, "all" if everything else "one")
    elif rows:
        reply(turn, "stop-which", owner, {})
    else:
        stopping.report(turn, owner)


def _undo(turn: Turn, letter: Letter, row: Row[Any]) -> None:
    stop_id = (row.facts or {}).get("stop")
    if stop_id is None:
        commands.offer_undo(turn, letter.writer)
        return
    stopped = stops.by_id(turn.conn, stop_id)
    stopping.say_restored(turn, stopped, stopping.undo(turn, stopped))
