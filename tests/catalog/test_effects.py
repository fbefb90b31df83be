"""The tables of calls: every line is valid, the facts that rules rest on hold, and user lines are read."""

import re
from collections.abc import Mapping

import pytest

from concurlint.catalog import effects, tables
from concurlint.catalog.effects import CallFact, EffectKind, Effects
from concurlint.catalog.trouble import CatalogError

PACKAGES = tables.packages("calls")
KNOWN = re.compile(r"(probe|slow-call|slow-call and probe|siblings|source|symbols|docs|memory)( \S+){0,2}")
BLOCKING = {kind for kind in EffectKind if kind.startswith("block_")}


def fact(name: str) -> CallFact:
    found = Effects().lookup(name)
    assert found is not None, name
    return found


# laws of the shipped tables


@pytest.mark.parametrize("package", PACKAGES)
def test_every_line_of_a_table_can_be_read_and_belongs_to_it(package: str) -> None:
    for name, entry in effects.shipped(package).items():
        read = effects.read_fact(name, entry)
        assert name == package or name.startswith(f"{package}."), name
        assert {"effect", "gil", "known"} <= entry.keys(), name
        assert KNOWN.fullmatch(read.known), f"{name}: {read.known}"
        assert len(read.when) <= 100, name
        assert not read.when.endswith("."), name


@pytest.mark.parametrize("package", PACKAGES)
def test_cost_is_stated_for_what_computes_and_for_nothing_else(package: str) -> None:
    for name, entry in effects.shipped(package).items():
        computes = entry["effect"] in ("gil_cpu", "nogil_cpu")
        assert ("cost" in entry) == computes, name
        if "threshold" in entry or "threshold_elements" in entry:
            assert entry["effect"] == "nogil_cpu", name
            assert entry["gil"] == "partly", name


@pytest.mark.parametrize("package", PACKAGES)
def test_a_line_says_nothing_that_its_effect_already_says(package: str) -> None:
    for name, entry in effects.shipped(package).items():
        bare = effects.read_fact(name, {"effect": entry["effect"]})
        for field in ("blocks_loop", "waits"):
            assert field not in entry or entry[field] != getattr(bare, field), f"{name}: {field}"


@pytest.mark.parametrize("package", PACKAGES)
def test_what_stops_an_event_loop_also_waits_and_nothing_trivial_does(package: str) -> None:
    exempt = {EffectKind.BLOCK_LOCK}  # a lock may stop a loop, yet its holder may be computing
    for name, entry in effects.shipped(package).items():
        read = effects.read_fact(name, entry)
        if read.blocks_loop and read.effect not in exempt:
            assert read.waits, name
        if read.effect is EffectKind.NONE:
            assert (read.blocks_loop, read.waits, read.nonblocking) == (False, False, ()), name


@pytest.mark.parametrize("package", PACKAGES)
def test_an_alias_leads_to_a_class_or_module_with_lines(package: str) -> None:
    for other, name in effects.aliases(package).items():
        assert other.split(".")[0] == package
        seen = {other}
        while True:
            assert name not in seen, f"{other} leads to itself"
            seen.add(name)
            table = name.split(".")[0]
            lines = [line for line in effects.shipped(table) if line == name or line.startswith(f"{name}.")]
            if lines:
                break
            assert name in effects.aliases(table), f"{other} leads to {name}, of which nothing is known"
            name = effects.aliases(table)[name]


def test_no_shipped_call_was_lost() -> None:
    # 2270 measured or read facts were the seed; the tables hold them and what was added since.
    assert sum(len(effects.shipped(package)) for package in PACKAGES) >= 5000
    assert len(PACKAGES) >= 300


def forget() -> None:
    """No table has been read yet."""
    tables.of_package.cache_clear()
    tables.table.cache_clear()


def test_asking_for_one_call_reads_one_table() -> None:
    forget()
    found = Effects().lookup("threading.Thread.join")
    assert found is not None
    assert tables.table.cache_info().currsize == 1


def test_making_the_reader_reads_no_table() -> None:
    forget()
    Effects({"mylib.fetch": {"effect": "block_net"}})
    assert tables.table.cache_info().currsize == 0


# facts with their reasons


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("time.sleep", "block_sleep"),
        ("requests.get", "block_net"),
        ("requests.Session.post", "block_net"),
        ("requests.sessions.Session.put", "block_net"),
        ("httpx.Client.get", "block_net"),
        ("urllib3.PoolManager.request", "block_net"),
        ("urllib.request.urlopen", "block_net"),
        ("socket.socket.recv", "block_net"),
        ("smtplib.SMTP.sendmail", "block_net"),
        ("ftplib.FTP.retrbinary", "block_net"),
        ("psycopg2.extensions.cursor.execute", "block_net"),
        ("psycopg2.connect", "block_net"),
        ("psycopg.Cursor.execute", "block_net"),
        ("pymysql.cursors.DictCursor.execute", "block_net"),
        ("mysql.connector.cursor.MySQLCursor.execute", "block_net"),
        ("pymongo.collection.Collection.insert_one", "block_net"),
        ("redis.Redis.get", "block_net"),
        ("redis.StrictRedis.hgetall", "block_net"),
        ("botocore.client.BaseClient.put_object", "block_net"),
        ("boto3.client.list_buckets", "block_net"),
        ("paramiko.SSHClient.exec_command", "block_net"),
        ("grpc.UnaryUnaryMultiCallable.__call__", "block_net"),
        ("sqlalchemy.orm.Session.execute", "block_net"),
        ("sqlalchemy.orm.session.Session.commit", "block_net"),
        ("docker.DockerClient.containers.run", "block_net"),
        ("elasticsearch.Elasticsearch.search", "block_net"),
        ("kafka.KafkaConsumer.__next__", "block_net"),
        ("sqlite3.Cursor.execute", "block_disk"),
        ("threading.Lock.acquire", "block_lock"),
        ("threading.Thread.join", "block_lock"),
        ("queue.Queue.get", "block_lock"),
        ("multiprocessing.Queue.get", "block_process"),
        ("multiprocessing.Pool.map", "block_process"),
        ("multiprocessing.context.SpawnProcess.join", "block_process"),
        ("concurrent.futures.Future.result", "block_lock"),
        ("subprocess.run", "spawn_process"),
        ("subprocess.Popen.communicate", "block_process"),
        ("os.system", "spawn_process"),
        ("builtins.input", "block_tty"),
    ],
)
def test_a_coroutine_must_not_make_this_call(name: str, kind: str) -> None:
    found = fact(name)
    assert (found.effect, found.blocks_loop) == (kind, True)


@pytest.mark.parametrize(
    "name",
    [
        "logging.Logger.info",  # brief as a rule, and nobody logs otherwise
        "builtins.print",
        "builtins.open",  # plain disk access has a rule of its own
        "os.path.exists",
        "pathlib.Path.read_text",
        "socket.socket",
        "socket.gethostname",
        "socket.socket.bind",
        "ssl.SSLContext.wrap_socket",
        "select.epoll.register",
        "multiprocessing.Process.is_alive",
        "multiprocessing.Process.start",
        "subprocess.Popen",
        "subprocess.Popen.poll",
        "webbrowser.open",
        "threading.Lock.release",
        "threading.Lock.__enter__",  # held for a block; an await inside it is another rule's business
        "queue.Queue.put",  # waits only for a queue with a maxsize
        "queue.Queue.get_nowait",
        "concurrent.futures.ThreadPoolExecutor.__exit__",  # the usual way to end run_in_executor's pool
        "multiprocessing.connection.Connection.poll",  # its timeout is 0 unless given
        "redis.client.Pipeline.set",  # queued until execute
        "redis.Redis.pipeline",
        "redis.asyncio.Redis.hgetall",
        "pymongo.collection.Collection.find",  # a cursor that has not asked yet
        "websockets.connect",  # a coroutine
        "asyncio.sleep",
        "asyncio.Lock.acquire",
        "asyncio.run",  # a loop inside a loop is another rule's business
        "importlib.import_module",
        "hashlib.scrypt",
    ],
)
def test_a_coroutine_may_make_this_call(name: str) -> None:
    assert not fact(name).blocks_loop


@pytest.mark.parametrize(
    "name",
    [
        "difflib.SequenceMatcher.ratio",
        "copy.deepcopy",
        "json.dumps",
        "pickle.dumps",
        "builtins.sorted",
        "builtins.list.sort",
        "re.search",
        "re.Pattern.findall",
        "ast.parse",
        "builtins.compile",
        "itertools.permutations",
        "math.factorial",
        "decimal.Decimal.exp",
        "xml.dom.minidom.parseString",
        "bs4.BeautifulSoup",
        "pandas.DataFrame.iterrows",
        "scipy.linalg.inv",  # holds where numpy.linalg.inv releases
    ],
)
def test_this_call_is_heavy_and_holds_the_gil(name: str) -> None:
    found = fact(name)
    assert (found.effect, found.gil, found.cost) == ("gil_cpu", "held", "heavy")


@pytest.mark.parametrize(
    "name",
    [
        "builtins.int",
        "builtins.str",
        "builtins.dict",
        "builtins.tuple",
        "builtins.zip",
        "builtins.enumerate",
        "builtins.map",
        "builtins.filter",
        "builtins.str.join",
        "builtins.sum",
        "json.loads",
        "re.compile",  # kept from the last time
        "functools.reduce",
        "functools.lru_cache",
        "itertools.chain",
        "itertools.islice",
        "itertools.count",
        "heapq.heappush",
        "math.sqrt",
        "copy.copy",
        "boto3.client",
        "struct.pack",
    ],
)
def test_this_call_is_not_heavy_by_itself(name: str) -> None:
    found = fact(name)
    assert found.effect == "gil_cpu"
    assert found.cost in ("small", "data")


@pytest.mark.parametrize("name", ["builtins.range", "builtins.len", "builtins.isinstance", "builtins.list.append"])
def test_this_call_is_not_worth_a_word(name: str) -> None:
    assert fact(name).effect == "none"


@pytest.mark.parametrize(
    ("name", "threshold", "elements"),
    [
        ("hashlib.sha256", 2048, None),
        ("hashlib.new", 2048, None),
        ("hashlib.md5.update", 2048, None),
        ("_hashlib.HASH.update", 2048, None),
        ("hmac.new", 2048, None),
        ("hmac.digest", None, None),  # any size
        ("hashlib.pbkdf2_hmac", None, None),
        ("zlib.crc32", 5121, None),  # released above 5120 bytes
        ("zlib.compress", None, None),  # any size
        ("numpy.add", None, 500),
        ("numpy.ndarray.sum", None, 500),
    ],
)
def test_the_size_from_which_the_gil_is_released(name: str, threshold: int | None, elements: int | None) -> None:
    found = fact(name)
    assert found.effect == "nogil_cpu"
    assert (found.threshold, found.threshold_elements) == (threshold, elements)


@pytest.mark.parametrize(
    ("name", "waits"),
    [
        ("builtins.open", True),
        ("pathlib.Path.read_text", True),
        ("sqlite3.connect", True),
        ("queue.Queue.get", True),
        ("subprocess.run", True),
        ("json.load", True),  # reads the file it is given
        ("builtins.exec", True),  # what it runs is not known
        ("asyncio.run", True),
        ("builtins.print", False),
        ("logging.info", False),
        ("os.path.exists", False),
        ("os.getcwd", False),
        ("threading.Lock.acquire", False),  # the usual way to hand in a computed result
        ("threading.Lock.__enter__", False),
        ("queue.Queue.put", False),
        ("threading.Thread.start", False),
        ("builtins.sum", False),
    ],
)
def test_a_function_with_this_call_waits(name: str, waits: bool) -> None:
    assert fact(name).waits is waits


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("threading.Lock.acquire", (("blocking", 0, False), ("timeout", 1, 0))),
        ("threading.Event.wait", (("timeout", 0, 0),)),
        ("threading.Condition.wait_for", (("timeout", 1, 0),)),
        ("threading.Thread.join", (("timeout", 0, 0),)),
        ("queue.Queue.get", (("block", 0, False), ("timeout", 1, 0))),
        ("queue.Queue.put", (("block", 1, False), ("timeout", 2, 0))),
        ("concurrent.futures.Future.result", (("timeout", 0, 0),)),
        ("concurrent.futures.ThreadPoolExecutor.shutdown", (("wait", 0, False),)),
        ("select.select", (("timeout", 3, 0),)),
        ("os.waitpid", (("options", 1, "os.WNOHANG"),)),
        ("time.sleep", (("secs", 0, 0),)),
        ("filelock.FileLock.acquire", (("timeout", 0, 0), ("blocking", None, False))),
        ("requests.get", ()),
    ],
)
def test_the_arguments_with_which_a_call_does_not_wait(name: str, ways: object) -> None:
    assert fact(name).nonblocking == ways


def test_unknown_names_are_unknown() -> None:
    shipped = Effects()
    names = (
        "mylib.fetch",
        "threading.Thread.fly",
        "threading",
        "",
        "..",
        "redis.Redis._pack",
        "os/../os.read",
    )
    assert [shipped.lookup(name) for name in names] == [None] * len(names)


def test_an_alias_keeps_the_name_that_was_asked_for() -> None:
    assert fact("pathlib.PosixPath.read_text").name == "pathlib.PosixPath.read_text"
    assert fact("posixpath.exists").effect == fact("os.path.exists").effect


# lines of the user


def test_the_effect_alone_decides_what_is_left_out() -> None:
    mine = Effects({"mylib.fetch": {"effect": "block_net"}, "mylib.crunch": {"effect": "gil_cpu"}})
    assert mine.lookup("mylib.fetch") == CallFact(
        "mylib.fetch", EffectKind.BLOCK_NET, "released", blocks_loop=True, waits=True, known="config"
    )
    assert mine.lookup("mylib.crunch") == CallFact(
        "mylib.crunch", EffectKind.GIL_CPU, "held", cost="heavy", known="config"
    )


@pytest.mark.parametrize("kind", EffectKind)
def test_only_waiting_effects_wait_unless_told_otherwise(kind: EffectKind) -> None:
    read = effects.read_fact("a.b", {"effect": str(kind)})
    assert read.waits == (kind in BLOCKING or kind is EffectKind.AWAIT)
    assert read.blocks_loop == (kind in BLOCKING and kind is not EffectKind.BLOCK_DISK)


def test_a_users_line_wins_over_the_shipped_one() -> None:
    mine = Effects({"time.sleep": {"effect": "none"}, "requests.*": {"effect": "block_lock"}})
    sleep, get = mine.lookup("time.sleep"), mine.lookup("requests.get")
    assert sleep is not None
    assert get is not None
    assert (sleep.effect, get.effect) == ("none", "block_lock")
    assert fact("time.sleep").effect == "block_sleep"


def test_a_star_stands_for_every_public_method() -> None:
    mine = Effects({"mylib.Client.*": {"effect": "block_net"}, "mylib.Client.name": {"effect": "none"}})
    found = [mine.lookup(f"mylib.Client.{method}") for method in ("get", "name", "_private", "__enter__")]
    assert [each and each.effect for each in found] == ["block_net", "none", None, None]


def test_ways_not_to_wait_are_read() -> None:
    entry = {"effect": "block_lock", "nonblocking": [["block", 0, False], ["wait", "mylib.NOW"]]}
    read = effects.read_fact("mylib.take", entry)
    assert read.nonblocking == (("block", 0, False), ("wait", None, "mylib.NOW"))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"efect": "block_net"}, "calls: `a.b`: no field `efect`; did you mean `effect`?"),
        ({"effect": "blok_net"}, "calls: `a.b`: `effect` can't be `blok_net`; did you mean `block_net`?"),
        (
            {"effect": "gil_cpu", "cost": "heavie"},
            "calls: `a.b`: `cost` can't be `heavie`; did you mean `heavy`?",
        ),
        (
            {"effect": "gil_cpu", "gil": "xyz"},
            "calls: `a.b`: `gil` can't be `xyz`; known are `held`, `partly`, `released`",
        ),
        ({"gil": "held"}, "calls: `a.b`: `effect` is missing"),
        ({"c": {"effect": "none"}}, 'calls: `a.b`: write the dotted name in quotes: "a.b.c"'),
        ({"effect": 3}, "calls: `a.b`: `effect` must be text, not 3"),
        ({"effect": "none", "waits": "yes"}, "calls: `a.b`: `waits` must be true or false, not 'yes'"),
        (
            {"effect": "nogil_cpu", "threshold": True},
            "calls: `a.b`: `threshold` must be a whole number, not True",
        ),
        (
            {"effect": "block_lock", "nonblocking": [["x"]]},
            "calls: `a.b`: `nonblocking` holds ['x'], not [keyword, position, value]",
        ),
    ],
)
def test_a_wrong_line_is_named_with_the_nearest_right_word(entry: Mapping[str, object], says: str) -> None:
    with pytest.raises(CatalogError) as caught:
        Effects({"a.b": entry})
    assert str(caught.value) == says


@pytest.mark.parametrize("name", ["a b", "", "a..b", "a.1", "*", "a.*.b"])
def test_a_name_that_is_not_dotted_is_refused(name: str) -> None:
    with pytest.raises(CatalogError, match="is not a dotted name"):
        Effects({name: {"effect": "none"}})


def test_a_line_that_is_no_table_is_refused() -> None:
    with pytest.raises(CatalogError, match="must be a table"):
        Effects({"a.b": "block_net"})  # type: ignore[dict-item]
