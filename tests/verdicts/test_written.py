"""What is written around a line."""

from concurlint.verdicts.written import Written

TEXT = Written("""\
def work(lock, items):
    for item in items:
        with lock, open(item) as file:
            total = [one for one in file]

    done = True
""")


def test_a_line_knows_where_its_text_stands():
    assert TEXT.line(3) == "        with lock, open(item) as file:"
    assert TEXT.columns(3) == (9, 39)
    assert (TEXT.line(99), TEXT.columns(99)) == ("", (1, 1))


def test_a_line_is_below_a_loop_only_in_its_body():
    assert [TEXT.is_looped(line) for line in (1, 2, 3, 4, 6)] == [False, False, True, True, False]


def test_a_loop_that_is_left_from_inside_may_have_run_once():
    again = Written("for attempt in range(3):\n    if run():\n        break\n")
    assert not again.is_looped(2)


def test_every_item_of_a_with_is_told_with_the_lines_it_holds():
    assert list(TEXT.withs()) == [("lock", 3, 4), ("open(item)", 3, 4)]


def test_a_text_that_is_no_python_has_lines_and_no_blocks():
    broken = Written("def (:\n  x")
    assert broken.line(2) == "  x"
    assert list(broken.withs()) == []
    assert not broken.is_looped(2)
