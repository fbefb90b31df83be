"""marimo's files as they run."""

import ast

from concurlint.documents.marimo import flattened, is_marimo

FILE = """\
import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import time
    return (time,)


@app.cell(
    hide_code=True
)
async def _(
    time,
):
    # noqa here
    def work():
        return time.time()

    work()
    return


@app.function
def double(x):
    return 2 * x


if __name__ == "__main__":
    app.run()
"""
FLAT = """\
import marimo

app = marimo.App(width="full")


if True:

    import time
    pass


if True:





    # noqa here
    def work():
        return time.time()

    work()
    pass


@app.function
def double(x):
    return 2 * x


if __name__ == "__main__":
    app.run()
"""


def test_the_bodies_of_cells_stand_at_the_top_level_on_the_same_lines():
    assert is_marimo(FILE.encode())
    assert flattened(FILE) == FLAT
    assert ast.parse(FLAT)


def test_what_has_no_cells_or_cannot_be_parsed_stays_what_it_is():
    other = "import marimo\n\napp = Flask()\n\n\n@app.cell\ndef f():\n    pass\n"
    assert flattened(other) is None
    assert flattened("import marimo\n@app.cell\ndef f(:\n") is None
    assert not is_marimo(b"# import marimo some day\n@app.cell\n")
