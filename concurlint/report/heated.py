"""What a measured run says of a finding, in words and for machines."""

from collections import Counter
from collections.abc import Sequence

from concurlint.heat import Heat, Mark
from concurlint.report.profiled import wording
from concurlint.report.profiled.text import parts

_ENDINGS = {
    Mark.CONFIRMED: ": the run confirms it",
    Mark.RAN: "",
    Mark.UNSEEN: "",
    Mark.COLD: ": cold",
}


def told(heat: Heat) -> str:
    """One line: how long, in which states, and what follows."""
    if heat.mark is Mark.UNSEEN:
        return "not seen: the run does not tell"
    if heat.mark is Mark.COLD:
        return f"less than {wording.seconds(heat.high)}: cold"
    spent = sum(heat.states.values())
    threads = f" in {heat.threads} threads" if heat.threads > 1 else ""
    return f"{wording.seconds(spent)}{threads}, {parts(heat.states, spent, most=3)}{_ENDINGS[heat.mark]}"


def properties(heat: Heat) -> dict[str, object]:
    """For machines: seconds of the states that the finding is about, and their 95 % interval."""
    return {
        "measured": {
            "mark": heat.mark.value,
            "seconds": round(heat.seconds, 6),
            "low": round(heat.low, 6),
            "high": round(heat.high, 6),
            "threads": heat.threads,
            "states": {state.value: round(seconds, 6) for state, seconds in heat.states.items()},
        }
    }


def summary(heats: Sequence[Heat]) -> str:
    """How many findings the run confirms, and how many are cold."""
    counts = Counter(heat.mark for heat in heats)
    said = {
        Mark.CONFIRMED: "confirmed by the run",
        Mark.RAN: "seen running",
        Mark.UNSEEN: "not seen",
        Mark.COLD: "cold",
    }
    return ", ".join(f"{counts[mark]} {says}" for mark, says in said.items() if counts[mark])
