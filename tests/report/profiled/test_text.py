"""A profile as plain text, to the letter."""

from concurlint.report.profiled.showing import Showing
from concurlint.report.profiled.text import render
from tests.report.profiled.made import BOUND, CALM, EMPTY, PROFILE, TEXTS, W


def test_the_run_its_threads_its_lines_and_its_verdicts_are_told():
    assert render(PROFILE, [BOUND, CALM], TEXTS) == (
        "python app.py --fast: 2.50 s, Python 3.12.1, Linux x86_64, 2 cores\n"
        "500 samples, one each 5.0 ms; sampling took 1.0% of one core\n"
        "method: by hand\n"
        "note: one note\n"
        "\n"
        "threads:\n"
        "    MainThread: 2.50 s: waits for another thread 80%, sleeps 20%\n"
        "    worker-1: 2.00 s: holds the GIL 50%, waits for the GIL 50%\n"
        "    <script>alert('name')</script>␛[31m�: 2.00 s: holds the GIL 50%, waits for the GIL 50%\n"
        "\n"
        "lines:\n"
        "    /home/me/shop/lib/numbers.py:2: total: 4.00 s: holds the GIL 50%, waits for the GIL 50%\n"
        "    /home/me/shop/app.py:9: <module>: 2.50 s: waits for another thread 80%, sleeps 20%\n"
        "\n"
        "calls:\n"
        "    4.00 s work (/home/me/shop/app.py): holds the GIL 50%, waits for the GIL 50%\n"
        "      4.00 s total (/home/me/shop/lib/numbers.py): holds the GIL 50%, waits for the GIL 50%\n"
        "\n"
        "verdicts:\n"
        "/home/me/shop/lib/numbers.py:2:5: CCL901 2 threads share one GIL: `work` computes on 0.8 of 2 cores\n"
        "    /home/me/shop/app.py:9:12: `Thread` runs `work` twice\n"
        "    measured: GIL held 80% (76% to 83%)\n"
        "    measured: effective parallelism 0.80× (0.76× to 0.83×)\n"
        "    measured: hand-overs a second 20\n"
        "    instead: processes: `ProcessPoolExecutor`\n"
        "    why: Each process has a GIL of its own, and <b>both</b> cores compute.\n"
        "    predicted: processes on 2 cores: 1.4× to 1.7× as fast, 1.50 s to 1.80 s instead of 2.50 s\n"
        "    predicted: processes on 8 cores: 1.5× to 1.7× as fast, 1.45 s to 1.70 s instead of 2.50 s\n"
        "    assuming: 2 cores are free; next to nothing is pickled\n"
        "    saves: 700 ms to 1.00 s\n"
        "    help: give `work` to a `ProcessPoolExecutor`\n"
        "    change:\n"
        "        --- /home/me/shop/app.py\n"
        "        +++ /home/me/shop/app.py\n"
        "        @@ -8,2 +8,3 @@\n"
        "\n"
        "        -threads = [threading.Thread(target=work) for _ in range(2)]\n"
        "        +threads = [multiprocessing.Process(target=work) for _ in range(2)]\n"
        '        +# </script><img src=x onerror="alert(2)">\n'
        "/home/me/shop/app.py:9:1: CCL900 nothing is gained by another tool\n"
    )


def test_a_run_in_which_nothing_was_seen_says_so():
    assert render(EMPTY, [], {}).splitlines()[5:] == [
        "threads:",
        "    none was seen",
        "",
        "lines:",
        "    none was seen long enough",
        "",
        "calls:",
        "    nothing was seen",
        "",
        "verdicts:",
        "    none: the figures decide nothing",
    ]


def test_the_verdicts_may_come_first_and_a_tree_be_of_one_state():
    shown = render(PROFILE, [CALM], TEXTS, Showing((W,), verdicts_first=True))
    assert shown.index("verdicts:") < shown.index("threads:")
    assert shown.splitlines()[-3:] == [
        "calls, where a thread waits for the GIL:",
        "    2.00 s work (/home/me/shop/app.py): waits for the GIL 100%",
        "      2.00 s total (/home/me/shop/lib/numbers.py): waits for the GIL 100%",
    ]
