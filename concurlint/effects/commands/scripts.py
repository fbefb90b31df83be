"""Scripts for a shell that a command itself names: `sh -c`, also behind `sudo` and `env`, `su -c`, `cmd /c`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concurlint.catalog.shells import shell_words
from concurlint.facts.syntax import Argument, Binary, Call, Collection, Expression, Star, Text
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Container, Literal

_OPTION = re.compile(r"-[A-Za-z]*c")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, as an expression in `code`; its text where that is constant, else ""."""

    expression: Expression
    code: Code
    text: str

    @property
    def program(self) -> str:
        """The name of the program, if the word names one by its path."""
        return self.text.replace("\\", "/").rpartition("/")[2].removesuffix(".exe").lower()


@dataclass(frozen=True, slots=True)
class Script:
    """What a shell is given to read, and the shell with its option, as far as they are constant."""

    text: Expression
    code: Code
    named: str


class Scripts:
    """Reads commands word by word."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def words(self, expression: Expression, code: Code) -> tuple[Word, ...] | None:
        """The words of a list that is written out, also in several parts put together; None for other things."""
        match expression:
            case Collection(items=items):
                return tuple(word for item in items for word in self._of_item(item, code))
            case Binary(operator="Add", left=left, right=right):
                first, last = self.words(left, code), self.words(right, code)
                return None if first is None or last is None else first + last
        value = self._evaluator.values(expression, code).only()
        if isinstance(value, Container) and not value.annotated and value.origin is not expression:
            return self.words(value.origin, value.code)
        return None

    def arguments(self, arguments: Sequence[Argument], code: Code) -> tuple[Word, ...]:
        """The words that a call passes one by one."""
        plain = [Star(a.value, a.value.at) if a.star == 1 else a.value for a in arguments if a.keyword is None]
        return tuple(word for item in plain for word in self._of_item(item, code))

    def _of_item(self, item: Expression, code: Code) -> Iterator[Word]:
        if not isinstance(item, Star):
            yield Word(item, code, self._text(item, code))
            return
        inner = self.words(item.value, code)
        if inner is None:
            yield Word(item, code, "")
        else:
            yield from inner

    def _text(self, expression: Expression, code: Code) -> str:
        value = self._evaluator.values(expression, code).only()
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""

    def of(self, words: Sequence[Word], program: str = "") -> Script | None:
        """The script in a command; `program` is what runs in place of the first word."""
        for index, word in enumerate(words):
            name = Word(word.expression, word.code, program).program if program and index == 0 else word.program
            if index and not (words[0].program in shell_words("starters") or words[0].program in shell_words("posix")):
                return None
            script = self._behind(name, words[index + 1 :])
            if script is not None:
                named = script.named if index == 0 else f"{words[0].program} {script.named}"
                return Script(script.text, script.code, named)
        return None

    def _behind(self, program: str, words: Sequence[Word]) -> Script | None:
        """The script behind a shell's name."""
        if program in shell_words("posix"):
            return _behind_option(program, words, options_only=True)
        if program in shell_words("users"):
            return _behind_option(program, words, options_only=False)
        if program in shell_words("windows") and len(words) > 1:
            if words[0].text.lower() in shell_words("windows-options"):
                text = words[1].expression
                if len(words) > 2:
                    text = Text(tuple(word.expression for word in words[1:]), text.at)
                return Script(text, words[1].code, f"{program} {words[0].text}")
        return None


def _behind_option(program: str, words: Sequence[Word], *, options_only: bool) -> Script | None:
    """What follows `-c`, `-lc`, `--command`; for a shell only options may stand before it."""
    for index, word in enumerate(words[:-1]):
        if _OPTION.fullmatch(word.text) or word.text == "--command":
            script = words[index + 1]
            return Script(script.expression, script.code, f"{program} {word.text}")
        if options_only and not word.text.startswith("-"):
            return None
    return None


def stray_operator(words: Sequence[Word]) -> str:
    """An operator of the shell that stands among the words as if a shell read them; "" if there is none."""
    if not words or words[0].program in shell_words("own-operators"):
        return ""
    for before, word, *after in zip(words, words[1:], [*words[2:], None], strict=False):
        if before.text.startswith("-") or (before is words[0] and word.text != "&&"):
            continue
        if word.text in shell_words("operators") and after != [None]:
            return word.text
        if word.text in shell_words("last-operators"):
            return word.text
    return ""


def called_words(call: Call, position: int, scripts: Scripts, code: Code) -> tuple[Word, ...]:
    """The words that a call passes one by one, from a position on."""
    plain = [argument for argument in call.arguments if argument.keyword is None]
    return scripts.arguments(plain[position:], code)
