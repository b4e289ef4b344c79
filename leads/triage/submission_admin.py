"""The submissions: what was sent, as it was sent."""

from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from company.admin_mixins import ReadOnlyMixin
from leads.actions.quarantine import mark_spam
from leads.models import Submission
from leads.triage.admin_mixins import SEARCH_HELP, SubmissionColumnsMixin
from leads.triage.formatting import first_line
from leads.triage.inbox_queries import BoundedPaginator
from leads.triage.search import search_submissions


@admin.register(Submission)
class SubmissionAdmin(SubmissionColumnsMixin, ReadOnlyMixin, admin.ModelAdmin[Submission]):
    list_display = ["received_at", "reference_code", "name", "wants", "phone_link", "email_link"]
    list_filter = ["received_at"]
    search_fields = ["reference"]  # shows the box; get_search_results() searches
    search_help_text = SEARCH_HELP
    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()
    ordering = ["-id"]
    paginator = BoundedPaginator
    readonly_fields = [
        "received_at", "reference_code", "lead", "name", "phone_link", "phone_as_typed", "email_link",
        "space_requirements", "page", "came_by", "leave_blank",
    ]  # fmt: skip
    fields = (*readonly_fields,)
    actions = ["mark_as_spam"]

    def has_spam_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.change_quarantine")

    @admin.action(description="Mark as spam: hold back from sales", permissions=["spam"])
    def mark_as_spam(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        now, user = timezone.now(), cast(User, request.user)
        count = sum(mark_spam(submission, actor=user, at=now) for submission in queryset)
        self.message_user(request, f"{count} marked as spam; they wait in quarantine.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Submission], search_term: str
    ) -> tuple[QuerySet[Submission], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=search_submissions(search_term).values("pk")), False

    @admin.display(description="wants")
    def wants(self, submission: Submission) -> str:
        return first_line(submission.space_requirements)
