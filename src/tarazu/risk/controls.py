"""The controls that regulators and the industry ask of automated trading, each with its rule: what `tarazu controls`
prints, and what a test names to say which of them it shows (`@pytest.mark.control("C07")`).

Rules and sources are those of RELIABILITY 1. FIA: Best Practices for Automated Trading Risk Controls (2024); 15c3-5:
17 CFR 240.15c3-5; RTS 6: Delegated Regulation (EU) 2017/589; SEBI: CIR/MRD/DP/09/2012, 34/2012 and 2025/0000013.
"""

import msgspec

from tarazu.risk.denial import Code


class Control(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """Published and never renamed: C07."""
    title: str
    rule: str
    """What is to hold here, exactly enough to be tested."""
    codes: tuple[Code, ...] = ()
    """The reasons with which it denies; none for a control that does something else than deny."""
    source: str
    lacks: str = ""
    """What of the rule is not here, and why; empty where all of it is."""
    is_due: bool = True
    """Whether it belongs to what is built; otherwise `lacks` says where it will."""


# C01 to C21: before a trade.
_BEFORE = (
    Control(
        id="C01",
        title="tradable instrument",
        rule="in today's master, its segment enabled, not expired, no index",
        codes=(Code.INSTRUMENT,),
        source="15c3-5(c)(2)(ii), RTS 6 15(5)",
        lacks="no list of banned instruments (F&O ban, ASM, GSM) is read: the broker refuses those",
    ),
    Control(
        id="C02",
        title="possible order",
        rule="whole lots, whole ticks, inside the day's band, at most ten slices of the freeze quantity",
        codes=(Code.LOT, Code.TICK, Code.BAND, Code.FREEZE, Code.ORDER),
        source="SEBI 09/2012 quantity and price checks",
    ),
    Control(
        id="C03",
        title="order size",
        rule="units of one order; where no limit is configured nothing is sent",
        codes=(Code.SIZE, Code.NO_LIMIT),
        source="FIA 1.1, RTS 6 15(1)(c)",
    ),
    Control(
        id="C04",
        title="order value",
        rule="units at the worst price; and 10 crore rupees, whatever is configured",
        codes=(Code.VALUE, Code.NO_LIMIT),
        source="RTS 6 15(1)(b), SEBI 34/2012",
        lacks="one figure for all instruments and strategies",
    ),
    Control(
        id="C05",
        title="price collar",
        rule="the price through the reference, at once and by and by within a minute; of MARKET its protection",
        codes=(Code.COLLAR, Code.NO_LIMIT),
        source="RTS 6 15(1)(a), FIA 1.3",
    ),
    Control(
        id="C06",
        title="reference price",
        rule="fresh and two-sided; none is a no",
        codes=(Code.REFERENCE,),
        source="FIA 3.1",
    ),
    Control(
        id="C07",
        title="position",
        rule="the worst that a place may become, with working, unknown and cooling orders, within its limit",
        codes=(Code.POSITION, Code.NO_LIMIT),
        source="FIA 1.2, RTS 6 15(2)",
    ),
    Control(
        id="C08",
        title="everything together",
        rule="gross premium, delta and vega of an underlying, the worst cell of the scenario grid, before it is sent",
        codes=(Code.GROSS, Code.GREEKS, Code.SCENARIO, Code.NO_LIMIT),
        source="15c3-5(c)(1)(i), RTS 6 15(4)",
        lacks="the limits are the account's: a strategy has its own sizing, and no limit of its own",
    ),
    Control(
        id="C09",
        title="unexecuted orders",
        rule="the value of all entries that work or may work, together",
        codes=(Code.UNEXECUTED, Code.NO_LIMIT),
        source="SEBI 09/2012 (iv), 34/2012",
    ),
    Control(
        id="C10",
        title="margin",
        rule="what it needs by our own scan fits into the account's funds less a buffer; old funds are unknown",
        codes=(Code.MARGIN,),
        source="SEBI risk management system",
    ),
    Control(
        id="C11",
        title="throttle",
        rule="8 a second, 350 a minute, 4,500 a day, 20 changes an order, across restarts; cancellations never wait",
        codes=(Code.THROTTLE,),
        source="RTS 6 15(1)(d), FIA 3.4, SEBI 2025",
    ),
    Control(
        id="C12",
        title="duplicate",
        rule="the same key, side, quantity, price and strategy within two seconds is a no",
        codes=(Code.DUPLICATE,),
        source="15c3-5(c)(1)(ii)",
    ),
    Control(
        id="C13",
        title="repeated execution",
        rule="so many round trips of a strategy within a window: halted until a person says otherwise",
        codes=(Code.REPEATED, Code.STRATEGY, Code.NO_LIMIT),
        source="RTS 6 15(3), FIA 3.2, SEBI 09/2012 (v)",
    ),
    Control(
        id="C14",
        title="unconfirmed orders",
        rule="working, unknown and cooling orders count in full: exposure is an upper bound of the truth at all times",
        codes=(Code.POSITION, Code.BLOCKED),
        source="SEBI 09/2012 (v)",
    ),
    Control(
        id="C15",
        title="self-match",
        rule="no order that could trade with a resting one of ours",
        codes=(Code.SELF_MATCH,),
        source="FIA 3.5",
    ),
    Control(
        id="C16",
        title="hours",
        rule="in the session of its segment, before the product's cut-off and its expiry's, not just after a start",
        codes=(Code.HOURS, Code.PHASE),
        source="15c3-5(c)(2)(i)",
    ),
    Control(
        id="C17",
        title="order types",
        rule="MARKET with protection alone, no SL-M where it is barred, IOC by its rules",
        codes=(Code.PROTECTION, Code.ORDER),
        source="NSE and Kite, 30 March 2026",
    ),
    Control(
        id="C18",
        title="names",
        rule="one tag for one intent, across restarts and days; an id is used once",
        source="SEBI 09/2012, 2025/0000013",
        lacks="no algo id is sent: below ten orders a second the broker puts its own on (SEBI 2025/0000013)",
    ),
    Control(
        id="C19",
        title="session and clock",
        rule="no entry without a valid token, or with a clock off the broker's, or one that is not known; and no READY "
        "from an address that is not the registered one",
        codes=(Code.PHASE,),
        source="SEBI 2025/0000013, RTS 25",
    ),
    Control(
        id="C20",
        title="where orders may go",
        rule="fixed by the profile at the start; paper never reaches the broker, real money takes a person's leave and "
        "today's READY",
        source="RTS 6 8, 15c3-5(c)(2)(iii)",
        lacks="no signed promotion of a strategy from paper to live",
    ),
    Control(
        id="C21",
        title="same code everywhere",
        rule="processes tell what code, configuration and models they run; others than the manifest's are not READY",
        source="RTS 6 11, SEC 34-70694",
        lacks="live begins with the configuration and build of today's READY; models are held against their own hashes "
        "alone, and the receipt has no signature of its own",
    ),
)

# C22 to C30: while trading.
_WHILE = (
    Control(
        id="C22",
        title="kill",
        rule="one word from another process: no entries, all of them cancelled, exits pass; it lasts until it is reset",
        codes=(Code.PHASE,),
        source="RTS 6 12, FIA 1.5",
        lacks="every way uses the account's one session, for Kite has no second; the two seconds in which all are "
        "cancelled are held in simulated days alone",
    ),
    Control(
        id="C23",
        title="reduce only, halted",
        rule="both are states of the account, on the disk, across restarts and midnight",
        codes=(Code.PHASE, Code.LEAVING),
        source="FIA 1.5",
    ),
    Control(
        id="C24",
        title="loss",
        rule="daily loss, drawdown and refusals in a row halt, marked to market, and stay; unknown is no result",
        codes=(Code.LOSS, Code.NO_LIMIT),
        source="15c3-5, FIA 1.4",
    ),
    Control(
        id="C25",
        title="believable market",
        rule="age, spread, jump, frozen book; stale means no entries, and fresh again takes a while",
        codes=(Code.MARKET, Code.PHASE),
        source="FIA 3.1",
    ),
    Control(
        id="C26",
        title="cancel on disconnect",
        rule="working entries are cancelled by another process when main's lease is ten seconds old",
        source="FIA 1.4",
    ),
    Control(
        id="C27",
        title="alerts",
        rule="within five seconds, by two channels, with an answer; unanswered ones keep the desk from READY",
        source="RTS 6 16(5)",
        lacks="five seconds from event to message are not measured end to end; one address is taken as well as two",
    ),
    Control(
        id="C28",
        title="protective stop",
        rule="every filled entry has a stop at the exchange within three seconds, halted or not",
        codes=(Code.STOP,),
        source="RELIABILITY 8",
    ),
    Control(
        id="C29",
        title="order to trade",
        rule="placements, changes and cancellations for each execution: a warning, then a soft halt",
        source="SEBI order-to-trade ratio",
    ),
    Control(
        id="C30",
        title="output comparator",
        rule="an order at the broker with no durable intent halts",
        source="SEC 34-70694",
    ),
)


# C31 to C39: after a trade, and how the desk is run.
_AFTER = (
    Control(
        id="C31",
        title="reconciliation",
        rule="orders, trades, positions and funds, all day",
        source="RTS 6 17(3), FIA 4",
        lacks="in the day positions are compared by their units alone",
    ),
    Control(
        id="C32",
        title="contract note",
        rule="our fills are the broker's signed note, to the paisa",
        source="RTS 6 17",
        lacks="the note's signature is not checked; its PDF is not read",
    ),
    Control(
        id="C33",
        title="audit trail",
        rule="nothing of it changed, cut or replaced unseen; kept for five years",
        source="SEBI, RTS 6 28",
        lacks="[retention] years is 8, and may be set below five; its witnesses are the shipped copy and the tags at "
        "the broker, no third party",
    ),
    Control(
        id="C34",
        title="self-surveillance",
        rule="wash trades, layering, marking the close, looked for every day",
        source="RTS 6 13",
        lacks="one account, by instrument; the thresholds are ours",
    ),
    Control(
        id="C35",
        title="stress",
        rule="twice the largest message count of six months",
        source="RTS 6 10",
        lacks="there are no six months of real days to double; storms, soaks and whole days of made ones are measured "
        "(make bench, make soak), and judged by nobody",
    ),
    Control(
        id="C36",
        title="changes of limits",
        rule="signed, tested, logged; what each control denied is counted",
        source="ESMA 2026",
        lacks="a change of the settings is found by READY and journalled with the start, unsigned, in nobody's name; "
        "only flags are chained and named. Counts are of the day, by reason code",
    ),
    Control(
        id="C37",
        title="continuity",
        rule="restore, outage and kill drills, scheduled and logged",
        source="RTS 6 14",
        lacks="a person begins them, and nothing asks for the next one",
    ),
    Control(
        id="C38",
        title="self-assessment",
        rule="made of test evidence, with every release",
        source="RTS 6 9, 15c3-5(e)",
        lacks="make controls makes it, of one source; no package carries it",
    ),
    Control(
        id="C39",
        title="READY",
        rule="a signed object with the state of each control; no trading without today's",
        source="our own",
        lacks="the receipt has the gate's rows and no state of each control, and is chained, not signed",
    ),
)

CONTROLS: dict[str, Control] = {control.id: control for control in (*_BEFORE, *_WHILE, *_AFTER)}
