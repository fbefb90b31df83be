"""Runs inside the measured interpreter, 3.8 or newer: waits until it may go, then is as if it had never been."""

# Started as `python bootstrap.py READY GO (script PATH | module NAME | code TEXT) ARGUMENTS...`, where READY and GO are
# inherited pipe ends. It imports nothing that a starting interpreter has not loaded; the program gets a `__main__` of
# its own.

# Python 3.8 must read it, and even pathlib or __future__ would be seen by the program.
# ruff: noqa: PTH109, PTH112, PTH118, PTH120, PTH123

import io
import os
import sys

TYPING = False
if TYPING:
    from types import CodeType, TracebackType

YAMA = "/proc/sys/kernel/yama/ptrace_scope"
ONLY_ANCESTORS = "1"
PR_SET_PTRACER = 0x59616D61
INTERRUPTED = 130
NO_BARRIER = "-1"


def allow_tracing() -> None:
    """Where only ancestors may trace, py-spy needs the process's own leave; ctypes is loaded for that alone."""
    try:
        with open(YAMA) as file:
            if file.read().strip() != ONLY_ANCESTORS or os.geteuid() == 0:
                return
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        anyone = [ctypes.c_int(PR_SET_PTRACER), ctypes.c_ulong(-1), *[ctypes.c_ulong(0)] * 3]
        prctl(*anyone)
        os.register_at_fork(after_in_child=lambda: prctl(*anyone))
    except (OSError, ImportError, AttributeError):
        pass


def wait_for_go(ready: int, go: int) -> None:
    """Say who we are, and wait; whoever started us may change his mind, or die."""
    free_threaded = "t" in getattr(sys, "abiflags", "")
    facts = (os.getpid(), sys.implementation.name, *sys.version_info[:3], int(free_threaded))
    try:
        os.write(ready, " ".join(map(str, facts)).encode())
        os.close(ready)
        may_go = os.read(go, 1)
        os.close(go)
    except KeyboardInterrupt:
        may_go = b""
    if not may_go:
        os._exit(INTERRUPTED)


def become_main(kind: str, target: str, arguments: "list[str]") -> "dict[str, object]":
    """The namespace of a new `__main__`; sys.argv and sys.orig_argv as `python` sets them."""
    words = {"module": ["-m", target], "code": ["-c", target]}.get(kind, [target])
    if hasattr(sys, "orig_argv"):
        # Everything from this file's own name on.
        sys.orig_argv[len(sys.orig_argv) - len(sys.argv) :] = words + arguments
    sys.argv[:] = words[:1] + arguments
    main = type(sys)("__main__")
    main.__loader__ = sys.modules["_frozen_importlib"].BuiltinImporter
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return main.__dict__


def set_path(first: str) -> None:
    """Instead of this file's folder; in safe-path and isolated mode there is neither."""
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path[0] = first


def absolute_of(path: str) -> str:
    """As `python` makes it since 3.9: put together, not simplified."""
    return os.path.join(os.getcwd(), path) if sys.version_info >= (3, 9) else path


def load_script(path: str, main: "dict[str, object]") -> "CodeType":
    """The script's code; `main` is made ready for it."""
    external = sys.modules["_frozen_importlib_external"]
    absolute = absolute_of(path)
    is_compiled = path.endswith(".pyc")
    loader = (external.SourcelessFileLoader if is_compiled else external.SourceFileLoader)("__main__", absolute)
    main.update(__file__=absolute, __cached__=None, __loader__=loader)
    set_path(os.path.dirname(os.path.realpath(path)))
    if is_compiled:
        return loader.get_code("__main__")  # type: ignore[no-any-return]
    with io.open_code(path) as file:
        return compile(file.read(), absolute, "exec", 0, True)


def is_folder_or_archive(path: str) -> bool:
    """Whether `python` looks for a __main__.py inside."""
    if os.path.isdir(path):
        return True
    zipimport = sys.modules["zipimport"]
    try:
        zipimport.zipimporter(path)
    except zipimport.ZipImportError:
        return False
    return True


def hide_frames(error: BaseException) -> None:
    """Leave the report of an error, the hooks and the exit status to the interpreter, but show it no frame of ours."""
    hook = sys.excepthook

    def excepthook(kind: type, value: BaseException, trace: "TracebackType | None") -> None:
        sys.excepthook = hook
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        value.__traceback__ = sys.last_traceback = trace
        hook(kind, value, trace)

    if not isinstance(error, SystemExit):
        sys.excepthook = excepthook


if __name__ == "__main__":
    allow_tracing()
    if sys.argv[1] != NO_BARRIER:
        wait_for_go(int(sys.argv[1]), int(sys.argv[2]))
    kind, target, arguments = sys.argv[3], sys.argv[4], sys.argv[5:]
    try:
        main = become_main(kind, target, arguments)
        if kind == "code":
            set_path("")
            exec(compile(target, "<string>", "exec", 0, True), main)
        elif kind == "script" and not is_folder_or_archive(target):
            # The fewest frames below the program's: this one.
            exec(load_script(target, main), main)
        else:
            import runpy

            is_module = kind == "module"
            set_path(os.getcwd() if is_module else absolute_of(target))
            run = runpy._run_module_as_main  # type: ignore[attr-defined]
            run(target if is_module else "__main__", is_module)
    except BaseException as error:
        hide_frames(error)
        raise
