"""Every rule and both sides of every day on which one changes, worked out by hand."""

from __future__ import annotations

import pytest

from .deposit_text import check, found

FIXED = """
# on time: 10,000 x 1.75 % x 1 year
fixed 12m 10,000.00 2015-10-24 2016-10-24 = 175.00
fixed 3m 10,000.00 2008-12-23 2009-03-23 = 42.75
# jiao and fen earn nothing: 10,000 again
fixed 12m 10,000.99 2015-10-24 2016-10-24 = 175.00
fixed 12m 0.99 2015-10-24 2016-10-24 = 0.00
# 1 yuan, a quarter at 1.35 %: 0.003375 is no fen; 2 yuan: 0.00675 is one
fixed 3m 1.00 2015-10-24 2016-01-24 = 0.00
fixed 3m 2.00 2015-10-24 2016-01-24 = 0.01
# 15 yuan, 30 days at 0.36 %: 0.0045 is no fen; rounded to the li first it would be one
fixed 12m 15.00 2009-01-10 2009-02-10 = 0.00
fixed 12m 17.00 2009-01-10 2009-02-10 = 0.01
# real days: 366 of them in 2016
fixed 12m 10,000.00 2015-10-24 2016-10-24 actual = 177.92
# overdue by 30 days at 0.35 %: 350.000 + 2.917
fixed 12m 10,000.00 2011-07-07 2012-08-07 = 352.92
# the day before maturity is early: 359 days at 0.40 %, the rate of that day
fixed 12m 10,000.00 2011-07-07 2012-07-05 = 39.78
fixed 12m 10,000.00 2011-07-07 2012-07-06 = 34.90
fixed 12m 10,000.00 2011-07-07 2012-07-07 = 350.00
# early in full, 8 months at 0.36 %; in part: 3,000 x 0.36 % x 240 / 360
fixed 12m 10,000.00 2009-01-10 2009-09-10 = 24.00
fixed 12m 10,000.00 2009-01-10 2009-09-10 part 3,000.00 = 7.20 left 7,000.00 2009-01-10
fixed 12m 10,000.00 2009-01-10 2009-09-10 part 10,000.00 = 24.00
fixed 12m 10,000.00 2009-01-10 2009-01-10 = 0.00
fixed 12m 10,000.00 2009-01-10 2009-09-10 part 10,000.01 ! withdraw_above_principal
# what is left of it at maturity: the opening day's 2.25 % on 7,000
fixed 12m 7,000.00 2009-01-10 2010-01-10 = 157.50
# 31 August and six months: the last of February, 180 days; a day later it is overdue by 3 (29, 30 and the 28th itself)
fixed 6m 10,000.00 2022-08-31 2023-02-27 = 12.29
fixed 6m 10,000.00 2022-08-31 2023-02-28 = 77.50
fixed 6m 10,000.00 2022-08-31 2023-03-01 = 77.71
# the table of the large banks from 2012-07-06, the benchmark before, and where it is named
fixed 60m 10,000.00 2012-07-05 2017-07-05 = 2,550.00
fixed 60m 10,000.00 2012-07-06 2017-07-06 = 2,375.00
fixed 12m 10,000.00 2016-01-01 2017-01-01 = 175.00
fixed 12m 10,000.00 2016-01-01 2017-01-01 by benchmark = 150.00
fixed 60m 10,000.00 2016-01-01 2021-01-01 by benchmark ! term_not_posted
# terms that were not there on the day: 3 months in 1988, 8 years since 1996-05-01; and one that never was
fixed 3m 10,000.00 1989-01-31 1989-04-30 ! term_not_posted
fixed 3m 10,000.00 1989-02-01 1989-05-01 = 189.00
fixed 96m 10,000.00 1996-05-01 2004-05-01 ! term_not_posted
fixed 7m 10,000.00 2000-01-01 2000-08-01 ! term_never_existed
fixed 12m 10,000.00 2000-01-02 2000-01-01 ! withdrawal_before_opening
fixed 12m 10,000.00 1988-08-31 1989-08-31 ! before_first_rate
"""

ROLLOVER = """
# 56.25; then 10,056 x 2.60 % / 4 = 65.364; then 30 days early: 10,121 x 0.50 % x 30 / 360 = 4.217
fixed 3m 10,000.00 2010-12-26 2011-07-26 roll = 125.83
fixed 3m 10,000.00 2010-12-26 2011-06-26 roll = 121.61
# paid at maturity: nothing is rolled, nothing is overdue
fixed 3m 10,000.00 2010-12-26 2011-03-26 roll = 56.25
# without the agreement: 120 days overdue at 0.50 %
fixed 3m 10,000.00 2010-12-26 2011-07-26 = 72.92
# the tax is paid at each rollover, rounded for itself: 1,000 x 2.25 % = 22.50, tax 4.50; 1,018 x 2.25 % = 22.905
fixed 12m 1,000.00 2000-06-10 2002-06-10 roll = 45.41 - 9.08
# a part out of the second term: 10,056.25 - 3,000, from the day of the rollover
fixed 3m 10,000.00 2010-12-26 2011-04-26 roll part 3,000.00 = 57.50 left 7,056.25 2011-03-26
fixed 3m 10,000.00 2010-12-26 2011-04-26 roll part 10,056.26 ! withdraw_above_principal
# eight years at 17.64 % and 2.09 %, rolled in 1997 when there was no such term: overdue from there, 25,784 x 1.71 %
fixed 96m 10,000.00 1989-02-01 1998-02-01 roll = 16,224.91
"""

OLDER = """
# opened before 1993-03-01, early: the longest term really kept. 25 months: two years' 10.98 % for 750 days
fixed 36m 10,000.00 1990-05-01 1992-06-01 = 2,287.50
# 2 months: none was kept, demand at 2.88 %
fixed 36m 10,000.00 1990-05-01 1990-07-01 = 48.00
# from 1993-03-01 on the demand rate of the withdrawal day: 25 months at 3.15 %
fixed 36m 10,000.00 1993-03-01 1995-04-01 = 656.25
fixed 36m 10,000.00 1993-02-28 1995-03-31 = 1,654.40
# past the term the newer rule holds for both: 1990-05-01 one year 10.08 %, then 1,800 days at 2.97 %
fixed 12m 10,000.00 1990-05-01 1996-05-01 = 2,493.00
"""

SUBSIDY = """
# three years to March 1997: 12.24 % and 0.94 % a year
fixed 36m 10,000.00 1994-03-01 1997-03-01 = 3,954.00
# the announcement of March 1994: five years at 14.94 % and 1.19 %
fixed 60m 10,000.00 1989-03-01 1994-03-01 = 8,065.00
# opened nine days before the protection begins: 12.42 % for 2,880 days, 3.61 % for 2,871
fixed 96m 10,000.00 1988-09-01 1996-09-01 = 12,814.98
# early: none; the demand rate
fixed 36m 10,000.00 1994-03-01 1997-02-28 = 592.35
# opened in the stop (from memory): none; on its last day and after it: some
fixed 36m 10,000.00 1991-11-30 1994-11-30 = 4,455.00
fixed 36m 10,000.00 1991-12-01 1994-12-01 = 2,484.00
fixed 36m 10,000.00 1993-07-10 1996-07-10 = 3,240.00
fixed 36m 10,000.00 1993-07-11 1996-07-11 = 5,544.00
fixed 36m 10,000.00 1996-04-01 1999-04-01 = 3,672.00
# two years never; overdue: only the protected term
fixed 24m 10,000.00 1994-03-01 1996-03-01 = 2,340.00
fixed 36m 10,000.00 1994-03-01 1997-04-01 = 3,970.50
"""

TAX = """
# 141 days free, 219 at 20 %: 136.875 x 20 % = 27.375
fixed 12m 10,000.00 1999-06-10 2000-06-10 = 225.00 - 27.38
fixed 12m 10,000.00 1998-11-01 1999-11-01 = 477.00
fixed 12m 10,000.00 1998-11-02 1999-11-02 = 477.00 - 0.27
# 147 days at 20 %, 213 at 5 %: 22.785 + 8.254
fixed 12m 10,000.00 2007-03-18 2008-03-18 = 279.00 - 31.04
# to 2008-10-08: 358 days at 5 %; the last two free: 384.850 x 5 % = 19.2425
fixed 12m 10,000.00 2007-10-11 2008-10-11 = 387.00 - 19.24
fixed 12m 10,000.00 2008-10-09 2009-10-09 = 387.00
# early in the time of 20 %: one rate, tax by days of accrual
fixed 12m 10,000.00 1999-10-02 1999-12-02 = 16.50 - 1.71
"""

DEMAND = """
# closed before the first settlement: 100 days at 0.99 %
demand 10,000.00 1999-07-01 1999-10-11 = 27.50
# 21 days to 30 June; a year on 10,005 of which 240 days are taxed; closed after 9 days
demand 10,000.00 1999-06-10 2000-07-10 = 107.33 - 13.71
# on the settlement day itself nothing is settled yet; on the next it is
demand 10,000.00 2003-07-01 2004-06-30 = 71.80 - 14.36
demand 10,000.00 2003-07-01 2004-07-01 = 72.00 - 14.40
# 2005: 30 June, then 20 December for 171 real days, then quarters
demand 10,000.00 2005-06-30 2005-07-01 actual = 0.20 - 0.04
demand 10,000.00 2005-07-01 2005-12-20 actual = 34.40 - 6.88
demand 10,000.00 2005-07-01 2005-12-21 actual = 34.60 - 6.92
# 34.60 - 6.92 credited: 10,027 for 90 days
demand 10,000.00 2005-07-01 2006-03-21 actual = 52.65 - 10.53
demand 10,000.00 2024-09-21 2024-12-21 actual = 2.53
# the settlement day's rate for the whole quarter, the closing day's after it
demand 10,000.00 2024-06-21 2024-09-21 actual = 3.83
demand 10,000.00 2024-06-21 2024-09-22 actual = 3.87
demand 10,000.00 2024-06-21 2024-06-21 actual = 0.00
demand 10,000.00 2024-06-21 2024-09-22 actual part 100.00 ! part_not_for_product
"""

EITHER = """
# under three months demand; then six tenths of 3 months, 6 months, 1 year of the withdrawal day
fixed_or_demand 10,000.00 2009-01-10 2009-04-09 = 8.90
fixed_or_demand 10,000.00 2009-01-10 2009-04-10 = 25.65
fixed_or_demand 10,000.00 2009-01-10 2009-07-09 = 51.02
fixed_or_demand 10,000.00 2009-01-10 2009-07-10 = 59.40
fixed_or_demand 10,000.00 2009-01-10 2010-01-10 = 135.00
fixed_or_demand 10,000.00 2009-01-10 2010-07-10 = 202.50
"""

INSTALMENTS = """
# 1,000 x 78 months x 1.71 % / 12
instalment_in 12m 1,000.00 2009-01-10 2010-01-10 = 111.15
# 3 instalments, 90 + 60 + 30 days at 0.36 %
instalment_in 12m 1,000.00 2009-01-10 2009-04-10 = 1.80
instalment_in 12m 1,000.00 2009-01-10 2009-01-10 = 0.00
# a month late: 12,000 at 0.36 %
instalment_in 12m 1,000.00 2009-01-10 2010-02-10 = 114.75
# 12,000 out in twelve parts: the same products
instalment_out 12m 12,000.00 2009-01-10 2010-01-10 = 111.15
instalment_out 36m 36,000.00 2012-07-06 2015-07-06 = 1,609.50
interest_out 12m 12,000.00 2009-01-10 2010-01-10 = 205.20
interest_out 60m 12,000.00 2012-07-06 2017-07-06 = 1,800.00
interest_out 12m 12,000.00 2009-01-10 2009-07-10 = 21.60
instalment_in 24m 1,000.00 2009-01-10 2010-01-10 ! term_never_existed
instalment_in 12m 1,000.00 1998-12-06 1999-12-06 ! term_not_posted
"""

CALL = """
# 200,000 of which 100,000 with seven days' notice: 1.00 % for 59 days, the rest keeps its day
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-03 part 100,000.00 = 163.89 left 100,000.00 2023-01-10
# 9(2) no notice: 0.25 %
call_7d 200,000.00 2023-01-10 2023-03-10 actual part 100,000.00 = 40.97 left 100,000.00 2023-01-10
# 9(3) a day early, a day late
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-04 part 100,000.00 = 40.97 left 100,000.00 2023-01-10
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-02 part 100,000.00 = 40.97 left 100,000.00 2023-01-10
# 9(1) kept for six days; seven are enough
call_7d 200,000.00 2023-01-10 2023-01-16 actual notice 2023-01-10 = 8.33
call_7d 200,000.00 2023-01-10 2023-01-17 actual notice 2023-01-10 = 38.89
call_1d 200,000.00 2023-01-10 2023-01-11 actual notice 2023-01-10 = 2.50
call_1d 200,000.00 2023-01-10 2023-01-10 actual = 0.00
# 9(4) 80,000 where 60,000 were agreed: the difference at 0.25 %: 98.333 + 8.194
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-03 agreed 60,000.00 part 80,000.00 = 106.53 left 120,000.00 2023-01-10
# 9(5) under the least withdrawal
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-03 part 49,999.99 = 20.49 left 150,000.01 2023-01-10
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-03 part 50,000.00 = 81.94 left 150,000.00 2023-01-10
# a notice of February that was not used: seven days without interest: 52 days
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-03 idle 2023-02-01 = 288.89
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-11 ! notice_after_withdrawal
call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-01-09 ! notice_before_opening
call_7d 200,000.00 2023-01-10 2023-03-10 actual idle 2023-02-01 idle 2023-02-07 ! notices_overlap
call_7d 200,000.00 2023-01-10 2023-03-10 actual part 200,000.01 ! withdraw_above_principal
call_7d 200,000.00 1999-01-02 2000-01-10 actual ! product_not_yet
# the first table with call rates is of 1999-06-10: by notice there is no rate before, without notice the demand rate
call_1d 200,000.00 1999-01-03 1999-06-09 actual notice 1999-06-08 ! no_rate
call_1d 200,000.00 1999-01-03 1999-06-09 actual = 1,256.00
"""


def lines(table: str) -> list[str]:
    return [line for line in table.strip().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(
    "line", lines(FIXED + ROLLOVER + OLDER + SUBSIDY + TAX + DEMAND + EITHER + INSTALMENTS + CALL)
)
def test_by_hand(line: str) -> None:
    check(line)


def test_a_remainder_under_the_minimum_is_closed_and_asked_about() -> None:
    valued = found("call_7d 100,000.00 2023-01-10 2023-03-10 actual notice 2023-03-03 part 60,000.00")
    # 60,000 x 1.00 % x 59 / 360 = 98.333; 40,000 x 0.25 % x 59 / 360 = 16.389
    assert (valued.interest_fen, valued.total_fen, valued.remaining) == (11472, 10_011_472, None)
    assert [p.code for p in valued.problems] == ["remainder_below_minimum"]


def test_a_part_after_maturity_earns_for_itself_and_says_that_it_is_unsure() -> None:
    # 4,000 x 3.50 % = 140.000; 30 days at 0.35 %: 1.167
    valued = check(
        "fixed 12m 10,000.00 2011-07-07 2012-08-07 part 4,000.00 = 141.17 left 6,000.00 2011-07-07"
    )
    assert valued.total_fen == 414_117
    assert "part_after_maturity" in [p.code for p in valued.unconfirmed]
    rest = check("fixed 12m 6,000.00 2011-07-07 2012-08-07 = 211.75")
    assert valued.interest_fen + rest.interest_fen == 35_292


def test_what_is_not_confirmed_says_so_and_what_is_does_not() -> None:
    sure = [
        "fixed 12m 10,000.00 1999-06-10 2000-06-10",
        "fixed 12m 10,000.00 2024-10-18 2025-10-18",
        "demand 10,000.00 2001-01-01 2004-01-01",
        "call_7d 200,000.00 2008-12-01 2009-03-10 actual notice 2009-03-03",
    ]
    assert [found(line).unconfirmed for line in sure] == [()] * len(sure)
    unsure = {
        "fixed 12m 10,000.00 1988-09-01 1993-09-01": "rate_unconfirmed",
        "fixed 96m 10,000.00 1993-07-11 2001-07-11": "rate_unconfirmed",
        "fixed 12m 10,000.00 2014-12-01 2015-12-01": "row_unconfirmed",
        "fixed 12m 10,000.00 2018-12-01 2019-12-01": "row_unconfirmed",
        "fixed 12m 10,000.00 2026-11-24 2027-11-24": "row_unconfirmed",
        "fixed 12m 10,000.00 2012-06-08 2013-06-08": "row_unconfirmed",
        "fixed 12m 10,000.00 1992-01-01 1993-01-01": "rule_unconfirmed",
        "fixed 6m 10,000.00 2024-08-31 2025-02-28": "maturity_last_of_month",
        "call_7d 200,000.00 2005-01-10 2005-03-10 actual notice 2005-03-03": "rate_unconfirmed",
    }
    for line, code in unsure.items():
        assert code in [p.code for p in found(line).unconfirmed], line


def test_a_rate_that_was_looked_at_but_not_used_is_no_doubt() -> None:
    """Closed early, a deposit rests on the demand rate only; its own rate of 1993 is from memory and does not matter."""
    assert found("fixed 96m 10,000.00 1993-07-11 2000-07-11").unconfirmed == ()
