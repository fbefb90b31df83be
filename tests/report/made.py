"""Findings made by hand, for the tests of the reports."""

from concurlint.finding import Edit, Finding, Fix, Level, Span, Step

SOURCE = """\
import threading

count = 0


def work(done):
    global count
    count += 1


for _ in range(4):
    threading.Thread(
        target=work,
        args=(None,),
    ).start()
"""

WRITE = Finding(
    code="CCL301",
    name="shared-write-unlocked",
    level=Level.WARNING,
    message="`count` is changed by several threads without a lock",
    span=Span("app.py", 8, 5, 8, 15),
    help="guard every change with one `threading.Lock`",
    trace=(Step(Span("app.py", 12, 5, 15, 6), "`Thread` has several threads run `work`"),),
)
SHELL = Finding(
    code="CCL401",
    name="shell-string-command",
    level=Level.ERROR,
    message="a shell reads this command, and part of it is from the command line",
    span=Span("lib/run.py", 1, 1, 1, 4),
    fix=Fix("run it without a shell", (Edit(1, 1, 1, 4, "run"),)),
)
ADVICE = Finding(
    code="CCL601",
    name="subprocess-instead-of-library",
    level=Level.ADVICE,
    message="`ls` does what `os.listdir` does",
    span=Span("lib/run.py", 2, 3, 4, 5),
    help="use `os.listdir`",
)
