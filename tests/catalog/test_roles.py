"""The tables of roles: readable, of one shape, and true of the Python that runs the tests."""

import importlib
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import concurlint.catalog
from concurlint.catalog.effects import Effects, shipped
from concurlint.catalog.entries import RunsRole, ShellRole, Where
from concurlint.catalog.roles import Roles
from concurlint.catalog.tables import packages
from concurlint.catalog.traits import Trait, has, may

TABLES = sorted((Path(concurlint.catalog.__file__).parent / "roles").glob("*.toml"))
README = (Path(concurlint.catalog.__file__).parent / "README.md").read_text("utf-8")
DOCUMENTED = dict(re.findall(r"^\| `([\w-]+)` \| (.+) \|$", README, re.MULTILINE))
LISTS = {"traits", "methods"}
WORDS = ("returns", "keeps", "inputs", "starts", "remedies", "asks", "pickling", "loops", "bound", "polled")
KEPT = {"same", "property", "static", "class", "context"}
SHELLS = {"always", "never", "string", "flag", "remote"}
# Of a method that gives back the object it was called on.
SELF = "self"
# A position no call has: the parameter is keyword-only.
KEYWORD_ONLY = 99

# What is true of a name, but not to be seen on the name itself.
ALIASES_OF_FACTORIES = {"multiprocessing.Pool", "multiprocessing.pool.ThreadPool"}
PASSES_ON = {"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"}

roles = Roles()


def tables(*, everything: bool = False) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(package, section, its lines) of every table."""
    for path in TABLES:
        if path.stem == "_patterns" and not everything:  # names with stars, of no one package
            continue
        for section, lines in tomllib.loads(path.read_text("utf-8")).items():
            yield path.stem, section, lines


def lines_of(*sections: str) -> list[tuple[str, Any]]:
    return [(name, line) for _, section, lines in tables() if section in sections for name, line in lines.items()]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_table_is_read_by_the_reader(path: Path) -> None:
    assert path.stem.isidentifier()
    assert roles.class_role(f"{path.stem}.there.is.no.such.name") is None


def test_a_table_has_documented_sections_and_names_of_its_own_package() -> None:
    wrong = []
    for package, section, lines in tables():
        if section not in DOCUMENTED:
            wrong.append(f"{package}: [{section}]")
        names = [name for listed in lines.values() for name in listed] if section == "traits" else list(lines)
        for name in names:
            parts = name.removesuffix("[many]").split(".")  # a subscription with a list, a slice or a mask
            if parts[0] != package or not all(part.isidentifier() for part in parts):
                wrong.append(f"{package}: {name}")
    assert wrong == []


def test_each_trait_is_documented_and_of_some_name() -> None:
    given = {trait for _, section, lines in tables(everything=True) if section == "traits" for trait in lines}
    methods = [own for _, section, lines in tables(everything=True) if section == "methods" for own in lines.values()]
    given |= {trait for traits in methods for trait in traits}
    assert sorted(given) == sorted(get_args(Trait))
    assert given <= set(DOCUMENTED)


def test_no_name_is_listed_twice_for_a_trait() -> None:
    wrong = []
    for package, section, lines in tables(everything=True):
        listed = lines.items() if section == "traits" else []
        if section == "methods":
            listed = [(f"{owner}: {trait}", names) for owner, own in lines.items() for trait, names in own.items()]
        wrong += [f"{package}: {trait}" for trait, names in listed if len(set(names)) != len(names)]
    assert wrong == []


def test_a_trait_is_inherited_and_one_of_methods_is_guessed_by_their_name() -> None:
    assert has("gathers", "asyncio.gather")
    assert not has("gathers", "asyncio.sleep")
    assert has("seeds", "random.SystemRandom.seed")
    assert may("waits-for-others", "serve_forever")
    assert not may("waits-for-others", "append")


def test_a_line_of_words_is_words() -> None:
    assert [
        name for name, line in lines_of(*WORDS) if not isinstance(line, str) or line != line.strip() or not line
    ] == []


def test_a_result_is_a_dotted_class_and_not_the_other_name_of_one() -> None:
    wrong = []
    for name, result in lines_of("returns"):
        if result in (SELF, "@awaited", "@entered", "builtins.NoneType"):
            continue
        if not all(part.isidentifier() for part in result.split(".")) or "." not in result:
            wrong.append(name)
        elif result != roles.canonical(result):
            wrong.append(f"{name}: {result} is known as {roles.canonical(result)}")
    assert wrong == []


def test_a_result_is_a_class_that_some_table_describes() -> None:
    results = {result for _, result in lines_of("returns")} - {SELF, "@awaited", "@entered", "builtins.NoneType"}
    called = {name.rpartition(".")[0] for package in packages("calls") for name in shipped(package)}
    undescribed = {result for result in results if roles.class_role(result) is None and result not in called}
    assert undescribed == set()


def test_bases_and_other_names_lead_to_classes_that_exist_in_a_table() -> None:
    wrong = []
    for name, line in lines_of("classes"):
        wrong += [f"{name}: {base}" for base in line.get("bases", ()) if roles.class_role(base) is None]
        if line.get("same") == name or (set(line) > {"same"} and "same" in line):
            wrong.append(f"{name}: same")
    assert wrong == []


def test_other_names_end_somewhere() -> None:
    for name, _ in lines_of("classes"):
        known = roles.canonical(name)
        assert roles.canonical(known) == known


def test_no_class_is_its_own_ancestor() -> None:
    for name, line in lines_of("classes"):
        above = {each for base in line.get("bases", ()) for each in roles.ancestry(base)}
        assert roles.canonical(name) not in above


def test_lines_stand_under_the_name_that_things_are_known_by() -> None:
    """Names are made canonical before they are looked up: a line under another name is never found."""
    sections = ("returns", "runs", "overrides", "decorators", "keeps", "inputs", "shells", "starts")
    lost = [f"{name} → {roles.canonical(name)}" for name, _ in lines_of(*sections) if roles.canonical(name) != name]
    assert lost == []


def test_a_subclass_hides_nothing_that_its_base_says() -> None:
    """A method is looked up under the first class of the ancestry for which any table knows it."""
    known = {section: {name for name, _ in lines_of(section)} for section in ("runs", "decorators", "shells")}
    hidden = []
    for name, line in lines_of("classes"):
        if "same" in line:  # another name, which is looked up as the one it is known by
            continue
        for section, names in known.items():
            for base in roles.ancestry(name)[1:]:
                for line in names:
                    owner, _, method = line.rpartition(".")
                    own = f"{name}.{method}"
                    if owner == base and own not in names and Effects().lookup(own) is not None:
                        hidden.append(f"[{section}] {own}")
    assert hidden == []


def test_work_runs_somewhere_known() -> None:
    places = set(get_args(Where))
    assert [name for name, line in lines_of("runs", "overrides", "decorators") if line["on"] not in places] == []


def test_parameters_are_a_name_and_a_position() -> None:
    wrong = []
    for name, line in lines_of("runs", "shells"):
        for key in ("work", "items", "arguments", "keywords", "pool", "command", "flag"):
            if key in line:
                parameter, position = line[key]
                if not parameter.isidentifier() or type(position) is not int or position < 0:
                    wrong.append(f"{name}: {key}")
    assert wrong == []


def test_a_shell_is_of_a_known_kind_and_a_flag_has_a_parameter() -> None:
    for name, line in lines_of("shells"):
        shell = line.get("shell", "never")
        assert shell in SHELLS, name
        assert (shell == "flag") == ("flag" in line), name


def test_hooks_say_in_words_what_they_are_and_overrides_name_methods() -> None:
    for name, line in lines_of("overrides", "decorators"):
        assert line["what"], name
    for name, line in lines_of("overrides"):
        assert line["methods"], name
        assert len(set(line["methods"])) == len(line["methods"]), name


def test_decorators_leave_something_known() -> None:
    assert {line for _, line in lines_of("keeps")} <= KEPT


def test_remedies_fit_a_help_line() -> None:
    long = [name for name, line in lines_of("remedies") if len(line) > 90 or line.endswith(".")]
    assert long == []


def found(name: str) -> Any:
    """The object of the standard library that `name` stands for; LookupError where this Python has none."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            here: Any = importlib.import_module(".".join(parts[:cut]))
            for part in parts[cut:]:
                here = getattr(here, part)
        except (ImportError, AttributeError):
            continue
        return here
    raise LookupError(name)


def parameters(name: str) -> list[inspect.Parameter]:
    """What a caller of `name` may pass, in order; empty where Python does not tell."""
    thing = found(name)
    try:
        said = list(inspect.signature(thing.__init__ if inspect.isclass(thing) else thing).parameters.values())
    except (TypeError, ValueError):
        return []
    return said[1:] if said and said[0].name in ("self", "cls") else said


STDLIB = [path.stem for path in TABLES if path.stem in sys.stdlib_module_names]
# Not in every Python, or not on every system.
SOME_PYTHONS = {
    "typing.override",
    "warnings.deprecated",
    "pathlib.Path.walk",
    "_thread.start_joinable_thread",
    "concurrent.futures.InterpreterPoolExecutor",
    "concurrent.futures.InterpreterPoolExecutor.shutdown",
    "concurrent.interpreters.Queue",
    "select.kqueue",
    "select.kqueue.control",
    "_thread.start_new",
    "http.server.CGIHTTPRequestHandler",
}
GONE_MODULES = {"asyncore", "nntplib", "pipes", "telnetlib"}


@pytest.mark.parametrize("section", ["runs", "overrides", "shells", "keeps"])
def test_the_standard_library_has_what_the_tables_name(section: str) -> None:
    missing = []
    for package, its_section, lines in tables():
        if package not in STDLIB or package in GONE_MODULES or its_section != section:
            continue
        for name in lines:
            if any(name.startswith(f"{alias}.") for alias in ALIASES_OF_FACTORIES):
                name = name.replace("multiprocessing.Pool.", "multiprocessing.pool.Pool.")
            try:
                found(name)
            except LookupError:
                missing.append(name)
    assert set(missing) <= SOME_PYTHONS


def test_parameters_of_the_standard_library_stand_where_the_tables_say() -> None:
    wrong = []
    for package, section, lines in tables():
        if package not in STDLIB or section not in ("runs", "shells"):
            continue
        for name, line in lines.items():
            if name in PASSES_ON or name in SOME_PYTHONS:
                continue
            real = parameters(name.replace("multiprocessing.Pool", "multiprocessing.pool.Pool"))
            for key in ("work", "items", "arguments", "keywords", "pool", "command", "flag"):
                if not real or key not in line:
                    continue
                parameter, position = line[key]
                at = next((i for i, each in enumerate(real) if each.name == parameter), None)
                if at is None and any(each.kind is each.VAR_POSITIONAL for each in real[: position + 1]):
                    continue
                if at is None or (at != position and real[at].kind is not inspect.Parameter.KEYWORD_ONLY):
                    wrong.append(f"{name}: {key} = {line[key]}, really {at}")
    assert wrong == []


@pytest.mark.parametrize(
    ("spelling", "known"),
    [
        ("flask.app.Flask.route", "flask.Flask.route"),
        ("django.views.generic.base.View", "django.views.View"),
        ("fastapi.routing.APIRouter.get", "fastapi.APIRouter.get"),
        ("requests.api.get", "requests.get"),
        ("requests.sessions.Session.get", "requests.Session.get"),
        ("billiard.Process", "multiprocessing.Process"),
        ("billiard.pool.Pool.map", "multiprocessing.Pool.map"),
        ("gevent.subprocess.run", "subprocess.run"),
        ("pathos.multiprocessing.ProcessingPool.map", "pathos.pools.ProcessPool.map"),
        ("torch.multiprocessing.get_context", "multiprocessing.get_context"),
        ("celery.Task.delay", "celery.app.task.Task.delay"),
    ],
)
def test_one_thing_has_one_name(spelling: str, known: str) -> None:
    assert roles.canonical(spelling) == known


@pytest.mark.parametrize(
    ("name", "on", "many"),
    [
        ("flask.Flask.route", "thread", True),
        ("fastapi.FastAPI.get", "thread", True),
        ("fastapi.FastAPI.websocket", "task", True),
        ("celery.shared_task", "process", True),
        ("apscheduler.schedulers.background.BackgroundScheduler.scheduled_job", "thread", False),
        ("asgiref.sync.sync_to_async", "thread", False),
        ("aiohttp.web.RouteTableDef.get", "task", True),
    ],
)
def test_frameworks_run_decorated_functions(name: str, on: str, many: bool) -> None:
    hook = roles.decorator(name)
    assert hook is not None
    assert (hook.on, hook.many) == (on, many)


@pytest.mark.parametrize(
    ("name", "method", "on", "many", "owner"),
    [
        ("flask.views.MethodView", "get", "thread", True, "own"),
        ("django.views.View", "post", "thread", True, "own"),
        ("django.contrib.admin.ModelAdmin", "save_model", "thread", True, "shared"),
        ("django.utils.deprecation.MiddlewareMixin", "process_request", "thread", True, "shared"),
        ("http.server.BaseHTTPRequestHandler", "do_GET", "thread", True, "own"),
        ("socketserver.BaseRequestHandler", "handle", "thread", True, "own"),
        ("watchdog.events.FileSystemEventHandler", "on_modified", "thread", False, "shared"),
        ("tornado.web.RequestHandler", "get", "task", True, "own"),
        ("PyQt6.QtCore.QThread", "run", "thread", False, "shared"),
        ("twisted.internet.protocol.BaseProtocol", "dataReceived", "main", False, "own"),
    ],
)
def test_frameworks_call_overridden_methods(name: str, method: str, on: str, many: bool, owner: str) -> None:
    hook = roles.override(name)
    assert hook is not None
    assert method in hook.methods
    assert (hook.on, hook.many, hook.owner) == (on, many, owner)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("django.views.generic.ListView", "django.views.View"),
        ("rest_framework.viewsets.ModelViewSet", "django.views.View"),
        ("http.server.SimpleHTTPRequestHandler", "socketserver.BaseRequestHandler"),
        ("http.server.ThreadingHTTPServer", "socketserver.ThreadingMixIn"),
        ("watchdog.events.PatternMatchingEventHandler", "watchdog.events.FileSystemEventHandler"),
        ("fabric.Connection", "invoke.Context"),
    ],
)
def test_library_classes_have_their_bases(name: str, base: str) -> None:
    assert base in roles.ancestry(name)


@pytest.mark.parametrize("name", ["logging.Handler", "logging.StreamHandler", "pika.BlockingConnection"])
def test_what_a_lock_or_the_caller_protects_is_no_entry_point(name: str) -> None:
    assert roles.override(name) is None


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (
            "apscheduler.schedulers.base.BaseScheduler.add_job",
            RunsRole(
                "apscheduler.schedulers.base.BaseScheduler.add_job",
                ("func", 0),
                "thread",
                arguments=("args", 2),
                keywords=("kwargs", 3),
                event=True,
            ),
        ),
        (
            "twisted.internet.threads.deferToThread",
            RunsRole("twisted.internet.threads.deferToThread", ("f", 0), "thread", rest=True),
        ),
        ("anyio.to_thread.run_sync", RunsRole("anyio.to_thread.run_sync", ("func", 0), "thread", rest=True)),
        ("signal.signal", RunsRole("signal.signal", ("handler", 1), "main", drops=True)),
    ],
)
def test_calls_have_others_run_their_work(name: str, role: RunsRole) -> None:
    assert roles.runs(name) == role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (
            "anyio.run_process",
            ShellRole("anyio.run_process", ("command", 0), "string", instead="anyio.run_process([…])"),
        ),
        (
            "trio.run_process",
            ShellRole(
                "trio.run_process",
                ("command", 0),
                "flag",
                ("shell", KEYWORD_ONLY),
                instead="trio.run_process([…])",
            ),
        ),
        ("invoke.run", ShellRole("invoke.run", ("command", 0), "always")),
        ("fabric.Connection.run", ShellRole("fabric.Connection.run", ("command", 0), "remote")),
    ],
)
def test_shells_read_what_they_are_given(name: str, role: ShellRole) -> None:
    assert roles.shell(name) == role


@pytest.mark.parametrize("name", ["pexpect.run", "plumbum.local", "sh.ls", "paramiko.SSHClient.exec_command"])
def test_what_starts_no_shell_is_not_among_them(name: str) -> None:
    assert roles.shell(name) is None


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("sqlite3.connect", "sqlite3.Connection"),
        ("sqlite3.Connection.cursor", "sqlite3.Cursor"),
        ("sqlite3.Connection.execute", "sqlite3.Cursor"),
        ("logging.getLogger", "logging.Logger"),
        ("time.monotonic", "builtins.float"),
        ("random.randint", "builtins.int"),
        ("math.sqrt", "builtins.float"),
        ("requests.get", "requests.Response"),
        ("pathlib.Path.read_text", "builtins.str"),
        ("argparse.ArgumentParser.parse_args", "argparse.Namespace"),
    ],
)
def test_results_have_a_class(name: str, result: str) -> None:
    assert roles.returns(name) == result


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("argparse.Namespace", "the command line"),
        ("flask.request.args.get", "an HTTP request"),
        ("requests.Response.text", "the network"),
        ("pathlib.Path.glob", "file names"),
        ("json.load", "a file"),
        ("json.loads", ""),
        ("getpass.getpass", "the user's input"),
        ("tempfile.mkdtemp", ""),
    ],
)
def test_values_come_from_outside(name: str, source: str) -> None:
    assert roles.comes_from_outside(name) == source


@pytest.mark.parametrize("name", ["six.moves.shlex_quote", "shellescape.quote"])
def test_other_quotes_are_known(name: str) -> None:
    assert has("quotes", name)


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("click.command", "same"),
        ("tenacity.retry", "same"),
        ("dataclasses.dataclass", "same"),
        ("django.utils.functional.cached_property", "property"),
        ("numba.jit", ""),
        ("oslo_concurrency.lockutils.synchronized", ""),
    ],
)
def test_decorators_keep_the_function_or_not(name: str, left: str) -> None:
    assert roles.keeps(name) == left


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("anyio.Lock", "async-lock"),
        ("gevent.lock.RLock", "green-lock"),
        ("filelock.FileLock", "file-lock"),
        ("cachetools.TTLCache", "dict"),
        ("weakref.WeakValueDictionary", "dict"),
        ("itertools.count", "counter"),
        ("loky.ProcessPoolExecutor", "process-pool"),
        ("multiprocess.Pool", "process-pool"),
        ("watchdog.observers.Observer", "thread"),
    ],
)
def test_objects_have_a_kind(name: str, kind: str) -> None:
    assert roles.kind(name) == kind


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("multiprocess.Pool", "a pool of worker processes"),
        ("torch.multiprocessing.spawn", "worker processes"),
        ("loky.ProcessPoolExecutor", ""),
        ("joblib.Parallel", ""),
    ],
)
def test_process_machinery_starts_where_a_guard_is_needed(name: str, starts: str) -> None:
    assert roles.starts(name) == starts


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("time.sleep", "await asyncio.sleep"),
        ("subprocess.run", "await asyncio.create_subprocess_exec(...)"),
        ("requests.Session.get", "httpx.AsyncClient or aiohttp, or await asyncio.to_thread(...)"),
        ("sqlite3.Connection.execute", "aiosqlite, or await asyncio.to_thread(...)"),
        ("smtplib.SMTP.send_message", "aiosmtplib, or await asyncio.to_thread(...)"),
        ("concurrent.futures.Future.result", "await asyncio.wrap_future(future)"),
        ("os.path.join", ""),
        ("nowhere.known", ""),
    ],
)
def test_blocking_calls_have_a_remedy_of_their_own_or_of_their_class(name: str, remedy: str) -> None:
    assert roles.remedy(name) == remedy


def test_objects_that_run_overrides_are_shared_or_made_for_each_call() -> None:
    owners = {line.get("owner", "shared") for _, line in lines_of("overrides", "decorators")}
    assert owners == {"shared", "own"}


def test_generated_classes_are_known_by_the_pattern_of_their_names() -> None:
    hook = roles.pattern("shop.orders_pb2_grpc.OrdersServicer")
    assert hook is not None
    assert (hook.on, hook.many) == ("thread", True)
    assert roles.pattern("shop.orders.OrdersServicer") is None


def test_a_callback_stored_in_an_attribute_has_a_thread() -> None:
    assert roles.assigned("threading.excepthook") is not None
    assert roles.assigned("paho.mqtt.client.Client.on_message") is not None
    assert roles.assigned("threading.setprofile") is None
