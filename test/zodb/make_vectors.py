"""The names that ZODB and ZEO give a blob, for our own code to agree with.

Both ask the layout classes of ZODB and ZEO themselves, so that a mistake in
reading their source cannot end up in the code and in its test alike.
make_fixtures.py writes the result to test/fixtures/paths.json.
"""

import calendar
import random
from datetime import datetime, timezone

from persistent.TimeStamp import TimeStamp
from ZEO.ClientStorage import BlobCacheLayout
from ZODB.blob import BushyLayout, LawnLayout
from ZODB.utils import p64

LAYOUTS = {
    "bushy": BushyLayout(),
    "lawn": LawnLayout(),
    "zeocache": BlobCacheLayout(),
}
USUAL_TID = 0x03D167F919308700
EDGE_OIDS = [
    0x0, 0x1, 0xF, 0x10, 0xFF, 0x100, 0xABC, 996, 997, 998, 1234, 1993, 1994,
    0xFFFF, 0x10000, 0x12345, 0xABCDEF, 2**31 - 1, 2**31, 2**32 - 1, 2**32,
    # JavaScript's numbers stop being exact here, and signed ones end at 2^63.
    2**53 - 1, 2**53, 2**53 + 1, 2**56 - 1, 2**56, 2**63 - 1, 2**63, 2**64 - 1,
]
EDGE_TIDS = [
    0x0, 0x1, 0xF, 0x10, 0xABC, 0x0003D167F9193087, 0x000000F919308700,
    0x00D167F919308700, 0x00FFFFFFFFFFFFFF, 0x0100000000000000,
    0x03D167F900000000, 0x03FFFFFFFFFFFFFF, 0x0400000000000000,
    0x0FFFFFFFFFFFFFFF, 0x1000000000000000, 0x7FFFFFFFFFFFFFFF,
    0x8000000000000000, 2**64 - 1,
]
TIMES = [
    (1900, 1, 1, 0, 0, 0), (1969, 12, 31, 23, 59, 59.999),
    (1970, 1, 1, 0, 0, 0), (1970, 1, 1, 0, 0, 0.001), (2000, 2, 29, 12, 0, 30),
    (2012, 1, 1, 0, 0, 0), (2012, 2, 29, 23, 59, 59.875),
    (2015, 6, 30, 23, 59, 59.5), (2016, 12, 31, 23, 59, 59.999999),
    (2023, 2, 28, 23, 59, 59.999), (2023, 3, 1, 0, 0, 0),
    (2024, 2, 29, 0, 0, 0), (2024, 2, 29, 23, 59, 59.999),
    (2024, 3, 1, 0, 0, 0), (2024, 12, 31, 23, 59, 59.123456),
    (2025, 1, 1, 0, 0, 0), (2026, 9, 30, 12, 34, 56.789),
    (2038, 1, 19, 3, 14, 7), (2038, 1, 19, 3, 14, 8),
    (2100, 2, 28, 23, 59, 59), (2100, 3, 1, 0, 0, 0),
]


def name(oid, tid):
    """Return one vector: the ids and the path in each layout."""
    oid, tid = p64(oid), p64(tid)
    paths = {key: layout.getBlobFilePath(oid, tid)
             for key, layout in LAYOUTS.items()}
    return {"oid": oid.hex(), "tid": tid.hex(), **paths}


def moment(stamp):
    """Return one transaction id and the time it stands for.

    A tid counts a minute's 2^32nd parts, so the time that went in rarely
    comes out to the last digit: `epochMs` is what comes out.
    """
    return {
        "tid": stamp.raw().hex(),
        "time": str(stamp).replace(" ", "T") + "Z",
        "epochMs": stamp.timeTime() * 1000,
    }


def vectors():
    """Return the content of paths.json, the same with each run."""
    chance = random.Random(20260914)
    pairs = [(oid, USUAL_TID) for oid in EDGE_OIDS]
    pairs += [(0x1A2B3C, tid) for tid in EDGE_TIDS]
    pairs += [(0, 0), (2**64 - 1, 2**64 - 1)]
    for bits in (8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 64):
        pairs.append((chance.getrandbits(bits), chance.getrandbits(64)))
    stamps = [TimeStamp(*time) for time in TIMES]
    for month in range(1, 13):
        last = calendar.monthrange(2022, month)[1]
        second = chance.uniform(0, 59)
        stamps.append(TimeStamp(2022, month, last, 23, 59, second))
    for _ in range(8):
        day = datetime.fromtimestamp(chance.randrange(2**31), timezone.utc)
        stamps.append(TimeStamp(*day.timetuple()[:5], chance.uniform(0, 59)))
    return {
        "formatVersion": 1,
        "vectors": [name(*pair) for pair in pairs],
        "tids": [moment(stamp) for stamp in stamps],
    }
