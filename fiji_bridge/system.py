"""What differs from one operating system to another, each with what serves where it is missing.

No other module asks which system it runs on or calls what only some systems have.

=====================  ==============================  ======================================
What                   Where                           Elsewhere
=====================  ==============================  ======================================
processors allowed     Linux: the affinity mask        the processors of the machine
data safe on the disk  macOS: ``F_FULLFSYNC``          ``fsync``
name safe on the disk  folders that can be opened      nothing: the file system sees to it
exchange of two names  Linux ``renameat2``,            False: the caller renames twice
                       macOS ``renamex_np``
rights of a file       POSIX ``fchmod``                the system's own for a new file
name taken once only   hard links                      an empty file made first, then replaced
replacing a file       POSIX: also while it is open    Windows: tried again for two seconds
lock that dies with    POSIX ``flock``                 none: None
its process
limit of the address   POSIX ``RLIMIT_AS``             none: None
space
stack of a thread       Linux, macOS: ``pthread``       none: None
group of processes     POSIX sessions                  the process and its children one by one
signals kept from a    POSIX ``sigaction``             nothing: JPype hands Ctrl-C on
JVM
=====================  ==============================  ======================================
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import locale
import os
import platform
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: File systems that know no hard links answer with one of these.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EINVAL)

#: What kernels and file systems answer that cannot exchange two names.
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)

# Of linux/fs.h and fcntl.h, and of macOS's stdio.h.
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
_RENAME_SWAP = 2

#: Windows refuses to replace a file that a virus scanner or an indexer looks at just now.
_REPLACE_PATIENCE_S = 2.0


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name() -> str:
    """Return the model of the processor, ``"unknown"`` where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def peak_memory() -> int:
    """Return the most bytes that this process has had resident; 0 where that is not known."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    # macOS counts bytes, others kilobytes.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def sync_file(descriptor: int) -> None:
    """Wait until a file's data are on the disk itself."""
    if sys.platform == "darwin":
        import fcntl

        # There, fsync leaves the data in the disk's own cache.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system and the file system allow that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def exchange_names(a: Path, b: Path) -> bool:
    """Let two files or folders swap their names in one step.

    Returns
    -------
    bool
        False where the system or the file system cannot do that; nothing has changed then.

    Raises
    ------
    OSError
        If it could but must not.
    """
    if os.name != "posix":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    one, other = os.fsencode(a), os.fsencode(b)
    if (rename := getattr(library, "renameat2", None)) is not None:
        failed = rename(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE)
    elif (rename := getattr(library, "renamex_np", None)) is not None:
        failed = rename(one, other, _RENAME_SWAP)
    else:
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), os.fspath(b))


def copy_mode(descriptor: int, target: Path) -> None:
    """Give an open file the rights of the file it will replace, or those of any new file."""
    if not hasattr(os, "fchmod"):
        return
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    os.fchmod(descriptor, mode)


def _umask() -> int:
    """Return the umask; where Linux tells it, without changing it for a moment for all threads."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    umask = os.umask(0)
    os.umask(umask)
    return umask


def take_name(part: Path, target: Path) -> None:
    """Give a finished file its name, unless another file has got it meanwhile.

    `part` may be left behind as a second name of the file; the caller removes it.

    Raises
    ------
    FileExistsError
        If the name is taken.
    """
    # A link, unlike a rename, fails where a file of that name has appeared meanwhile.
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        replace(part, target)


def replace(part: Path, target: Path) -> None:
    """Rename a file over another one, in one step.

    Raises
    ------
    OSError
        Among others where another program holds the target open, on Windows.
    """
    limit = time.monotonic() + _REPLACE_PATIENCE_S
    while True:
        try:
            part.replace(target)
            return
        except PermissionError:
            if os.name == "posix" or time.monotonic() > limit:
                raise
            time.sleep(0.05)


def lock(path: Path) -> int | None:
    """Open a file or folder and lock it until it is closed, or until this process dies.

    Returns
    -------
    int or None
        The descriptor; None where there are no locks.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    FileNotFoundError
        If it is gone.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def is_open_as(descriptor: int, path: Path) -> bool:
    """Whether a path still is that of an open file or folder."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def address_space_limit() -> int | None:
    """Return how many bytes of addresses this process may have; None where there is no limit."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def stack_size() -> int | None:
    """Return how many bytes of stack the calling thread may take; None where that is not told.

    That of the main thread is what ``ulimit -s`` was when the process started; that of others
    what they were made with.
    """
    if sys.platform == "win32":
        return None
    library = ctypes.CDLL(None)
    library.pthread_self.restype = ctypes.c_void_p
    size = ctypes.c_size_t()
    if sys.platform == "darwin":
        library.pthread_get_stacksize_np.restype = ctypes.c_size_t
        return int(library.pthread_get_stacksize_np(ctypes.c_void_p(library.pthread_self())))
    if not hasattr(library, "pthread_getattr_np"):
        return None
    # More than the structure takes on any processor.
    attributes = ctypes.create_string_buffer(256)
    if library.pthread_getattr_np(ctypes.c_void_p(library.pthread_self()), attributes) != 0:
        return None
    failed = library.pthread_attr_getstacksize(attributes, ctypes.byref(size))
    library.pthread_attr_destroy(attributes)
    return None if failed else size.value


@contextlib.contextmanager
def utf_8_names() -> Iterator[None]:
    """Let what is started in this process inside take names of files for UTF-8, as Python does.

    Under ``LC_ALL=C`` Java would see question marks in place of other letters. Windows and macOS
    have one encoding of names, whatever the locale.
    """
    if sys.platform in ("win32", "darwin") or locale.getencoding().lower() == "utf-8":
        yield
        return
    with variable("LC_ALL", "C.UTF-8"):
        yield


@contextlib.contextmanager
def variable(name: str, value: str) -> Iterator[None]:
    """Have a variable of the environment inside, and afterwards what it was before.

    What a script starts later, Maven or another Java, must not find ours.
    """
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


@contextlib.contextmanager
def own_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM reach this process afterwards as they did before.

    A JVM that starts inside takes both. JPype hands them on, but interrupts the thread of Java
    that belongs to Python's main thread as well, and whatever waits in Java there next fails
    (``InterruptedException``), be it long after Python was told.
    """
    if sys.platform == "win32":
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    get, put = ctypes.pythonapi.PyOS_getsig, ctypes.pythonapi.PyOS_setsig
    get.restype = put.restype = ctypes.c_void_p
    get.argtypes, put.argtypes = [ctypes.c_int], [ctypes.c_int, ctypes.c_void_p]
    before = [get(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            put(number, handler)


def java_program(home: Path) -> Path:
    """Return the path of the program ``java`` in a Java home; it may not be there."""
    return home / "bin" / ("java.exe" if os.name == "nt" else "java")


def is_private(path: Path) -> bool:
    """Whether a file or folder belongs to this account, and no other may look into it.

    Where there are no modes, the folder of a user's own is taken for private.
    """
    if sys.platform == "win32":
        return True
    found = path.stat()
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077


def write_for_nobody_else() -> None:
    """Let whatever this process writes from now on belong to its account alone."""
    os.umask(0o077)


def open_files() -> int:
    """Return how many files and sockets this process has open."""
    import psutil

    own = psutil.Process()
    return int(getattr(own, "num_handles" if sys.platform == "win32" else "num_fds")())


def lower_priority() -> None:
    """Let other processes go first, where the system can be told so."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(10)


def in_own_group() -> dict[str, Any]:
    """Return the arguments with which ``subprocess.Popen`` starts a group for `end_group`."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started `in_own_group`, and those that it has started, at once."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()


def ending(code: int) -> str:
    """Return in words how a process ended, from its return code: signals by their name."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
