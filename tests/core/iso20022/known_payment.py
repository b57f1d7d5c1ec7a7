"""A payment that every test of the messages knows."""

from __future__ import annotations

from datetime import UTC, date, datetime

from xiaoshi.core.iso20022 import Party, Payment

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
CLIENT = Party("何采薇", "6217000000000417", "104331000018", "慈溪市", "样张路十八号")
HOSPITAL = Party("样张市第一人民医院", "33150198765432100", "104331000018")
PAYMENT = Payment("M1", "e2e-1", NOW, date(2026, 11, 25), CLIENT, HOSPITAL, 46_845_00, "CNY", "住院押金 何某")
