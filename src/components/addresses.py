"""Addresses in a configuration: they are logged, cached and shown, so that no secret may stand in one.

Which texts are secret nobody can tell by looking. So the rule is the other way round: a parameter of the query is
harmless where its name is known to be, where it is filled in (`{symbol}`), or where the configuration declares it.
"""

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote, urlsplit

ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]*")
WEB = frozenset({"http", "https", "ws", "wss", "ftp", "ftps"})
_HARMLESS = """
    from to start end startdate enddate starttime endtime startat endat fromdate todate since until before after begin
    date dates time period period1 period2 range interval timeframe tf resolution granularity frequency freq step every
    bar bars symbol symbols ticker tickers instrument instruments pair pairs market markets exchange exchanges venue
    mic asset assets currency currencies base quote quotes limit count size pagesize perpage page pagenumber offset max
    maxresults sort sortby order orderby direction asc desc format fmt output outputsize datatype type kind adjusted
    adjust adjustment adj split splits dividends events includeprepost prepost extended feed tz timezone lang language
    locale fields columns function series dataset version v compact sep delimiter precision unit units region country
    class category asof calendar source sslmode connecttimeout applicationname charset driver
"""
HARMLESS = frozenset(_HARMLESS.split())
_NAMES_OF_KEYS = """
    key apikey apitoken accesskey accesstoken accesskeyid appid appkey appsecret auth authkey authtoken authorization
    bearer client clientid clientsecret credential credentials hash hmac jwt license licence login pass passwd
    password passphrase private privatekey pw pwd secret secretkey session sessionid sid sig signature sign
    subscriptionkey token user userid username
"""
SECRET = frozenset(_NAMES_OF_KEYS.split())
KEY_LIKE = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_\-]{20,}")
"""Letters and digits without a word's shape, as long as keys are."""
NO_ADDRESS = "is no address: its host or port cannot be read"
NAMED = re.compile(r"[A-Za-z][A-Za-z_.\-]{0,39}")
FILLED_IN = re.compile(r"\{(symbol|start|end)\}")


def flaws(address: str, harmless: Collection[str] = ()) -> Iterator[str]:
    """Where a secret may stand in an address, one clause each, which never repeats it; harmless: names of parameters,
    or parts of the path, that the configuration declares."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        yield NO_ADDRESS
        return
    declared = {plain(name) for name in harmless}
    user, at, _ = parts.netloc.rpartition("@")
    if at and (parts.scheme.lower() in WEB or ":" in user):
        yield "holds a user or password before its host"
    yield from _of_query(parts.query, declared)
    yield from _of_path(parts.path, declared, set(harmless))
    if parts.fragment:
        yield "holds a text behind '#', which is never sent"


def plain(name: str) -> str:
    """A name as the lists above write it: small letters, without dashes and underscores."""
    return re.sub(r"[-_.\s]", "", unquote(name)).lower()


def _of_query(query: str, declared: Collection[str]) -> Iterator[str]:
    for part in filter(None, re.split(r"[&;]", query)):
        name, equals, value = part.partition("=")
        if not equals:
            if plain(name) not in HARMLESS and plain(name) not in declared and not FILLED_IN.fullmatch(name):
                yield "holds a query parameter without a value, which may be a secret"
        elif not _is_harmless(plain(name), value, declared):
            shown = f"the query parameter '{name}'" if NAMED.fullmatch(name) else "a query parameter"
            yield f"holds a text in {shown} that may be a secret"


def _is_harmless(name: str, value: str, declared: Collection[str]) -> bool:
    if name in declared or FILLED_IN.fullmatch(value) or not value:
        return True
    return name in HARMLESS or (value == "{interval}" and name not in SECRET)


def _of_path(path: str, declared: Collection[str], as_written: Collection[str]) -> Iterator[str]:
    before = ""
    for segment in path.split("/"):
        word, equals, value = segment.partition("=")
        literal = bool(segment) and "{" not in segment and segment not in as_written
        if equals and not _is_harmless(plain(word.rpartition(";")[2]), value, declared):
            yield "holds a text in its path that may be a secret"
        elif literal and (
            plain(before) in SECRET - {"client", "user", "hash", "session"}
            or any(KEY_LIKE.fullmatch(piece) for piece in re.split(r"[.:,~]", segment))
        ):
            yield "holds a part of its path that looks like a key"
        before = segment
