"""The system call `openat2`, which Python does not wrap: open a path that must stay beneath a directory.

https://man7.org/linux/man-pages/man2/openat2.2.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

NO_SYMLINKS = 0x04
_NO_MAGICLINKS = 0x02
_BENEATH = 0x08
_SYSCALL = 437  # on every 64-bit Linux
_ATTEMPTS = 128  # a concurrent rename makes the kernel ask for another attempt


def open_beneath(directory: int, path: str, flags: int, *, resolve: int = 0) -> int:
    """Open `path` relative to the descriptor `directory`; the kernel refuses every way out of it.

    Args:
        directory: descriptor of a directory.
        path: relative path; symbolic links are followed only beneath `directory`.
        flags: those of `os.open`; close-on-exec is added.
        resolve: further restrictions, such as `NO_SYMLINKS`.

    Returns:
        A descriptor the caller closes.

    Raises:
        OSError: `EXDEV` when the path leads outside, `ELOOP` at a refused link, otherwise as of `os.open`.
        ValueError: the path holds a NUL or letters the file system cannot encode.
    """
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError("NUL in path")
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, _BENEATH | _NO_MAGICLINKS | resolve)
    libc = ctypes.CDLL(None, use_errno=True)
    for _ in range(_ATTEMPTS):
        descriptor: int = libc.syscall(_SYSCALL, directory, encoded, how, len(how))
        if descriptor >= 0:
            return descriptor
        code = ctypes.get_errno()
        if code != errno.EAGAIN:
            raise OSError(code, os.strerror(code), path)
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), path)
