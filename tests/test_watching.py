"""Parts and steps of a run are kept in their order, and told on."""

from concurlint.watching import Stopwatch, peak_memory


class Heard:
    """A watch that writes down what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, ...]] = []

    def begin(self, part: str, steps: int = 0) -> None:
        self.said.append((part, str(steps)))

    def step(self, done: str = "") -> None:
        self.said.append((done,))


def test_parts_and_kinds_of_steps_are_counted_and_told_on():
    heard = Heard()
    watch = Stopwatch(heard)
    watch.begin("reading")
    watch.step()
    watch.step()
    watch.begin("asking", 3)
    for rule in ("CCL1", "CCL2", "CCL1"):
        watch.step(rule)
    watch.begin("reading")
    watch.step()
    whole = watch.stop()
    rules = [("CCL1",), ("CCL2",), ("CCL1",)]
    assert heard.said == [("reading", "0"), ("",), ("",), ("asking", "3"), *rules, *heard.said[:2]]
    assert [(lap.name, lap.steps) for lap in watch.parts] == [("reading", 3), ("asking", 3)]
    assert {name: lap.steps for name, lap in watch.kinds.items()} == {"CCL1": 2, "CCL2": 1}
    parts, kinds = (sum(lap.seconds for lap in laps) for laps in (watch.parts, watch.kinds.values()))
    assert 0 <= kinds <= parts <= whole


def test_a_watch_that_is_told_nothing_has_nothing_to_tell():
    watch = Stopwatch()
    watch.step()
    assert watch.stop() >= 0
    assert (watch.parts, watch.kinds) == ([], {})


def test_the_memory_of_this_process_is_known_where_the_system_tells():
    most = peak_memory()
    assert most is None or most > 1 << 20
