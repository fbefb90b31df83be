"""What calls, context managers, decorators and callers of the project do to the locks that are held."""

import pytest

from tests.effects.lockset.held import Lines, forms, held_in, told_in

HELPERS = """
def take():
    L.acquire()
    here()  # L


def drop():
    L.release()


def main():
    take()
    here()  # L
    drop()
    here()  # -
"""
METHODS_ON_ANOTHER_OBJECT = """
class Guarded:
    def __init__(self):
        self.lock = threading.Lock()

    def enter(self):
        self.lock.acquire()

    def leave(self):
        self.lock.release()


class User:
    def __init__(self):
        self.one = Guarded()
        self.two = Guarded()

    def main(self):
        self.one.enter()
        here()  # self.lock
        self.two.leave()
        here()  # self.lock
        self.one.leave()
        here()  # -
"""
THROUGH_TWO_CALLS = """
def take():
    L.acquire()


def take_both():
    take()
    M.acquire()


def main():
    take_both()
    here()  # L M
"""
A_HELPER_THAT_TAKES_AT_TIMES = """
def take(flag):
    if flag:
        L.acquire()


def main():
    take(unlikely())
    here()  # (L)
"""
A_HELPER_THAT_TELLS = """
def take():
    return L.acquire(timeout=1)


def take_in_words():
    if not M.acquire(timeout=1):
        return False
    unlikely()
    return True


def main():
    if not take():
        here()  # -
        return
    here()  # L
    L.release()
    if take_in_words():
        here()  # M
        M.release()
    here()  # -
"""
CALLED_UNDER_THE_LOCK_IT_GIVES_AWAY = """
def pause():
    here()  # L
    L.release()
    here()  # -
    L.acquire()
    here()  # L


def main():
    with L:
        pause()
        here()  # L
    here()  # -
"""
RECURSION = """
def down(n):
    here()  # L
    if n:
        down(n - 1)
    R.acquire()
    R.release()


def main():
    with L:
        down(3)
"""
CALLERS_THAT_DIFFER = """
def held():
    here()  # L


def bare():
    here()  # -


def main():
    with L, M:
        held()
        bare()
    with L:
        held()
    bare()
"""
OVERRIDDEN = """
class Base:
    def __init__(self):
        self.lock = threading.Lock()

    def run(self):
        with self.lock:
            self.step()

    def step(self):
        here()  # self.lock


class Special(Base):
    def step(self):
        here()  # self.lock


Special().run()
"""
CONTEXT_MANAGER = """
@contextlib.contextmanager
def locked(lock):
    with lock:
        yield


@contextlib.contextmanager
def perhaps(flag):
    if flag:
        with L:
            yield
    else:
        yield


def main():
    with locked(L):
        here()  # lock
    here()  # -
    with perhaps(unlikely()):
        here()  # (L)
    here()  # -
"""
CONTEXT_CLASS = """
class Locked:
    def __init__(self):
        self.lock = threading.Lock()

    def __enter__(self):
        here()  # -
        self.lock.acquire()
        return self

    def __exit__(self, *problem):
        here()  # self.lock
        self.lock.release()


def main():
    with Locked():
        here()  # self.lock
    here()  # -
"""
A_LOCK_OF_THE_PROJECT = """
class Patient:
    def __init__(self):
        self.lock = threading.Lock()

    def acquire(self):
        return self.lock.acquire(timeout=3)

    def release(self):
        self.lock.release()


PATIENT = Patient()


def main():
    if PATIENT.acquire():
        here()  # self.lock
        PATIENT.release()
    here()  # -
"""
DECORATED = """
def locked(function):
    @functools.wraps(function)
    def inside(*args, **kwargs):
        with L:
            return function(*args, **kwargs)

    return inside


@locked
def main():
    here()  # L


def other():
    main()
    here()  # -
"""
DECORATED_METHOD = """
def locked(method):
    @functools.wraps(method)
    def inside(self, *args):
        with self.lock:
            return method(self, *args)

    return inside


def locked_too(method):
    @functools.wraps(method)
    def inside(*args):
        args[0].lock.acquire()
        try:
            return method(*args)
        finally:
            args[0].lock.release()

    return inside


class Box:
    def __init__(self):
        self.lock = threading.RLock()

    @locked
    def one(self):
        here()  # self.lock

    @locked_too
    def two(self):
        here()  # args[0].lock

    def bare(self):
        here()  # -
"""
DECORATED_WITH_A_LOCK = """
def locked(lock):
    def around(function):
        @functools.wraps(function)
        def inside(*args):
            with lock:
                return function(*args)

        return inside

    return around


@locked(M)
def main():
    here()  # lock
"""
DECORATED_COROUTINE = """
def locked(function):
    @functools.wraps(function)
    def inside(*args):
        with L:
            return function(*args)

    return inside


@locked
async def main():
    here()  # -
"""
STARTED_UNDER_A_LOCK = """
def work():
    here()  # -


def main():
    with L:
        threading.Thread(target=work).start()
"""
TEXTS = forms(globals())


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lines]:
    return held_in(tmp_path_factory.mktemp("locks"), TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_each_place_has_the_locks_that_the_comment_names(held: dict[str, Lines], name: str) -> None:
    assert held[name] == told_in(TEXTS[name])
