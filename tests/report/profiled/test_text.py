"""A profile as plain text, to the letter."""

from concurlint.report.profiled.text import render, thread_bars
from tests.report.profiled.made import BOUND, CALM, EMPTY, PROFILE, TEXTS, G, Q, S, W


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
        "verdicts:",
        "    none: the figures decide nothing",
    ]


def test_of_many_threads_the_largest_are_told_and_the_others_together():
    assert [(name, dict(states)) for name, states in thread_bars(PROFILE.threads, 2)] == [
        ("MainThread", {Q: 2.0, S: 0.5}),
        ("2 more", {Q: 0.0, S: 0.0, G: 2.0, W: 2.0}),
    ]
    assert [name for name, _ in thread_bars(PROFILE.threads, 3)][:2] == ["MainThread", "worker-1"]
