"""A small program with a run of it made by hand, and the change that a verdict on it brings."""

from collections.abc import Sequence
from pathlib import Path

from concurlint.changes.making import make_change
from concurlint.finding import Finding, Level, Span
from concurlint.judge import case_of
from concurlint.runtime.profile import Profile, Run, StackTime, ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.verdicts.verdict import Verdict

PID = 7
Call = tuple[str, str]
"""A function (`<module>` for the top level) and a piece of the line that it stands at."""


def changed(
    folder: Path,
    code: str,
    files: str | dict[str, str],
    *calls: Call,
    instead: str = "",
    thread: bool = False,
    python: str = "3.12.1",
) -> dict[str, str] | None:
    """What becomes of the files, None for no change; all time went to the stack of these calls, outermost first."""
    texts = {"app.py": files} if isinstance(files, str) else files
    (folder / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "0"\n', encoding="utf-8")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    frames = tuple(_frame(folder, texts, call) for call in calls)
    stacks = [StackTime(PID, PID + thread, frames, {State.HOLDS_GIL: 1.0}, 100)]
    if thread:
        start = Frame("<module>", frames[0].path, len(texts["app.py"].splitlines()))
        stacks.append(StackTime(PID, PID, (start, Frame("join", "/usr/lib/python3.12/threading.py", 9)), {}, 100))
    profile = _profile(stacks, python)
    path = Path(frames[-1].path).name
    finding = Finding(code, "made-up", Level.ADVICE, "made up", Span(path, frames[-1].line, 1, frames[-1].line, 2))
    case = case_of(profile, root=folder)
    change = make_change(case, Verdict(finding, (), instead, "", "", (), (0.0, 1.0)))
    return {Path(file.path).name: file.after for file in change.files} if change is not None else None


def _frame(folder: Path, texts: dict[str, str], call: Call) -> Frame:
    function, piece = call
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines(), start=1):
            if piece in line:
                return Frame(function, str(folder / name), number)
    raise AssertionError(f"no line has {piece}")


def _profile(stacks: Sequence[StackTime], python: str) -> Profile:
    run = Run(("python", "app.py"), python, "Linux x86_64", 2, 0.0, 1.0, 0.005, 200, "by hand", 0.0, 0.0)
    keys = dict.fromkeys((stack.pid, stack.tid) for stack in stacks)
    threads = tuple(ThreadTimes(*key, "MainThread", {State.HOLDS_GIL: 1.0}, 1.0, 0.0, 0.0, 1.0) for key in keys)
    return Profile(run, threads, (), tuple(stacks))
