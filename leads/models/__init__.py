"""
The tables. A Submission is an enquiry as it was sent: stored once, immutable. A Lead is the person behind one or more
submissions, with whom sales works.
"""

from leads.models.export import Export
from leads.models.lead import IDENTITY_MAX, Identity, Lead
from leads.models.merge import Merge
from leads.models.person import Person
from leads.models.quarantine import Quarantine, ScreeningRules
from leads.models.reply_template import ReplyTemplate
from leads.models.sales_settings import WEEKDAYS, Holiday, SalesSettings
from leads.models.status import CLOSED, MOVES, OPEN, Status
from leads.models.submission import AdmissionFailure, ImmutableError, Submission
from leads.models.timeline import Event, record_event

__all__ = [
    "CLOSED",
    "IDENTITY_MAX",
    "MOVES",
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
    "Person",
    "Quarantine",
    "ReplyTemplate",
    "SalesSettings",
    "ScreeningRules",
    "Status",
    "Submission",
    "record_event",
]
