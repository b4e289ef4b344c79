"""Django's admin looks for a module of this name; the inbox is in leads/triage/."""

from leads.triage import admin as admin
from leads.triage import quarantine_admin as quarantine_admin
from leads.triage import settings_admin as settings_admin
