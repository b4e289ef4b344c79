"""Django's admin looks for a module of this name; the inbox is in leads/triage/admin.py."""

from leads.triage import admin as admin
