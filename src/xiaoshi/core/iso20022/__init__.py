"""Messages of ISO 20022 between the desk and a core bank: valid bytes out, values or problems in. See README.md.

payment   pain.001 out (`initiation`), and read by who plays the bank
status    pain.002 in (`read_status`): what became of a payment
statement camt.053 and camt.054 in (`read_statements`)
recall    camt.056 out (`cancellation_request`), camt.029 in (`read_resolution`)
"""

from xiaoshi.core.iso20022.parties import Party
from xiaoshi.core.iso20022.payment import Payment, initiation, read_initiation
from xiaoshi.core.iso20022.reasons import Reason
from xiaoshi.core.iso20022.recall import (
    Recall,
    Resolution,
    cancellation_request,
    read_cancellation_request,
    read_resolution,
    resolution,
)
from xiaoshi.core.iso20022.statement import Line, Statement, read_statements, statement
from xiaoshi.core.iso20022.status import Answer, StatusReport, read_status, status_report

__all__ = [
    "Answer",
    "Line",
    "Party",
    "Payment",
    "Reason",
    "Recall",
    "Resolution",
    "Statement",
    "StatusReport",
    "cancellation_request",
    "initiation",
    "read_cancellation_request",
    "read_initiation",
    "read_resolution",
    "read_statements",
    "read_status",
    "resolution",
    "statement",
    "status_report",
]
