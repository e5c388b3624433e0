"""Files that people attach to a ticket, and which of them a run is given. Pure; their names are hostile data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from pydantic import AwareDatetime, BaseModel, ConfigDict

from jobs.ticket import Person

MOST_FILES = 10
LARGEST_FILE = 256 * 1024  # bytes
LARGEST_TOGETHER = 1024 * 1024  # bytes, of all files of one run
MOST_SENTENCES = 10
"""What is left out beyond these is counted, not named: anybody may attach thousands of files."""
LONGEST_NAME = 100  # characters
LONGEST_NAME_BYTES = 240  # of UTF-8; file systems take 255

_UNTYPED = {"", "application/octet-stream", "binary/octet-stream"}
# fmt: off
_APPLICATIONS = {
    "csv", "ecmascript", "graphql", "javascript", "json", "jsonlines", "ndjson", "perl", "php", "powershell",
    "python", "ruby", "sh", "shellscript", "sql", "toml", "typescript", "xml", "yaml",
}
# fmt: on
"""What follows `application/`, with or without `x-`."""

_STRUCTURED = ("+json", "+xml", "+yaml")

# fmt: off
_ENDINGS = {
    "adoc", "bat", "c", "cc", "cfg", "conf", "cpp", "cs", "css", "csv", "diff", "go", "gradle", "graphql", "h",
    "hpp", "htm", "html", "ini", "java", "js", "json", "jsonl", "jsx", "kt", "log", "lua", "md", "out", "patch",
    "php", "pl", "properties", "proto", "ps1", "py", "rb", "rs", "rst", "scala", "sh", "sql", "swift", "tex",
    "tf", "toml", "trace", "ts", "tsv", "tsx", "txt", "xml", "yaml", "yml",
}
# fmt: on

_GAPS = re.compile(r"-{2,}")
_NOBODY: Mapping[str, str] = MappingProxyType({})


class Attachment(BaseModel):
    """A file that hangs at a ticket, as the tracker announces it."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The tracker's own; what it names never changes its content."""
    name: str
    """As somebody called it; `file_names` makes one of it that is safe."""
    size: int
    """Bytes."""
    media_type: str = ""
    author: Person | None = None
    """Who attached it; None: the tracker does not tell."""
    created_at: AwareDatetime | None = None

    @property
    def is_text(self) -> bool:
        """Whether it says that it is text: by its type, or by the end of its name where the type says nothing."""
        kind = self.media_type.partition(";")[0].strip().casefold()
        if kind in _UNTYPED:
            _, dot, ending = safe_name(self.name).rpartition(".")
            return bool(dot) and ending.casefold() in _ENDINGS
        family, _, member = kind.partition("/")
        known = member.removeprefix("x-") in _APPLICATIONS or member.endswith(_STRUCTURED)
        return family == "text" or (family == "application" and known)

    @property
    def unfit(self) -> str:
        """Why it is for no agent whoever attached it, as `barred` of `chosen`; empty when it is."""
        if not self.is_text:
            return "it is no text file"
        return f"it is larger than {LARGEST_FILE // 1024} KiB" if self.size > LARGEST_FILE else ""


@dataclass(frozen=True)
class Choice:
    """What a run is given."""

    given: tuple[Attachment, ...] = ()
    """Newest first."""
    left_out: tuple[str, ...] = ()
    """A sentence for each of the others, up to `MOST_SENTENCES`, and one for the rest."""


def chosen(attachments: Iterable[Attachment], barred: Mapping[str, str] = _NOBODY) -> Choice:
    """Choose the text files that are small enough, the newest of them where they are too many.

    Args:
        attachments: in any order.
        barred: by id, why one is not to be given; completes "x is not given to the agent: …".
    """
    given: list[Attachment] = []
    sentences: list[str] = []
    size = 0
    for one in newest_first(attachments):
        why = one.unfit or barred.get(one.id) or _crowded(len(given), size + one.size)
        if why:
            sentences.append(f"{safe_name(one.name)} is not given to the agent: {why}.")
        else:
            given.append(one)
            size += one.size
    return Choice(tuple(given), _bounded(sentences))


def newest_first(attachments: Iterable[Attachment]) -> list[Attachment]:
    """The same, by when they were attached; of one moment the higher number comes first."""
    beginning = datetime.min.replace(tzinfo=UTC)
    return sorted(attachments, key=lambda one: (one.created_at or beginning, len(one.id), one.id), reverse=True)


def file_names(attachments: Iterable[Attachment]) -> tuple[str, ...]:
    """A file name for each, in their order: `safe_name`, numbered where two would differ in nothing but case."""
    names: dict[str, str] = {}
    for one in attachments:
        plain = name = safe_name(one.name)
        number = 1
        while name.casefold() in names:
            number += 1
            stem, ending = _parted(plain)
            name = _joined(stem, f"-{number}{ending}")
        names[name.casefold()] = name
    return tuple(names.values())


def safe_name(name: str) -> str:
    """A name of letters, digits, dots, dashes and underscores, that begins with none of dot and dash.

    At most `LONGEST_NAME` characters and `LONGEST_NAME_BYTES` bytes; its extension survives being cut.
    """
    composed = unicodedata.normalize("NFKC", name)
    kept = "".join(char if char in "._-" or unicodedata.category(char)[0] in "LMN" else "-" for char in composed)
    return _joined(*_parted(_GAPS.sub("-", kept).strip(".-") or "attachment"))


def _parted(name: str) -> tuple[str, str]:
    """Stem and extension; what is long is no extension."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending.encode()) < LONGEST_NAME // 4 else (name, "")


def _joined(stem: str, ending: str) -> str:
    room = stem[: LONGEST_NAME - len(ending)].encode()[: LONGEST_NAME_BYTES - len(ending.encode())]
    return room.decode(errors="ignore") + ending


def _crowded(files: int, size: int) -> str:
    if files >= MOST_FILES:
        return f"{MOST_FILES} newer ones are"
    together = f"with the newer ones it would be more than {LARGEST_TOGETHER // 1024} KiB"
    return together if size > LARGEST_TOGETHER else ""


def _bounded(sentences: list[str]) -> tuple[str, ...]:
    rest = len(sentences) - MOST_SENTENCES
    if rest <= 0:
        return tuple(sentences)
    return (*sentences[:MOST_SENTENCES], f"Not given to the agent either: {rest} more.")
