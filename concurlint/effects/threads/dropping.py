"""Results of calls that nobody gets."""

from concurlint.facts.records import CallSite
from concurlint.project.modules import Code


def is_dropped(code: Code, site: CallSite) -> bool:
    """Whether nobody gets the result of a call: it is an expression statement, or in a name that is never read."""
    if site.dropped:
        return True
    if code.scope.kind != "function":
        return False
    for name, bindings in code.scope.bindings.items():
        if any(b.value is site.call and b.kind == "assign" and not b.path for b in bindings):
            if name in code.scope.globals | code.scope.nonlocals:
                return False
            return not any(name in part.scope.uses or name in part.scope.nonlocals for part in code.family())
    return False
