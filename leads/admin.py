"""Django's admin looks for a module of this name; the pages are in leads/triage/."""

from leads.triage import inbox as inbox
from leads.triage import quarantine_admin as quarantine_admin
from leads.triage import settings_admin as settings_admin
from leads.triage import submission_admin as submission_admin
