"""Reads a DMARC record and finds the one that counts for a domain (RFC 9989 4.7, 4.10).

The tree walk goes up the names and needs no list of public suffixes.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.doctor.names.resolver import Look
from mailbot.doctor.names.tags import Malformed, read_tags

VERSION = "v=DMARC1"
GONE = ("pct", "rf", "ri")  # of RFC 7489; receivers ignore them now
_KNOWN = {"v", "p", "sp", "np", "adkim", "aspf", "fo", "psd", "rua", "ruf", "t", *GONE}
_POLICIES = ("none", "quarantine", "reject")
_VALUES = {
    "p": _POLICIES,
    "sp": _POLICIES,
    "np": _POLICIES,
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
}
_MOST_LABELS = 8  # RFC 9989 4.10: a longer name goes on with its last seven


@dataclass(frozen=True)
class Dmarc:
    """A record. With `broken` no receiver heeds it."""

    tags: dict[str, str]
    broken: str = ""  # the end of a sentence
    odd: tuple[str, ...] = ()  # tags with a value that nobody knows, and is ignored
    unknown: tuple[str, ...] = ()

    @property
    def policy(self) -> str:
        """What receivers do with mail of the domain itself that fails: as t=y softens it."""
        return self._softened(self._of("p"))

    @property
    def policy_below(self) -> str:
        """The same for domains below it."""
        return self._softened(self._of("sp", "p"))

    @property
    def testing(self) -> bool:
        """Whether receivers take the next softer policy (t=y)."""
        return self.tags.get("t", "n").lower() == "y"

    @property
    def strict_dkim(self) -> bool:
        """Whether d= must be the From's domain itself."""
        return self.tags.get("adkim", "r").lower() == "s"

    @property
    def strict_spf(self) -> bool:
        """Whether the envelope's domain must be the From's itself."""
        return self.tags.get("aspf", "r").lower() == "s"

    @property
    def psd(self) -> str:
        """Whether the domain is a public suffix: "y", "n", or "u" for unknown."""
        return self.tags.get("psd", "u").lower()

    @property
    def gone(self) -> tuple[str, ...]:
        """Its tags that RFC 9989 has taken out."""
        return tuple(tag for tag in GONE if tag in self.tags)

    @property
    def report_addresses(self) -> tuple[str, ...]:
        """Where the daily reports go."""
        urls = [url.strip() for url in self.tags.get("rua", "").split(",")]
        found = (url[7:].partition("!")[0] for url in urls if url.lower().startswith("mailto:"))
        return tuple(one for one in found if "@" in one)

    def _of(self, *names: str) -> str:
        for name in names:
            if (value := self.tags.get(name, "").lower()) in _POLICIES:
                return value
        return "none"

    def _softened(self, policy: str) -> str:
        return _POLICIES[max(0, _POLICIES.index(policy) - self.testing)]


def read_dmarc(text: str) -> Dmarc:
    """A TXT record that begins with v=DMARC1."""
    try:
        tags = read_tags(text)
    except Malformed as error:
        return Dmarc({}, broken=str(error))
    if next(iter(tags), "") != "v" or tags["v"] != "DMARC1":
        return Dmarc(tags, broken=f"does not begin with {VERSION}")
    odd = tuple(
        f"{tag}={tags[tag]}"
        for tag, values in _VALUES.items()
        if tag in tags and tags[tag].lower() not in values
    )
    unknown = tuple(tag for tag in tags if tag not in _KNOWN)
    if tags.get("p", "").lower() not in _POLICIES and not tags.get("rua"):
        return Dmarc(tags, "has no policy (p=) and no address for reports (rua=)", odd, unknown)
    return Dmarc(tags, "", odd, unknown)


@dataclass(frozen=True)
class Found:
    """What the tree walk found for a domain."""

    record: Dmarc | None = None  # that counts
    domain: str = ""  # where it stands
    organization: str = ""  # the Organizational Domain (RFC 9989 4.10.2)
    several: tuple[str, ...] = ()  # domains with more than one record, which all do not count
    why: str = ""  # it is not known: the end of a sentence


def steps(domain: str) -> list[str]:
    """The domains that the walk asks, from a name up to its last label."""
    labels = domain.lower().rstrip(".").split(".")
    if len(labels) < _MOST_LABELS:
        return [".".join(labels[at:]) for at in range(len(labels))]
    return [domain.lower().rstrip(".")] + [
        ".".join(labels[-count:]) for count in range(_MOST_LABELS - 1, 0, -1)
    ]


def find(look: Look, domain: str) -> Found:
    """Walk up from a domain."""
    domain = domain.lower().rstrip(".")
    seen: dict[str, Dmarc] = {}
    several: list[str] = []
    for name in steps(domain):
        answer = look(f"_dmarc.{name}", "TXT")
        if answer.failed:
            return Found(why=answer.why)
        records = [one for one in answer.values if _is_dmarc(one)]
        if len(records) > 1:
            several.append(name)
        if len(records) == 1:
            seen[name] = read_dmarc(records[0])
            if seen[name].psd in ("y", "n"):
                break
    organization = _organization(domain, seen)
    counts = next((name for name in (domain, organization) if name in seen), "")
    if not counts:  # of a public suffix itself, for domains that have none
        counts = next((name for name in reversed(seen) if seen[name].psd == "y"), "")
    return Found(seen.get(counts), counts, organization, tuple(several))


def _organization(domain: str, seen: dict[str, Dmarc]) -> str:
    for name, record in seen.items():  # from the longest name on
        if record.psd == "n":
            return name
        if record.psd == "y" and name != domain:
            below = len(name.split(".")) + 1
            return ".".join(domain.split(".")[-below:])
    return min(seen, key=lambda name: name.count("."), default=domain)


def is_aligned(look: Look, one: str, author: str, strict: bool) -> bool:
    """Whether a domain is the author's, or relaxed of the same organization (RFC 9989 4.4)."""
    one, author = one.lower().rstrip("."), author.lower().rstrip(".")
    if one == author or strict:
        return one == author
    return find(look, one).organization == find(look, author).organization


def _is_dmarc(text: str) -> bool:
    begin = "".join(text.partition(";")[0].split())
    return begin == VERSION
