"""The processes of a program, listed as they come and go."""

import os
import subprocess

from concurlint.runtime.family import Family
from concurlint.runtime.relatives import Relatives
from concurlint.runtime.samples import ProcessSeen


def test_a_child_is_known_by_its_command_and_how_long_it_was_there():
    relatives = Relatives()
    family = Family(os.getpid())
    relatives.renew(family.members, 10)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        while child.pid not in family.members or b"cat" not in family.members[child.pid].identity[1][:4]:
            family.renew()
        relatives.renew(family.members, 20)
    family.renew()
    relatives.renew(family.members, 30)
    family.close()
    seen = {one.pid: one for one in relatives.seen({os.getpid(): ("OpenBLAS",)})}
    one = seen[child.pid]
    assert one == ProcessSeen(child.pid, os.getpid(), ("cat",), False, 20, 30, one.cpu_ns, (), one.moved)
    # The loader has read its libraries.
    assert one.moved > 0
    assert seen[os.getpid()].is_python
    assert seen[os.getpid()].libraries == ("OpenBLAS",)
    assert seen[os.getpid()].first == 10
