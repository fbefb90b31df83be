"""Which locks are held where, in every form of taking and giving back."""

import pytest

from tests.effects.lockset.held import Lines, forms, held_in, told_in

WITH = """
def main():
    here()  # -
    with L:
        here()  # L
        with M, R:
            here()  # L M R
        here()  # L
    here()  # -
"""
RELEASED_BETWEEN = """
def main():
    L.acquire()
    here()  # L
    L.release()
    here()  # -
    L.acquire()
    here()  # L
    L.release()
    here()  # -
"""
ON_ONE_WAY = """
def main(flag):
    if flag:
        L.acquire()
    here()  # (L)
    if unlikely():
        L.release()
        return
    here()  # (L)
"""
BY_EVERY_CASE = """
def main(kind):
    match kind:
        case 1:
            L.acquire()
        case _:
            L.acquire()
            here()  # L
    here()  # L
    L.release()
"""
FOR_ELSE = """
def main(xs):
    for x in xs:
        if x:
            L.acquire()
            break
    else:
        here()  # -
        return
    here()  # L
"""
FINALLY = """
def main():
    L.acquire()
    try:
        here()  # L
        if unlikely():
            return
    finally:
        L.release()
        here()  # -
    here()  # -
"""
AN_EXCEPTION = """
def main():
    try:
        here()  # -
        L.acquire()
        unlikely()
        L.release()
    except ValueError:
        here()  # (L)
    with L:
        try:
            unlikely()
        except ValueError:
            here()  # L
"""
AROUND_A_WITH = """
def main():
    try:
        with L:
            unlikely()
    except ValueError:
        here()  # -
    finally:
        here()  # -
"""
TRIED = """
def main():
    L.acquire(blocking=False)
    here()  # (L)
"""
TRIED_AND_TESTED = """
def main():
    if L.acquire(blocking=False):
        here()  # L
        L.release()
    else:
        here()  # -
    here()  # -
"""
TRIED_OR_LEFT = """
def main():
    if not L.acquire(timeout=3):
        here()  # -
        return
    here()  # L
    L.release()
    here()  # -
"""
TRIED_AGAIN_AND_AGAIN = """
def main():
    while not L.acquire(False):
        here()  # -
    here()  # L
"""
TRIED_WITH_ANOTHER_CONDITION = """
def main(flag):
    if flag and L.acquire(0):
        here()  # L
        L.release()
    here()  # -
"""
A_NAMED_RESULT = """
def main():
    got = L.acquire(timeout=1)
    here()  # (L)
    if got:
        here()  # L
        L.release()
        here()  # -
    else:
        here()  # -
    here()  # -
"""
A_NAME_THAT_STARTS_FALSE = """
def main():
    got = False
    try:
        got = L.acquire(timeout=1)
        unlikely()
    finally:
        if got:
            here()  # L
            L.release()
    here()  # -
"""
A_WALRUS = """
def main():
    if (got := L.acquire(timeout=1)) is True:
        here()  # L
    else:
        here()  # -
"""
WAITED_FOR_EVER = """
def main():
    if L.acquire(timeout=-1):
        here()  # L
    if M.acquire(blocking=True):
        here()  # L M
"""
ASSERTED = """
def main():
    assert L.acquire(timeout=5)
    here()  # L
"""
TAKEN_TWICE = """
def main():
    R.acquire()
    with R:
        here()  # R
    here()  # R
    R.acquire()
    R.release()
    here()  # R
    R.release()
    here()  # -
"""
IN_A_LOOP = """
def main(xs):
    for x in xs:
        here()  # -
        L.acquire()
        if x:
            L.release()
            continue
        here()  # L
        L.release()
"""
GIVEN_AWAY_MEANWHILE = """
def main():
    with L:
        L.release()
        here()  # -
        L.acquire()
        here()  # L
    here()  # -
"""
NOT_REACHED = """
def main():
    with L:
        raise ValueError
    here()  # ?
"""
STACK = """
def main(flag):
    with contextlib.ExitStack() as stack:
        here()  # -
        stack.enter_context(L)
        here()  # L
        if flag:
            stack.enter_context(M)
        here()  # L (M)
    here()  # -
"""
STACK_CLOSED = """
def main():
    stack = contextlib.ExitStack()
    stack.enter_context(L)
    here()  # L
    stack.close()
    here()  # -
"""
STACK_EMPTIED = """
def main():
    with contextlib.ExitStack() as stack:
        stack.enter_context(L)
        stack.pop_all()
    here()  # (L)
"""
COROUTINES = """
A = asyncio.Lock()


async def main():
    async with A:
        here()  # A
    here()  # -
    await A.acquire()
    here()  # A
    A.release()
    here()  # -
    A.acquire()
    here()  # -
    await asyncio.wait_for(A.acquire(), 3)
    here()  # A
"""
CANCELLED = """
A = asyncio.Lock()


async def main():
    try:
        await A.acquire()
    except asyncio.CancelledError:
        here()  # -
"""
KINDS = """
P, S = multiprocessing.Lock(), threading.BoundedSemaphore(3)


def main():
    with P, S:
        here()  # P S
"""
CONDITION = """
C = threading.Condition(L)


def main():
    with C:
        here()  # C
        C.wait()
        here()  # C
        L.release()
        here()  # -
"""
OBJECTS = """
class Box:
    def __init__(self, lock):
        self.lock = threading.Lock()
        self.given = lock

    def main(self):
        with self.lock:
            here()  # self.lock
            mine = self.lock
            mine.release()
            here()  # -
        with self.given:
            here()  # self.given


Box(L).main()
"""
CHOSEN_FOR_GOOD = """
class Box:
    def __init__(self, threaded):
        self.lock = threading.Lock() if threaded else contextlib.nullcontext()

    def main(self):
        with self.lock:
            here()  # self.lock
"""
CHOSEN_EACH_TIME = """
def main(flag):
    lock = L if flag else contextlib.nullcontext()
    with lock:
        here()  # (lock)
    here()  # -
"""
A_DUMMY_OF_THE_PROJECT = """
class Dummy:
    def __enter__(self):
        return self

    def __exit__(self, *problem):
        pass


class Box:
    def __init__(self, threaded):
        self.lock = threading.Lock() if threaded else Dummy()

    def main(self):
        with self.lock:
            here()  # self.lock


def main():
    with Dummy():
        here()  # -
"""
UNKNOWN = """
import elsewhere


def main(thing):
    with elsewhere.manager():
        here()  # ?
    with open("x") as file, contextlib.suppress(ValueError):
        here()  # -
    thing.acquire()
    here()  # ?
    thing.release()
    here()  # -
"""
KEYED = """
LOCKS = {"a": threading.Lock(), "b": threading.Lock()}
MADE = {}
BY_DEFAULT = collections.defaultdict(threading.Lock)


def main(key, other):
    with BY_DEFAULT[key]:
        here()  # BY_DEFAULT[key]
    lock = MADE.setdefault(key, threading.Lock())
    with lock:
        here()  # lock
    LOCKS["a"].acquire()
    here()  # LOCKS['a']
    LOCKS["b"].release()
    here()  # LOCKS['a']
    LOCKS["a"].release()
    here()  # -


def by_key(key, other):
    MADE[key] = threading.Lock()
    MADE[key].acquire()
    here()  # MADE[key]
    MADE[other].release()
    here()  # (MADE[key])
    MADE[key].release()
    here()  # -
"""


STACK_WITH_A_CALLBACK = """
def main():
    with contextlib.ExitStack() as stack:
        L.acquire()
        stack.callback(L.release)
        here()  # L
    here()  # -
"""
STACK_OF_A_PROJECTS_MANAGERS = """
@contextlib.contextmanager
def locked():
    with L:
        yield


def main(stack):
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked())
        here()  # L
    here()  # -
"""
QT = """
from PySide6.QtCore import QMutex, QMutexLocker, QReadWriteLock

Q, RW = QMutex(), QReadWriteLock()


def main():
    Q.lock()
    here()  # Q
    Q.unlock()
    here()  # -
    if Q.tryLock(100):
        here()  # Q
        Q.unlock()
    RW.lockForRead()
    here()  # RW
    RW.unlock()
    with QMutexLocker(Q):
        here()  # QMutexLocker(Q)
    here()  # -
"""
HANDLES = """
from readerwriterlock import rwlock
from fasteners import ReaderWriterLock

RW, FAST, TOTAL = rwlock.RWLockFair(), ReaderWriterLock(), multiprocessing.Value("i", 0)


class Box:
    def __init__(self):
        self.both = rwlock.RWLockFair()
        self.read = self.both.gen_rlock()

    def main(self):
        with self.read:
            here()  # self.read


def main():
    with RW.gen_wlock():
        here()  # RW.gen_wlock()
    with FAST.read_lock():
        here()  # FAST.read_lock()
    FAST.acquire_write_lock()
    here()  # FAST
    FAST.release_write_lock()
    with TOTAL.get_lock():
        here()  # TOTAL.get_lock()
    here()  # -
"""
FILE_LOCK = """
import filelock

F = filelock.FileLock("x.lock")


def main():
    with F:
        here()  # F
    with F.acquire(timeout=3):
        here()  # F
    here()  # -
"""
TEXTS = forms(globals())


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lines]:
    return held_in(tmp_path_factory.mktemp("locks"), TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_each_place_has_the_locks_that_the_comment_names(held: dict[str, Lines], name: str) -> None:
    assert held[name] == told_in(TEXTS[name])
