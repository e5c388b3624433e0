"""Names that some file system or another reads as `.git`."""

from __future__ import annotations

import re
import unicodedata

_NTFS_SEPARATORS = re.compile(r"[:\\]")  # `:` starts an alternate data stream, `\` a child


def is_dotgit(name: str) -> bool:
    r"""Whether one path component stands for `.git` on Linux, HFS+ or NTFS.

    Covers what git's own `core.protectHFS` and `core.protectNTFS` cover: letter case, ignorable code points, the short
    name `git~1`, trailing dots and spaces, `.git::$INDEX_ALLOCATION` and backslashes.
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreprotectHFS
    """
    visible = "".join(letter for letter in name if unicodedata.category(letter) != "Cf").casefold()
    return any(part.rstrip(" .") in {".git", "git~1"} for part in _NTFS_SEPARATORS.split(visible))
