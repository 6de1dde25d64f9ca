"""Compares what was known of a case's entries with what the court shows now (decisions.md 10).

Pure: entries and digests in, changes out. The digests hold no text, so that a court's correction,
which may be a redaction, leaves nothing behind (reliability.md 2.6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from hashlib import blake2b

from mailbot.model import FIELD_CLASSES, Entry, EntryChange, EntryState

DIGEST_BYTES = 8
# Raise it with every change of the canonical form below: the ledger then begins anew, silently.
CANONICAL_FORM = "1"
ORDER = {"added": 0, "updated": 1, "returned": 2, "removed": 3}


def state_of(entry: Entry, version: str = "") -> EntryState:
    """What the ledger keeps of an entry.

    Args:
        entry: as the court shows it; its text may be hostile.
        version: the mapping's version, if the digests are to be of no use under another one.
    """
    values = (
        _canonical(entry.description),
        _canonical(entry.text),
        _minute(entry.filed_at),
        _canonical(entry.filed_by),
        b"%d" % entry.documents,
    )
    hashes = _PLAIN if not version else _hashes(version)
    digests = tuple(map(_digest, hashes, values))
    return EntryState(entry.access, digests, entry.filed_at)


def compare(
    old: Mapping[str, EntryState],
    new: Mapping[str, EntryState],
    sees: Callable[[int], bool],
    buried: Collection[str] = (),
) -> list[EntryChange]:
    """What a viewer who `sees` these access levels learns: additions, updates, then removals.

    Hidden before and visible now is an addition; visible before and hidden now is silence (a word
    would tell that something was sealed); an access level or a touched time alone is nothing.
    An entry that `old` knows and `new` lacks is "removed": whether once is enough is the caller's.
    One of the `buried`, whose removal was taken down, is "returned" when it is there again.
    States of two mapping versions must not be compared: begin the ledger anew instead.
    """
    changes = []
    for key, now in new.items():
        before = old.get(key)
        if not sees(now.access):
            continue
        if before is None or not sees(before.access):
            changes.append(EntryChange(key, "added", ()))
        elif key in buried:
            changes.append(EntryChange(key, "returned", ()))
        elif before.digests != now.digests:
            changes.append(EntryChange(key, "updated", differing(before.digests, now.digests)))
    changes += [
        EntryChange(key, "removed", ())
        for key, before in old.items()
        if key not in new and key not in buried and sees(before.access)
    ]
    return sorted(changes, key=lambda change: (ORDER[change.kind], change.entry_key))


def renamed(old: Mapping[str, EntryState], new: Mapping[str, EntryState]) -> dict[str, str]:
    """Old key -> new key of entries that are the same under another id.

    A court that loads its tables anew gives new ids to what was there; nobody can tell the two
    apart by reading, so it is no change (reliability.md 2.8, T-GUARD).
    """
    appeared: defaultdict[tuple[int, tuple[bytes, ...]], list[str]] = defaultdict(list)
    for key in sorted(new.keys() - old.keys(), reverse=True):
        appeared[new[key].access, new[key].digests].append(key)
    pairs = {}
    for key in sorted(old.keys() - new.keys()):
        same = appeared.get((old[key].access, old[key].digests))
        if same:
            pairs[key] = same.pop()
    return pairs


def differing(before: tuple[bytes, ...], now: tuple[bytes, ...]) -> tuple[str, ...]:
    """The names of the field classes whose digests differ."""
    pairs = zip(FIELD_CLASSES, before, now, strict=False)
    return tuple(name for name, was, is_now in pairs if was != is_now)


def _hashes(version: str) -> tuple[blake2b, ...]:
    """One for each field class: the same words as text and as description differ."""
    key = version.encode()[: blake2b.MAX_KEY_SIZE]
    return tuple(
        blake2b(digest_size=DIGEST_BYTES, key=key, person=name.encode()) for name in FIELD_CLASSES
    )


_PLAIN = _hashes("")


def _digest(begun: blake2b, value: bytes) -> bytes:
    """A copy of a hash that is begun costs half as much as a new one."""
    hashed = begun.copy()
    hashed.update(value)
    return hashed.digest()


def _canonical(text: str) -> bytes:
    """The text with LF line ends and without white space around it; otherwise exact.

    Not NFC: normalising 80,000 stacked accents takes 6.6 s, four times that for twice as many,
    and whoever files a document could stop the sweep with one.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip().encode("utf-8", "surrogatepass")


def _minute(moment: datetime | None) -> bytes:
    """UTC to the minute, which is what a notice shows (S76): less is no visible change (G2)."""
    if moment is None:
        return b""
    return b"%d" % int(moment.timestamp() // 60)
