"""What columns of bars are called in the usual exports, in the languages that these come in; no column is read here."""

import re
import unicodedata
from collections.abc import Mapping

TIME = (
    *("timestamp", "datetime", "date", "datum", "day", "time", "opentime", "period", "dt", "fecha", "ts", "t", "data"),
    *("tradedate", "tradingdate", "tradingday", "pricedate", "sessiondate", "exchangedate", "gmttime", "localtime"),
    *("datetimeutc", "timeutc", "dateutc", "utc", "begin", "start", "starttime", "closetime", "endtime", "zeit"),
    *(
        "zeitpunkt",
        "zeitstempel",
        "jour",
        "seance",
        "dato",
        "tarih",
        "дата",
        "日期",
        "时间",
        "日付",
        "날짜",
        "unix",
        "",
    ),
)
SYMBOL = (
    *("symbol", "ticker", "tic", "instrument", "asset", "isin", "permno", "secid", "pair", "stock", "ric", "cusip"),
    *("sedol", "wkn", "code", "tradingsymbol", "stocksymbol", "stockcode", "simbolo", "symbole", "titre", "kurzel"),
    *("тикер", "代码", "股票代码", "コート", "종목코드", "security", "underlying", "name"),
)
OPEN = (
    *(
        "open",
        "o",
        "pxopen",
        "openprice",
        "openingprice",
        "openlast",
        "eroffnung",
        "eroffnungskurs",
        "eroffn",
        "erster",
    ),
    *("ouverture", "apertura", "abertura", "opening", "openingskoers", "oppning", "oppningskurs", "otwarcie", "acilis"),
    *("openprc", "открытие", "开盘", "开盘价", "始値", "시가"),
)
HIGH = (
    *("high", "h", "pxhigh", "highprice", "dayhigh", "hoch", "tageshoch", "hochst", "max", "haut", "plushaut"),
    *("maximo", "maxima", "massimo", "alto", "hoog", "hoogste", "hogst", "hogsta", "najwyzszy", "yuksek"),
    *("askhi", "максимум", "最高", "最高价", "高値", "고가"),
)
LOW = (
    *("low", "l", "pxlow", "lowprice", "daylow", "tief", "tagestief", "tiefst", "min", "bas", "plusbas"),
    *("minimo", "minima", "bajo", "laag", "laagste", "lagst", "lagsta", "najnizszy", "dusuk"),
    *("bidlo", "минимум", "最低", "最低价", "安値", "저가"),
)
CLOSE = (
    *("close", "c", "closelast", "closeprice", "closingprice", "closingvalue", "closevalue", "pxlast"),
    *("pxclose", "prc"),
    *(
        "schluss",
        "schlusskurs",
        "schlusspreis",
        "cloture",
        "coursdecloture",
        "cierre",
        "preciodecierre",
        "preciocierre",
    ),
    *("chiusura", "prezzodichiusura", "fechamento", "slot", "slotkoers", "stangning", "stangningskurs", "zamkniecie"),
    *("preciocierre", "kapanis", "закрытие", "收盘", "收盘价", "終値", "종가"),
)
"""A close in so many words."""
PRICE = (
    *(
        "last",
        "lastprice",
        "price",
        "settle",
        "settlement",
        "settlementprice",
        "settleprice",
        "mid",
        "midprice",
    ),
    *("nav", "kurs", "preis", "zuletzt", "letzter", "letzterkurs", "dernier", "derniercours", "cours", "prix"),
    *(
        "valeurliquidative",
        "ultimo",
        "precio",
        "prezzo",
        "preco",
        "koers",
        "laatste",
        "senast",
        "siste",
        "pris",
        "cena",
    ),
    *(
        "fiyat",
        "simdi",
        "цена",
        "последняя",
        "价格",
        "最新价",
        "価格",
        "가격",
        "exchangerate",
        "rate",
        "spot",
        "fixing",
    ),
)
"""A price of which the name does not say that it is the bar's last one."""
ADJUSTED = (
    *("adjclose", "adjustedclose", "closeadj", "closeadjusted", "adjcloseprice", "adjustedcloseprice", "adjprice"),
    *("adjustedprice", "adjustedclosingprice", "schlusskursbereinigt", "bereinigterschlusskurs", "clotureajustee"),
    *("cierreajustado", "chiusurarettificata", "fechamentoajustado", "调整后收盘价", "調整後終値", "수정종가"),
)
VALUE = ("value", "obsvalue", "wert", "valeur", "valor", "valore", "quote")
"""What may be anything, and is the price where nothing else is there."""
VOLUME = (
    *("volume", "vol", "v", "pxvolume", "volumen", "stuck", "stucke", "sharevolume", "tradedvolume", "totalvolume"),
    *("sharestraded", "tradedquantity", "totaltradedquantity", "quantity", "qty", "basevolume", "volumetraded"),
    *("tickvolume", "tickvol", "tickcount", "wolumen", "hacim", "volym", "объем", "成交量", "出来高", "거래량"),
)
OTHER = (
    *("turnover", "umsatz", "amount", "valuetraded", "tradedvalue", "turnoverusd", "capitaux", "importe", "efectivo"),
    *("controvalore", "omzet", "omsattning", "оборот", "成交额", "成交額", "売買代金", "거래대금", "dollarvolume"),
    *("marketcap", "marketcapitalization", "marketcapitalisation", "marketvalue", "mcap", "marktkapitalisierung"),
    *("borsenwert", "marktwert", "capitalisation", "capitalizacion", "capitalizzazione", "总市值", "市值", "時価総額"),
    *("trades", "numberoftrades", "nooftrades", "tradecount", "transactions", "count", "n", "deals"),
    *("openinterest", "openint", "oi", "spread", "bid", "ask", "geld", "brief", "vwap", "vw", "average", "avgprice"),
    *("averageprice", "typicalprice", "prevclose", "previousclose", "vortag", "vortagesschluss", "divcash"),
    *("change", "chg", "changepercent", "pctchange", "percentchange", "variation", "variazione", "variacion", "var"),
    *("veranderung", "diff", "differenz", "abw", "zmiana", "изм", "涨跌幅", "涨跌额", "前日比", "변동", "return"),
    *("dividend", "dividends", "dividendamount", "stocksplits", "splitfactor", "splitcoefficient", "ignore", "id"),
    *("index", "unix", "eps", "pe", "yield", "beta", "weight", "adjopen", "adjhigh", "adjlow", "adjvolume"),
)
"""What is known and no price of the bar."""
NO_PRICE = frozenset(
    {
        *("volume", "vol", "volumen", "turnover", "umsatz", "cap", "mcap", "capitalization", "capitalisation"),
        *(
            "shares",
            "trades",
            "change",
            "chg",
            "pct",
            "percent",
            "interest",
            "dividend",
            "dividends",
            "split",
            "splits",
        ),
        *("prev", "previous", "return", "returns", "ret", "ratio", "diff", "count", "number", "outstanding", "amount"),
        *("factor", "yield", "marketvalue", "marktkapitalisierung", "splits", "weight", "float", "notional"),
    }
)
"""Words that make a name that of no price, whatever else stands in it."""
UNITS = frozenset(
    {
        *("usd", "eur", "gbp", "chf", "jpy", "cny", "rmb", "hkd", "inr", "cad", "aud", "krw", "brl", "sek", "nok"),
        *("dkk", "pln", "try", "rub", "usdt", "usdc", "btc", "eth", "cents", "in", "local", "per"),
    }
)
QUALIFIED = frozenset(
    {
        *("adj", "adjusted", "quote", "dollar", "avg", "average", "mean", "prev", "previous", "taker", "buy", "sell"),
        *("relative", "ratio", "change", "bid", "ask", "rolling", "ma", "week", "52", "year", "all", "time"),
    }
)
"""Words that make a field's name that of something else."""
SINGLE = frozenset("ohlcvtn")
"""Letters that are names only side by side: alone, C, T and V are companies."""
ROLES: Mapping[str, tuple[str, ...]] = {
    **{"time": TIME, "symbol": SYMBOL, "open": OPEN, "high": HIGH, "low": LOW, "close": CLOSE, "price": PRICE},
    **{"adjusted": ADJUSTED, "value": VALUE, "volume": VOLUME, "other": OTHER},
}


def word(name: str) -> str:
    """A name as the lists above write it: `4. Close (USD)`, `<CLOSE>` and `Clôture` are closes."""
    return "".join(c for c in _bare(name).casefold() if c.isalnum())


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name: `adjClose`, `Adj Close` and `ADJ_CLOSE` have the same two."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", _bare(name))
    return tuple(part for part in re.split(r"[\W_]+", apart.casefold()) if part)


def without_units(name: str) -> str:
    """The word of a name without the currency that it is in."""
    return word(" ".join(part for part in tokens(name) if part not in UNITS))


def is_no_price(name: str) -> bool:
    """Whether a name is that of a volume, a turnover, a market value, a change: of anything that is no price."""
    known = {word(name), without_units(name)} & {*OTHER, *VOLUME, *SYMBOL}
    return bool(known) or "%" in name or bool(NO_PRICE & set(tokens(name)))


def _bare(name: str) -> str:
    """Without the number that Alpha Vantage puts in front, and without accents."""
    apart = unicodedata.normalize("NFKD", re.sub(r"^\s*\d+[a-z]?\.\s*", "", name).replace("ß", "ss"))
    return unicodedata.normalize("NFKC", "".join(c for c in apart if not unicodedata.combining(c)))
