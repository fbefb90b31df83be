"""The command line: parse, call one function, print, exit code."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv` without `arguments`); the exit status, never a traceback."""
    try:
        # Inside, so that Ctrl-C while all that is needed is loaded ends as it does later.
        from concurlint.cli.front import run

        return run(arguments)
    except KeyboardInterrupt:
        import sys

        sys.stderr.write("concurlint: interrupted\n")
        return 130
