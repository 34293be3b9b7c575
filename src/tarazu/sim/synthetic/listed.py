"""What is listed in the synthetic market: indices and shares, with the numbers their paths are drawn from.

Symbols, index tokens and NSE exchange tokens are the real ones as far as memory and public dumps go; prices, lots,
volatilities and volumes are of 2026's order of magnitude and nothing more. Today's real numbers are in the broker's
instrument dump.
"""

from typing import NamedTuple

from tarazu.model.instrument import Exchange


class Index(NamedTuple):
    exchange: Exchange
    symbol: str
    exchange_token: int
    underlying_name: str
    """What its contracts are called: NIFTY; empty where none trade."""
    base_paise: int
    strike_step_paise: int
    daily_vol: float
    market: float
    sector: str
    """Sector factor it leans on besides the market; `market` is its correlation with the market factor."""


class Share(NamedTuple):
    symbol: str
    exchange_token: int
    name: str
    sector: str
    base_paise: int
    lot_size: int
    """Lot of its contracts; 0 where it has none."""
    daily_vol: float
    daily_shares: int
    """Shares traded on an ordinary day."""
    band_pct: float = 0.0
    """Price band of shares without contracts; 0 where the rule set's ranges apply."""


VIX = "INDIA VIX"

INDICES = (
    Index(Exchange.NSE, "NIFTY 50", 1001, "NIFTY", 26_100_00, 50_00, 0.0085, 0.99, "BANK"),
    Index(Exchange.NSE, "NIFTY BANK", 1016, "BANKNIFTY", 58_900_00, 100_00, 0.0100, 0.86, "BANK"),
    Index(Exchange.NSE, "NIFTY FIN SERVICE", 1007, "FINNIFTY", 27_600_00, 50_00, 0.0098, 0.87, "BANK"),
    Index(Exchange.BSE, "SENSEX", 1, "SENSEX", 85_200_00, 100_00, 0.0083, 0.985, "BANK"),
    Index(Exchange.NSE, VIX, 1035, "", 13_50, 0, 0.05, 0.0, ""),
)

SECTORS = ("BANK", "FINANCE", "IT", "ENERGY", "AUTO", "CONSUMER", "PHARMA", "METAL", "INFRA")

_M = 1_000_000

SHARES = (
    Share("RELIANCE", 2885, "RELIANCE INDUSTRIES", "ENERGY", 1_480_00, 500, 0.0130, 12 * _M),
    Share("HDFCBANK", 1333, "HDFC BANK", "BANK", 990_00, 550, 0.0110, 22 * _M),
    Share("ICICIBANK", 4963, "ICICI BANK", "BANK", 1_390_00, 700, 0.0120, 13 * _M),
    Share("INFY", 1594, "INFOSYS", "IT", 1_520_00, 400, 0.0145, 8 * _M),
    Share("TCS", 11536, "TATA CONSULTANCY SERV LT", "IT", 3_120_00, 175, 0.0130, 3 * _M),
    Share("SBIN", 3045, "STATE BANK OF INDIA", "BANK", 965_00, 750, 0.0140, 11 * _M),
    Share("BHARTIARTL", 10604, "BHARTI AIRTEL", "INFRA", 2_080_00, 475, 0.0130, 6 * _M),
    Share("ITC", 1660, "ITC", "CONSUMER", 405_00, 1600, 0.0100, 14 * _M),
    Share("LT", 11483, "LARSEN & TOUBRO", "INFRA", 3_950_00, 175, 0.0140, 2 * _M),
    Share("KOTAKBANK", 1922, "KOTAK MAHINDRA BANK", "BANK", 425_00, 2000, 0.0130, 18 * _M),
    Share("AXISBANK", 5900, "AXIS BANK", "BANK", 1_240_00, 625, 0.0140, 8 * _M),
    Share("HINDUNILVR", 1394, "HINDUSTAN UNILEVER", "CONSUMER", 2_440_00, 300, 0.0110, 2 * _M),
    Share("BAJFINANCE", 317, "BAJAJ FINANCE", "FINANCE", 1_030_00, 750, 0.0160, 9 * _M),
    Share("MARUTI", 10999, "MARUTI SUZUKI INDIA", "AUTO", 15_900_00, 50, 0.0135, 400_000),
    Share("M&M", 2031, "MAHINDRA & MAHINDRA", "AUTO", 3_700_00, 200, 0.0155, 3 * _M),
    Share("SUNPHARMA", 3351, "SUN PHARMACEUTICAL IND", "PHARMA", 1_760_00, 350, 0.0125, 2 * _M),
    Share("HCLTECH", 7229, "HCL TECHNOLOGIES", "IT", 1_640_00, 350, 0.0145, 3 * _M),
    Share("NTPC", 11630, "NTPC", "ENERGY", 330_00, 1500, 0.0125, 11 * _M),
    Share("TITAN", 3506, "TITAN COMPANY", "CONSUMER", 3_850_00, 175, 0.0125, 1 * _M),
    Share("ULTRACEMCO", 11532, "ULTRATECH CEMENT", "INFRA", 11_900_00, 50, 0.0125, 300_000),
    Share("ONGC", 2475, "OIL AND NATURAL GAS CORP", "ENERGY", 248_00, 2250, 0.0145, 12 * _M),
    Share("POWERGRID", 14977, "POWER GRID CORP", "ENERGY", 275_00, 1900, 0.0120, 12 * _M),
    Share("TATASTEEL", 3499, "TATA STEEL", "METAL", 172_00, 5500, 0.0165, 28 * _M),
    Share("ASIANPAINT", 236, "ASIAN PAINTS", "CONSUMER", 2_850_00, 250, 0.0130, 1 * _M),
    Share("BAJAJFINSV", 16675, "BAJAJ FINSERV", "FINANCE", 2_060_00, 250, 0.0140, 1 * _M),
    Share("COALINDIA", 20374, "COAL INDIA", "METAL", 385_00, 1350, 0.0130, 7 * _M),
    Share("JSWSTEEL", 11723, "JSW STEEL", "METAL", 1_170_00, 675, 0.0155, 2 * _M),
    Share("NESTLEIND", 17963, "NESTLE INDIA", "CONSUMER", 1_260_00, 500, 0.0105, 1 * _M),
    Share("GRASIM", 1232, "GRASIM INDUSTRIES", "INFRA", 2_780_00, 250, 0.0130, 700_000),
    Share("ADANIENT", 25, "ADANI ENTERPRISES", "METAL", 2_450_00, 300, 0.0190, 1 * _M),
    Share("ADANIPORTS", 15083, "ADANI PORT & SEZ", "INFRA", 1_490_00, 475, 0.0170, 3 * _M),
    Share("HINDALCO", 1363, "HINDALCO INDUSTRIES", "METAL", 810_00, 700, 0.0175, 6 * _M),
    Share("TECHM", 13538, "TECH MAHINDRA", "IT", 1_460_00, 600, 0.0155, 2 * _M),
    Share("WIPRO", 3787, "WIPRO", "IT", 245_00, 3000, 0.0145, 9 * _M),
    Share("CIPLA", 694, "CIPLA", "PHARMA", 1_530_00, 375, 0.0125, 1 * _M),
    Share("DRREDDY", 881, "DR. REDDY'S LABORATORIES", "PHARMA", 1_250_00, 625, 0.0130, 2 * _M),
    Share("EICHERMOT", 910, "EICHER MOTORS", "AUTO", 7_100_00, 100, 0.0145, 500_000),
    Share("BAJAJ-AUTO", 16669, "BAJAJ AUTO", "AUTO", 9_050_00, 75, 0.0140, 400_000),
    Share("APOLLOHOSP", 157, "APOLLO HOSPITALS ENTER", "PHARMA", 7_400_00, 125, 0.0140, 400_000),
    Share("TATACONSUM", 3432, "TATA CONSUMER PRODUCT", "CONSUMER", 1_170_00, 550, 0.0125, 1 * _M),
    Share("HEROMOTOCO", 1348, "HERO MOTOCORP", "AUTO", 5_700_00, 150, 0.0150, 700_000),
    Share("INDUSINDBK", 5258, "INDUSIND BANK", "BANK", 850_00, 700, 0.0190, 4 * _M),
    Share("SBILIFE", 21808, "SBI LIFE INSURANCE CO", "FINANCE", 2_020_00, 375, 0.0125, 900_000),
    Share("HDFCLIFE", 467, "HDFC LIFE INS CO", "FINANCE", 770_00, 1100, 0.0130, 2 * _M),
    Share("BEL", 383, "BHARAT ELECTRONICS", "INFRA", 415_00, 1425, 0.0170, 15 * _M),
    Share("TRENT", 1964, "TRENT", "CONSUMER", 4_250_00, 100, 0.0185, 900_000),
    Share("SHRIRAMFIN", 4306, "SHRIRAM FINANCE", "FINANCE", 820_00, 825, 0.0180, 5 * _M),
    Share("JIOFIN", 18143, "JIO FIN SERVICES", "FINANCE", 305_00, 2350, 0.0160, 14 * _M),
    Share("BPCL", 526, "BHARAT PETROLEUM CORP", "ENERGY", 365_00, 1975, 0.0150, 7 * _M),
    Share("ETERNAL", 5097, "ETERNAL", "CONSUMER", 300_00, 2425, 0.0200, 30 * _M),
    Share("SOUTHBANK", 5948, "SOUTH INDIAN BANK", "BANK", 39_50, 0, 0.0190, 18 * _M, 20.0),
    Share("RPOWER", 15259, "RELIANCE POWER", "ENERGY", 38_20, 0, 0.0200, 20 * _M, 5.0),
    Share("JUSTDIAL", 29962, "JUST DIAL", "IT", 780_00, 0, 0.0180, 300_000, 20.0),
    Share("TATAINVEST", 1621, "TATA INVESTMENT CORP", "FINANCE", 762_00, 0, 0.0190, 500_000, 20.0),
)

SHARE_OF = {share.symbol: share for share in SHARES}
INDEX_OF = {index.symbol: index for index in INDICES}


def index_named(symbol: str) -> Index:
    """Ours, or for an index that only a recording knows one of middling numbers: its prices are the recording's."""
    return INDEX_OF.get(symbol) or Index(Exchange.NSE, symbol, 0, "", 10_000_00, 0, 0.0100, 0.90, "BANK")


def share_named(symbol: str) -> Share:
    """As `index_named`."""
    return SHARE_OF.get(symbol) or Share(symbol, 0, symbol, "INFRA", 1_000_00, 0, 0.0180, 1 * _M)


BSE_TOKENS = {"RELIANCE": 500325, "INFY": 500209, "SBIN": 500112, "HDFCBANK": 500180}
"""Shares listed on BSE too, with their scrip codes."""


def share_tick_paise(price_paise: int) -> int:
    """5 paise, 1 for low-priced cash shares (KITE facts 3.3); low is below Rs 250."""
    return 1 if price_paise < 250_00 else 5


# Strike intervals of share options by price, in paise: (below, step). The exchange sets them share by share.
_STRIKE_STEPS = (
    (250_00, 2_50),
    (500_00, 5_00),
    (1_000_00, 10_00),
    (2_500_00, 20_00),
    (5_000_00, 50_00),
    (12_000_00, 100_00),
)


def strike_step_paise(base_paise: int) -> int:
    """Strike interval of a share's options. Fixed by its base price, so that strikes do not shift from day to day."""
    return next((step for below, step in _STRIKE_STEPS if base_paise < below), 200_00)
