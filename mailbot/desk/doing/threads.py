"""Carries out mails that bring their own authority: a capability, or an answer to our mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from mailbot.desk.doing import commands, questions, recovering, stopping
from mailbot.desk.doing.explaining import complain
from mailbot.desk.doing.lookups import Found
from mailbot.desk.doing.replies import reply
from mailbot.desk.parts import Turn
from mailbot.desk.reading.letter import Letter
from mailbot.desk.reading.routing import Routed
from mailbot.model import Command, Verb, address_key, case_key
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
        stopping.stop(turn, _alive(turn, row.address_id), [row], "one")
        return "stopped"
    if routed.kind == "stop-all" and (owner := addresses.by_stop_all_hash(turn.conn, key)):
        _alive(turn, owner.id)
        stopping.stop(turn, owner, stopping.everything(turn, owner), "all")
        return "stopped all"
    if routed.kind == "undo" and (stopped := stops.by_undo_hash(turn.conn, key)):
        _alive(turn, stopped.address_id)
        stopping.say_restored(turn, stopped, stopping.undo(turn, stopped))
        return "undone"
    return "unknown"


def _alive(turn: Turn, address_id: int) -> AddressRow:
    """The address, of which a mail of ours has come back answered (G32)."""
    recovering.alive(turn, address_id)
    return addresses.by_id(turn.conn, address_id)


def answer_request(turn: Turn, letter: Letter, found: Sequence[Found]) -> str:
    """An answer to a mail that asked something (mail-interface.md 5.3 F, G).

    What it says beside the answer is carried out, too: what its handle and its own From vouch for
    at once, the rest as from a mail of its own.
    """
    request = requests.by_handle(turn.conn, digest(letter.routed.handle))
    if request is None:
        return complain(turn, letter.writer, "forged")
    own = commands.is_owner(turn, letter, request)
    if own:
        _alive(turn, request.address_id)
    answers, others = _sorted(turn, letter, request)
    done = _settle(turn, letter, request, own, answers)
    if own:
        done = _stop_others(turn, request, others) or done
        others = [each for each in others if each.verb is not Verb.STOP]
    if done:
        others = [each for each in others if each.verb is not Verb.CASE]  # it named the case
    if others:
        return commands.run(turn, letter, others, found)
    return done or _ask_again(turn, request, own)


def _sorted(turn: Turn, letter: Letter, request: RequestRow) -> tuple[list[Command], list[Command]]:
    """The commands that may answer the request, and the others."""
    answers: list[Command] = []
    others: list[Command] = []
    for each in letter.reading.commands:
        is_answer = each.verb in (Verb.CONFIRM, Verb.NO) or _means(turn, request, each)
        (answers if is_answer else others).append(each)
    return answers, others


def _means(turn: Turn, request: RequestRow, command: Command) -> bool:
    """Whether a STOP means what the request is about, all of it and nothing else."""
    if command.verb is not Verb.STOP or not command.args:
        return command.verb is Verb.STOP
    if request.kind == "stop_all" or "ALL" in command.args:
        return request.kind == "stop_all" and "ALL" in command.args
    asked = subscriptions.by_ids(turn.conn, requests.cases(turn.conn, request.id))
    return {case_key(number) for number in command.args} == {row.case_key for row in asked}


def _settle(
    turn: Turn, letter: Letter, request: RequestRow, own: bool, answers: Sequence[Command]
) -> str:
    """Take a yes, a no or a stop; "" if there is none that counts."""
    verbs = {each.verb for each in answers}
    spelt = _spelt_out(turn, letter, request)
    empty = letter.says_nothing and not letter.reading.commands
    yes = Verb.CONFIRM in verbs or (Verb.STOP in verbs and request.kind != "track")
    if Verb.NO in verbs and (own or spelt):
        return commands.settle(turn, request, Verb.NO)
    if spelt or (own and (yes or empty)):
        return commands.settle(turn, request, Verb.CONFIRM)
    if Verb.STOP in verbs and own:
        rows = subscriptions.by_ids(turn.conn, requests.cases(turn.conn, request.id))
        stopping.stop(turn, addresses.by_id(turn.conn, request.address_id), rows, "one")
        return "stopped"
    return ""


def _stop_others(turn: Turn, request: RequestRow, others: Sequence[Command]) -> str:
    """STOP that names something else than the request asked: it is done at once."""
    owner = addresses.by_id(turn.conn, request.address_id)
    stops_meant = [each for each in others if each.verb is Verb.STOP]
    for each in stops_meant:
        questions.stop_named(turn, owner, each.args)
    return "stopped" if stops_meant else ""


def _ask_again(turn: Turn, request: RequestRow, own: bool) -> str:
    problem = "ambiguous-answer" if own else "foreign"
    owner = addresses.by_id(turn.conn, request.address_id)
    facts = {"problem": problem, "fresh": False}
    reply(turn, "link-problem", owner, facts, budget="help", request_id=request.id)
    return problem


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
    if owner.key == address_key(letter.writer):
        _alive(turn, owner.id)
    others = []
    for each in letter.reading.commands:
        if each.verb is Verb.STOP:
            _stop(turn, owner, row, each)
        elif each.verb is Verb.UNDO:
            _undo(turn, letter, row, each)
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
    about = row.facts.get("subscriptions", []) if row.facts else []
    if row.subscription_id is not None:
        about = [row.subscription_id]
    if not command.args and len(about) == 1:
        stopping.stop(turn, owner, subscriptions.by_ids(turn.conn, about), "one")
    else:
        questions.stop_named(turn, owner, command.args)


def _undo(turn: Turn, letter: Letter, row: Row[Any], command: Command) -> None:
    if command.args:
        commands.undo_by_token(turn, letter.writer, command.args)
        return
    stop_id = (row.facts or {}).get("stop")
    if stop_id is None:
        commands.offer_undo(turn, letter.writer)
        return
    stopped = stops.by_id(turn.conn, stop_id)
    stopping.say_restored(turn, stopped, stopping.undo(turn, stopped))
