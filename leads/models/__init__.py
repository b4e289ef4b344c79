"""
What was sent, and whom sales works with.

A Submission is what a visitor sent: it is stored once and never changes. A Lead is the person behind one or
more submissions. leads/intake.py is the one way in; leads/admission/ joins it to a lead.
"""

from leads.models.enquiry import (
    IDENTITY_MAX,
    OPEN,
    Event,
    Identity,
    ImmutableError,
    Lead,
    Merge,
    Status,
    Submission,
    record,
)
from leads.models.sales import WEEKDAYS, Export, Holiday, ReplyTemplate, SalesSettings
from leads.models.screening import AdmissionFailure, Quarantine, ScreeningRules

__all__ = [
    "IDENTITY_MAX",
    "OPEN",
    "WEEKDAYS",
    "AdmissionFailure",
    "Event",
    "Export",
    "Holiday",
    "Identity",
    "ImmutableError",
    "Lead",
    "Merge",
    "Quarantine",
    "ReplyTemplate",
    "SalesSettings",
    "ScreeningRules",
    "Status",
    "Submission",
    "record",
]
