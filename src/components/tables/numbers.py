"""Numbers as people write them, read by the column: 1,234.5 and 1.234,5 and $5 and (3.2%) and 2.3M.

One column is written in one way. What a comma or a point means is decided by all its values, by those of the other
columns where its own leave both readings open, and asked where these do too. Shape legend: N rows, U distinct texts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.bars import Mask
from components.values import Float

if TYPE_CHECKING:
    import pyarrow as pa

Decimal = Literal[".", ","]

SPACES = "\u00a0\u202f\u2009"
MISSING = frozenset(
    {"", "-", "--", "---", "–", "—", ".", "..", "n/a", "n.a.", "na", "nan", "-nan", "null", "none", "nil", "<na>", "?"}
)
POWERS = {
    "k": 3,
    "m": 6,
    "mn": 6,
    "mm": 6,
    "mio": 6,
    "mio.": 6,
    "b": 9,
    "bn": 9,
    "mrd": 9,
    "mrd.": 9,
    "t": 12,
    "tn": 12,
}
POWERS |= {"%": -2, "‰": -3}
SHARES = ("%", "‰")
SIGNS = r"(?:US|A|C|HK|NZ|S|R|NT|MX)?\$|[€£¥₹₩₽₺₫₴₦₱฿₿₪₡₲₵₸₮元円]|kr\.?|zł|Kč|Ft|Fr\.|Rs\.?|лв|руб\.?"
CODES = [
    "USD",
    "EUR",
    "GBP",
    "GBX",
    "GBp",
    "JPY",
    "CHF",
    "CAD",
    "AUD",
    "NZD",
    "CNY",
    "CNH",
    "RMB",
    "HKD",
    "SGD",
    "TWD",
    "KRW",
    "INR",
    "IDR",
    "MYR",
    "PHP",
    "THB",
    "VND",
    "PKR",
    "BRL",
    "MXN",
    "ARS",
    "CLP",
    "COP",
    "PEN",
    "ZAR",
    "EGP",
    "NGN",
    "KES",
    "MAD",
    "TRY",
    "RUB",
    "UAH",
    "PLN",
    "CZK",
    "HUF",
    "RON",
    "BGN",
    "SEK",
    "NOK",
    "DKK",
    "ISK",
    "ILS",
    "AED",
    "SAR",
    "QAR",
    "KWD",
    "BTC",
    "ETH",
    "USDT",
    "USDC",
    "EURO",
    "Euro",
]
MONEY = rf"(?:{SIGNS}|{'|'.join(dict.fromkeys(CODES))})"
BLANK = rf"[ {SPACES}]*"
CORE = rf"[\d][\d.,'’{SPACES} ]*|[.,]\d+"
POWER = r"(?:[eE][+-]?\d+)?"
UNIT = r"%|‰|[kKmMbBtT]|[mM][nNmM]|[mM]io\.?|[mM]rd\.?|[bB][nN]|[tT][nN]"
MINUS = "−–-"
CELL = (
    rf"^(?P<open>\()?{BLANK}(?P<sign>[+{MINUS}])?{BLANK}(?P<money>{MONEY})?{BLANK}(?P<inner>[+{MINUS}])?{BLANK}(?P<paren>\()?"
    rf"(?P<core>(?:{CORE}){POWER}){BLANK}(?P<unit>{UNIT})?{BLANK}(?P<behind>{MONEY})?{BLANK}(?P<trailing>[{MINUS}])?"
    rf"{BLANK}(?P<close>\))?$"
)
ANY_GROUPS = rf"[1-9]\d{{0,2}}(?:['’]\d{{3}})+|[1-9]\d{{0,2}}(?:[{SPACES} ]\d{{3}})+"
GROUPED: dict[Decimal, str] = {
    ".": rf"^(?:\d+|[1-9]\d{{0,2}}(?:,\d{{3}})+|[1-9]\d?(?:,\d{{2}})*,\d{{3}}|{ANY_GROUPS})?(?:\.\d*)?{POWER}$",
    ",": rf"^(?:\d+|[1-9]\d{{0,2}}(?:\.\d{{3}})+|{ANY_GROUPS})?(?:,\d*)?{POWER}$",
}
"""What the digits may look like under either decimal sign."""
GROUPS: dict[Decimal, str] = {".": ",", ",": "."}
QUICK: dict[Decimal, str] = {".": f"^[+-]?{GROUPED['.'][1:]}", ",": f"^[+-]?{GROUPED[','][1:]}"}
NUMBER = re.compile(CELL)
EITHER: dict[Decimal, re.Pattern[str]] = {sign: re.compile(pattern) for sign, pattern in GROUPED.items()}
INFINITE = {"inf": np.inf, "+inf": np.inf, "-inf": -np.inf, "infinity": np.inf, "-infinity": -np.inf}
TRUTHS = {"true": 1.0, "false": 0.0}
BEYOND = "is beyond what is calculated with (1e-307 to 1e300)"
SMALLEST, LARGEST = np.finfo(np.float64).tiny, 1e300


class NoNumber(ValueError):
    """row: of the value that cannot be read; text: it; why: what is wrong, '' where it is simply no number."""

    def __init__(
        self, row: int, text: str, why: str = "", other: tuple[int, str] | None = None, count: int = 1
    ) -> None:
        super().__init__(text)
        self.row, self.text, self.why, self.other, self.count = row, text, why, other, count


class Undecided(ValueError):
    """Both readings fit. row and text of a value; readings: its value under '.' and under ','."""

    def __init__(self, row: int, text: str, readings: tuple[float, float]) -> None:
        super().__init__(text)
        self.row, self.text, self.readings = row, text, readings


def is_missing(text: str) -> bool:
    word = text.strip().lower()
    return word in MISSING or word.startswith("#n/a")


def missing_words() -> list[str]:
    """Spellings of a missing number as Arrow wants them told, one by one."""
    words = [*sorted(MISSING), "#n/a", "#n/a n/a"]
    return list(
        dict.fromkeys(form for word in words for form in (word, word.upper(), word.capitalize(), "NaN", "-NaN"))
    )


@dataclass(frozen=True, kw_only=True)
class Parts:
    """One distinct text taken apart. core: its digits with their marks; '' where it is missing or no number."""

    core: str
    negative: bool
    unit: str
    money: str
    known: float | None


def apart(text: str) -> Parts | None:
    """The parts of a text; None where it is no number under any reading."""
    word = text.strip().strip(SPACES)
    low = word.lower()
    if is_missing(word):
        return Parts(core="", negative=False, unit="", money="", known=np.nan)
    if (fixed := INFINITE.get(low, TRUTHS.get(low))) is not None:
        return Parts(core="", negative=False, unit="", money="", known=fixed)
    found = NUMBER.match(word)
    if found is None or (found["open"] is None and found["paren"] is None) != (found["close"] is None):
        return None
    minus = [found[name] for name in ("sign", "inner", "trailing") if found[name] and found[name] in MINUS]
    if len(minus) > 1 or (minus and found["close"]) or (found["money"] and found["behind"]):
        return None
    if not any(pattern.match(found["core"].strip()) for pattern in EITHER.values()):
        return None
    money = found["money"] or found["behind"] or ""
    return Parts(
        core=found["core"].strip(),
        negative=bool(minus or found["close"]),
        unit=(found["unit"] or "").lower(),
        money=money,
        known=None,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Texts:
    """A column of texts. texts_U: distinct ones; codes_N: place of each row's text, U where it is missing."""

    texts_U: Sequence[str]
    codes_N: "np.ndarray[Any, Any]"

    def row(self, place: int) -> int:
        return int((self.codes_N == place).argmax())


def quick(column: "pa.ChunkedArray", decimal: Decimal | None) -> Float | None:
    """(N,) values of texts that are digits with signs, marks and powers alone, all in one way; None: look closer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    texts = pc.if_else(pc.is_in(texts, value_set=pa.array(missing_words())), pa.scalar(None, pa.string()), texts)

    def fits(sign: Decimal) -> bool:
        return bool(pc.all(pc.match_substring_regex(texts, QUICK[sign]), min_count=0).as_py())

    signs: list[Decimal] = [decimal] if decimal is not None else [".", ","]
    signs = [sign for sign in signs if fits(sign)]
    if len(signs) == 2:
        marked = bool(pc.any(pc.match_substring_regex(texts, "[.,]"), min_count=0).as_py())
        signs = [] if marked else ["."]
    if not signs:
        return None
    plain = pc.replace_substring_regex(texts, rf"[{GROUPS[signs[0]]}'’{SPACES} ]", "")
    plain = pc.replace_substring(plain, ",", ".") if signs[0] == "," else plain
    try:
        values_N: Float = pc.cast(pc.utf8_ltrim(plain, "+"), pa.float64()).to_numpy().astype(np.float64)
    except pa.ArrowInvalid:
        return None
    with np.errstate(invalid="ignore"):
        size_N = np.abs(values_N)
        far = bool(((size_N > LARGEST) | ((size_N < SMALLEST) & (size_N > 0))).any())
    return None if far else values_N


def texts_of(column: "pa.Array | pa.ChunkedArray") -> Texts:
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if not pa.types.is_dictionary(column.type) else _unified(column)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(pc.cast(column, pa.string()))
    texts = column.dictionary.to_pylist()
    return Texts(texts_U=texts, codes_N=column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False))


def _unified(column: "pa.ChunkedArray") -> Any:
    whole = column.unify_dictionaries().combine_chunks()
    return whole.chunk(0) if hasattr(whole, "chunk") else whole


def sign_of(columns: Iterable[Texts]) -> Decimal | None:
    """The decimal sign that some column of a file leaves no choice about; None where none or they disagree."""
    found = {sign for texts in columns if (sign := _shown_by(texts)) is not None}
    return found.pop() if len(found) == 1 else None


def _shown_by(texts: Texts) -> Decimal | None:
    """The sign of one column; plain numbers of either sign are looked at all at once."""
    import pyarrow as pa

    column = pa.chunked_array([pa.array(texts.texts_U, type=pa.string())])
    fits = {sign: quick(column, sign) is not None for sign in EITHER}
    if fits["."] != fits[","]:
        return "." if fits["."] else ","
    return _own_sign(_parts(texts))


def _parts(texts: Texts) -> list[Parts | None]:
    return [apart(text) for text in texts.texts_U]


def _own_sign(parts: Sequence[Parts | None]) -> Decimal | None:
    cores = [part.core for part in parts if part is not None and part.core]
    fits = {sign: all(pattern.match(core) for core in cores) for sign, pattern in EITHER.items()}
    if fits["."] == fits[","]:
        return None
    return "." if fits["."] else ","


def sampled(cells: Sequence[str], decimal: Decimal | None) -> tuple[Float, Mask]:
    """Values of a sample, NaN where missing, and which cells are no numbers; decimal: null where nothing shows it."""
    import pyarrow as pa

    if (plain := quick(pa.chunked_array([pa.array(cells, type=pa.string())]), decimal)) is not None:
        return plain, np.zeros(len(plain), dtype=bool)
    parts = [apart(cell) for cell in cells]
    sign = decimal or _own_sign(parts) or "."
    good = [part is not None and (part.known is not None or bool(EITHER[sign].match(part.core))) for part in parts]
    values = [value_of(part, sign) if fine and part else np.nan for part, fine in zip(parts, good, strict=True)]
    return np.array(values, dtype=np.float64), ~np.array(good, dtype=bool)


def read(texts: Texts, *, decimal: Decimal | None, otherwise: Decimal | None) -> Float:
    """(N,) values, NaN where missing.

    decimal    the sign before the decimals; None: decided by the values
    otherwise  what to take where they fit both readings; None: raises Undecided
    Raises NoNumber for the first text that is no number, and where one column is written in two ways.
    """
    parts = _parts(texts)
    bad = [u for u, part in enumerate(parts) if part is None]
    if bad:
        bad_N = np.isin(texts.codes_N, bad)
        row = int(bad_N.argmax())
        raise NoNumber(row, texts.texts_U[int(texts.codes_N[row])], count=int(bad_N.sum()))
    _refuse_truths_among_numbers(texts, parts)
    sign = decimal or _own_sign(parts) or _settled(texts, parts, otherwise)
    _refuse_mixtures(texts, parts, sign)
    values_U = np.array([value_of(part, sign) for part in parts if part is not None] + [np.nan])
    far_U = np.isfinite(values_U) & (values_U != 0) & ((abs(values_U) < SMALLEST) | (abs(values_U) > LARGEST))
    far_U |= np.isinf(values_U) & np.array([part is not None and part.known is None for part in parts] + [False])
    if far_U.any():
        first = min(map(int, np.flatnonzero(far_U)), key=texts.row)
        raise NoNumber(texts.row(first), texts.texts_U[first], BEYOND)
    values_N: Float = values_U[texts.codes_N]
    return values_N


def _refuse_truths_among_numbers(texts: Texts, parts: Sequence[Parts | None]) -> None:
    truths = [u for u, text in enumerate(texts.texts_U) if text.strip().lower() in TRUTHS]
    if truths and any(part is not None and part.core for part in parts):
        first = min(truths, key=texts.row)
        raise NoNumber(texts.row(first), texts.texts_U[first])


def _settled(texts: Texts, parts: Sequence[Parts | None], otherwise: Decimal | None) -> Decimal:
    """The sign where the values fit both readings, or neither."""
    cores = [(u, part.core) for u, part in enumerate(parts) if part is not None and part.core]
    wrong = {s: [u for u, core in cores if not pattern.match(core)] for s, pattern in EITHER.items()}
    if wrong["."] and wrong[","]:
        one, other = (min(wrong[sign], key=texts.row) for sign in (",", "."))
        first, second = sorted((one, other), key=texts.row)
        raise NoNumber(
            texts.row(second), texts.texts_U[second], "mixed", other=(texts.row(first), texts.texts_U[first])
        )
    differing = [u for u, core in cores if _plain(core, ".") != _plain(core, ",")]
    if not differing or otherwise is not None:
        return otherwise or "."
    first = min(differing, key=texts.row)
    part = parts[first]
    assert part is not None
    raise Undecided(texts.row(first), texts.texts_U[first], (value_of(part, "."), value_of(part, ",")))


def _refuse_mixtures(texts: Texts, parts: Sequence[Parts | None], sign: Decimal) -> None:
    """Values that do not fit the sign, and columns with two currencies or with percents beside plain numbers."""
    signs: dict[str, int] = {}
    shares: dict[str, int] = {}
    for u, part in enumerate(parts):
        assert part is not None
        if not part.core:
            continue
        if not EITHER[sign].match(part.core):
            raise NoNumber(texts.row(u), texts.texts_U[u], f"does not fit the decimal sign '{sign}' (data.decimal)")
        if part.money:
            signs.setdefault(part.money, u)
        if float(_plain(part.core, sign)) != 0:
            shares.setdefault(part.unit if part.unit in SHARES else "", u)
    for kinds, why in ((signs, "another currency"), (shares, "another scale")):
        if len(kinds) > 1:
            first, second = sorted(kinds.values(), key=texts.row)[:2]
            raise NoNumber(texts.row(second), texts.texts_U[second], why, (texts.row(first), texts.texts_U[first]))


def _plain(core: str, sign: Decimal) -> str:
    plain = re.sub(rf"[{GROUPS[sign]}'’{SPACES} ]", "", core).replace(sign, ".")
    return plain if any(c.isdigit() for c in plain) else "nan"


def value_of(part: Parts, sign: Decimal) -> float:
    """The number that the parts are under a decimal sign."""
    if part.known is not None:
        return part.known
    plain = _plain(part.core, sign).lower()
    if part.unit:
        # 2.3 million as 2.3e6 is exact; 2.3 times 1e6 is not.
        digits, _, power = plain.partition("e")
        plain = f"{digits}e{int(power or 0) + POWERS[part.unit]}"
    value = float(plain)
    return -value if part.negative else value
