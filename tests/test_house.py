"""The house holds: rooms, borders, purity, sizes, names, supply (house.md sections 2, 3, 5)."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "mailbot"
FILES = sorted(path for path in HOUSE.rglob("*.py") if "migrations" not in path.parts)
WORDS = {
    "colours",
    "config",
    "errors",
    "maillog",
    "model",
    "plain",
    "report",
    "settings",
    "tokens",
    "voice",
    "wording",
}
# What each room may import of the house; a room may always import itself and the words.
MAY_IMPORT = {
    "court": set(),
    "store": set(),
    "desk": {"court", "store"},
    "inbound": {"desk"},
    "web": {"desk"},
    "outbound": {"store"},
    "doctor": {"court", "store", "desk", "inbound", "outbound"},
}
BUILDERS = {
    "__main__",
    "checkup",
    "cli",
    "demo",
    "doors",
    "explain",
    "fetching",
    "pens",
    "preview",
    "receiving",
    "running",
    "serving",
    "terminal",
    "upkeep",
    "wayfinding",
}
# One importer a library at the border (invariant 9); the demo is a world of its own.
ONE_IMPORTER = {
    "aiosmtpd": {"inbound"},
    "aiosmtplib": {"outbound"},
    "alembic": {"store"},
    "dns": {"doctor"},
    "imapclient": {"inbound"},
    "itsdangerous": {"tokens"},
    "jinja2": {"wording"},
    "lxml": {"inbound"},
    "pydantic": {"config", "settings"},
    "sqlalchemy": {"court", "store", "desk", "settings"},
    "starlette": {"web", "running"},
    "uvicorn": {"web"},
}
PURE = (
    "model",
    "tokens",
    "plain",
    "desk/reading/grammar",
    "desk/reading/guard",
    "desk/reading/numbers",
    "court/changes",
    "inbound/reading/authentication",
    "inbound/reading/message",
    "inbound/reading/reports/reader",
    "inbound/reading/results",
    "outbound/compose",
    "outbound/schedule",
)
IMPURE = {"asyncio", "logging", "os", "pathlib", "random", "secrets", "socket", "sqlite3", "time"}
FORBIDDEN_NAMES = [
    "utils",
    "helpers",
    "common",
    "base",
    "manager",
    "handler",
    "service",
    "processor",
    "misc",
]
LARGE = {"store/schema.py": 400, "config.py": 400}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE).with_suffix(""))


def room(path: Path) -> str:
    return name_of(path).split("/", maxsplit=1)[0]


def imported(path: Path) -> Iterator[str]:
    """Dotted names of all that a file imports, wherever in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_rooms_import_only_what_they_may(path: Path) -> None:
    here = room(path)
    if here in BUILDERS:
        return
    allowed = MAY_IMPORT.get(here, set()) | {here} | WORDS
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("mailbot.")}
    assert rooms <= allowed, f"{here} must not know {rooms - allowed}"


@pytest.mark.parametrize("library", ONE_IMPORTER)
def test_one_room_imports_each_library(library: str) -> None:
    importers = {
        room(path)
        for path in FILES
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert importers - {"demo"} <= ONE_IMPORTER[library]


def test_one_file_knows_the_imap_library() -> None:
    importers = {
        name_of(path)
        for path in FILES
        if any(name.split(".")[0] == "imapclient" for name in imported(path))
    }
    assert importers == {"inbound/imap/fetcher"}


def test_the_demo_is_never_reachable_from_serve() -> None:
    """decisions.md 33: only the command `demo` loads it."""
    for path in FILES:
        if room(path) != "demo" and name_of(path) != "cli":
            assert not any(name.startswith("mailbot.demo") for name in imported(path)), path
    importing = [
        node
        for node in ast.walk(tree(HOUSE / "cli.py"))
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("mailbot.demo")
            for inner in ast.walk(node)
        )
    ]
    assert [node.name for node in importing] == ["demo"]


@pytest.mark.parametrize("module", PURE)
def test_reading_is_pure(module: str) -> None:
    path = HOUSE / f"{module}.py"
    assert {name.split(".")[0] for name in imported(path)} & IMPURE == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_time_and_chance_are_passed_in(path: Path) -> None:
    """Only those who build the house read clock and chance (invariant 14)."""
    if room(path) in BUILDERS:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = f"{node.value.id}.{node.attr}"
            assert called not in {
                "datetime.now",
                "datetime.utcnow",
                "date.today",
                "time.time",
                "secrets.token_bytes",
                "random.random",
                "uuid.uuid4",
            }, f"{path}:{node.lineno} reads {called}"


def test_the_court_is_read_only() -> None:
    """Invariant 7: nothing that writes is even imported (decisions.md 6 is not built yet)."""
    writers = {"insert", "update", "delete"}
    for path in (HOUSE / "court").glob("*.py"):
        names = {name.rsplit(".", maxsplit=1)[-1] for name in imported(path)}
        assert not names & writers, path
        assert not re.search(r"\b(INSERT|UPDATE|DELETE|DROP|ALTER)\s", path.read_text()), path


def test_every_statement_is_in_the_store_or_the_court() -> None:
    for path in FILES:
        if room(path) == "desk":
            names = {name for name in imported(path) if name.startswith("sqlalchemy")}
            assert names <= {"sqlalchemy.Connection", "sqlalchemy.Row"}, path


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    if path.name == "__init__.py":
        assert path.read_text() == ""
        return
    doc = ast.get_docstring(tree(path))
    assert doc is not None
    first = doc.split("\n\n")[0]
    assert first.endswith("."), path


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_too_long(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= LARGE.get(str(path.relative_to(HOUSE)), 300)


def test_functions_are_short() -> None:
    """Half of them 8 lines or fewer of code, nine in ten 32 or fewer, none over 60."""
    sizes: dict[str, int] = {}
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                start = node.body[0]
                documented = ast.get_docstring(node) is not None
                first = (start.end_lineno or 0) + 1 if documented else start.lineno
                sizes[f"{name_of(path)}:{node.name}"] = (node.end_lineno or 0) - first + 1
    lengths = sorted(sizes.values())
    assert {name: size for name, size in sizes.items() if size > 60} == {}
    assert statistics.median(lengths) <= 8
    assert lengths[len(lengths) * 9 // 10] <= 32


def test_names_say_something() -> None:
    for path in FILES:
        stem = path.stem.lower()
        assert stem not in FORBIDDEN_NAMES, path
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                parts = re.split(r"_|(?<=[a-z])(?=[A-Z])", node.name)
                assert not {part.lower() for part in parts} & set(FORBIDDEN_NAMES), (
                    f"{path}: {node.name}"
                )


def test_wording_is_in_templates() -> None:
    """Invariant 10: what people read is not in the desk, the store or the senders.

    Log lines, errors and docstrings are for operators; everything else of six words is wording.
    """
    for path in FILES:
        if room(path) not in {"desk", "store", "outbound"}:
            continue
        spoken = _texts(tree(path))
        assert [text for text in spoken if len(text.split()) >= 6] == [], path


def _texts(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Raise):
        return []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id == "log":
            return []
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [text for child in ast.iter_child_nodes(node) for text in _texts(child)]


def test_nothing_dangerous_is_imported_or_called() -> None:
    """T-SUPPLY: no pickle, no shell, no eval, no yaml, no download."""
    banned = {"pickle", "marshal", "shelve", "subprocess", "yaml", "requests", "urllib.request"}
    for path in FILES:
        assert not banned & set(imported(path)), path
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "__import__"}, path


def test_broad_excepts_stand_only_at_doors() -> None:
    """Invariant 15."""
    doors = {"inbound", "web", "outbound", "demo", "cli", "running", "receiving"}
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or (
                    isinstance(node.type, ast.Name)
                    and node.type.id in {"Exception", "BaseException"}
                )
                assert not broad or room(path) in doors, f"{path}:{node.lineno}"


def test_locks_hold_names_versions_and_hashes_only() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert [lock.name for lock in locks] == ["core.txt", "dev.txt", "e2e.txt"]
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        assert not re.search(r"^--?(i|e|f|index|extra|find|trusted)", text, re.MULTILINE)
        names = re.findall(r"^[a-z0-9][a-z0-9._-]*==", text, re.MULTILINE)
        entries = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert len(names) == len(entries)
        assert all("--hash=sha256:" in entry for entry in entries)


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = (ROOT / "requirements" / "core.txt").read_text()
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[<>=!~\[; ]", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}==", locked, re.MULTILINE), requirement


def test_every_requirement_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    indirect = {
        "tzdata": "zoneinfo on a machine without zone files",
        "python-multipart": "starlette's forms",
    }
    used = {name.split(".")[0].replace("_", "-") for path in FILES for name in imported(path)}
    used |= {"alembic"} | ({"dnspython"} if "dns" in used else set())
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[<>=!~\[; ]", requirement)[0].lower()
        assert name in indirect or name in used, f"{name} is installed and not imported"


def test_no_live_address_and_no_path_of_a_machine() -> None:
    """decisions.md 30: config, demo and docs use reserved names only."""
    shown = [ROOT / "config.toml", ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown += [*HOUSE.rglob("*.toml"), *FILES, *(ROOT / "templates").rglob("*.*")]
    for path in shown:
        text = path.read_text()
        assert "courts.mo.gov" not in text, path
        for domain in re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", text):
            assert domain.endswith((".example", ".test", ".invalid")), f"{path}: {domain}"
