"""The filters of the inbox. A CountedFilter shows how many open leads each choice lists, given the other filters."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.timezone import localdate

from articles.models import Article
from leads.models import CLOSED, OPEN, Lead, Status
from leads.models.lead import IS_MERGED, IS_OPEN, is_follow_up_due, is_overdue
from leads.staff import display_name, members
from leads.triage.inbox_queries import AGES, count_label, count_open_leads, start_of_day, start_of_month

Row = dict[str, Any]  # of count_open_leads()
Choices = list[tuple[str, str]]


class LeadList(ChangeList):
    """The list of leads that a query string describes."""

    @cached_property
    def open_leads(self) -> list[Row]:
        """Counts for the choices of all filters; queried when the first one is rendered."""
        return count_open_leads(timezone.now())


class CountedFilter(admin.SimpleListFilter):
    """A filter with counts. A subclass says which of its choices a row of count_open_leads() belongs to."""

    default_label = "Any"

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Lead], model_admin: admin.ModelAdmin[Lead]
    ) -> None:
        self.request = request
        super().__init__(request, params, model, model_admin)

    def has_output(self) -> bool:
        return True

    def choices_of(self, row: Row) -> Iterable[str]:
        """The choices to which the leads of the row belong."""
        raise NotImplementedError

    def choices(self, changelist: Any) -> Iterator[Any]:
        counts = self.counts(changelist)
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": self.display(self.default_label, "", counts),
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": self.display(str(label), str(value), counts),
            }

    def counts(self, changelist: LeadList) -> Counter[str] | None:
        """The number of open leads by choice, and by "" their total; None if the list is not one of open leads."""
        if is_search(self.request):
            return None
        others = [
            other
            for other in changelist.filter_specs
            if other is not self and isinstance(other, CountedFilter) and other.value()
        ]
        if any(isinstance(other, StatusFilter) and other.value() not in OPEN for other in others):
            return None
        counts: Counter[str] = Counter()
        for row in changelist.open_leads:
            if all(str(other.value()) in other.choices_of(row) for other in others):
                for choice in ("", *self.choices_of(row)):
                    counts[choice] += row["leads"]
        return counts

    def display(self, label: str, value: str, counts: Counter[str] | None) -> str:
        return label if counts is None else f"{label} ({counts[value]:,})"


def is_search(request: HttpRequest) -> bool:
    return bool(request.GET.get("q", "").strip())


class StatusFilter(CountedFilter):
    """Open leads by default; a search looks in all statuses."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        return [*((status.value, status.label) for status in [*OPEN, *CLOSED]), ("all", "All")]

    def choices_of(self, row: Row) -> Iterable[str]:
        return (row["status"],)

    def choices(self, changelist: Any) -> Iterator[Any]:
        self.default_label = "Any" if is_search(self.request) else "Open"
        others = [other for other in changelist.filter_specs if other is not self and other.value()]
        self.counts_closed = not others and not is_search(self.request)
        return super().choices(changelist)

    def display(self, label: str, value: str, counts: Counter[str] | None) -> str:
        if value in CLOSED:
            return f"{label} ({count_label(Lead.objects.filter(status=value))})" if self.counts_closed else label
        return label if value == "all" else super().display(label, value, counts)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        if self.value() in Status.values:
            return queryset.filter(status=self.value())
        if self.value() == "all" or is_search(request):
            return queryset.exclude(IS_MERGED)
        return queryset.filter(IS_OPEN)


class ClockFilter(CountedFilter):
    title = "clock"
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        return [("overdue", "Overdue"), ("answered", "Was answered")]

    def choices_of(self, row: Row) -> Iterable[str]:
        return [choice for choice in ("overdue", "answered") if row[choice]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        if self.value() == "overdue":
            return queryset.filter(is_overdue(timezone.now()))
        return queryset.exclude(response_minutes=None) if self.value() == "answered" else queryset


class FollowUpFilter(CountedFilter):
    title = "follow-up"
    parameter_name = "follow_up"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        return [("due", "Today or earlier")]

    def choices_of(self, row: Row) -> Iterable[str]:
        return ("due",) if row["follow_up"] else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        return queryset.filter(is_follow_up_due(localdate())) if self.value() == "due" else queryset


class OwnerFilter(CountedFilter):
    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        colleagues = [(str(member.pk), display_name(member)) for member in members() if member != request.user]
        return [("me", "Mine"), ("none", "Unassigned"), *colleagues]

    def choices_of(self, row: Row) -> Iterable[str]:
        owner = row["owner_id"]
        return ("me", str(owner)) if owner == self.request.user.pk else (str(owner) if owner else "none",)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value()
        if value == "none":
            return queryset.filter(owner=None)
        if value == "me":
            return queryset.filter(owner=request.user.pk)
        return queryset.filter(owner=int(value)) if value and value.isdecimal() and len(value) < 10 else queryset


class SourceFilter(CountedFilter):
    """The sources of open leads; the dashboard links to the others."""

    title = "source"
    parameter_name = "source"
    field = "first_touch"
    NONE = "-"  # the value of the parameter for leads without a source

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        return []  # choices() reads them from the list's counts

    def choices(self, changelist: Any) -> Iterator[Any]:
        sources = {row[self.field] for row in changelist.open_leads}
        if self.value():
            sources.add("" if self.value() == self.NONE else str(self.value()))
        self.lookup_choices = [(source or self.NONE, self.label(source)) for source in sorted(sources)]
        return super().choices(changelist)

    def label(self, value: str) -> str:
        return value or "Not known"

    def choices_of(self, row: Row) -> Iterable[str]:
        return (row[self.field] or self.NONE,)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value()
        if value is None:
            return queryset
        if "\0" in value:  # PostgreSQL raises an error for it
            return queryset.none()
        return queryset.filter(**{self.field: "" if value == self.NONE else value})


class PageFilter(SourceFilter):
    title = "article"
    parameter_name = "article"
    field = "first_page"

    @cached_property
    def titles(self) -> dict[str, str]:
        return page_titles()

    def label(self, value: str) -> str:
        return self.titles.get(value, value or "Not known")


def page_titles() -> dict[str, str]:
    """The titles of the pages with a form, by path."""
    articles = {article.get_absolute_url(): article.title for article in Article.objects.only("slug", "title")}
    return {"/": "Home", "/contact/": "Quick Contact", **articles}


class ReceivedFilter(CountedFilter):
    """By the latest enquiry."""

    title = "latest enquiry"
    parameter_name = "received"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        return [("today", "Today"), *((days, f"Last {days} days") for days in AGES if days != "today")]

    def choices_of(self, row: Row) -> Iterable[str]:
        return list(AGES)[row["age"] :]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value()
        if value in AGES:
            return queryset.filter(last_submission_at__gte=start_of_day(localdate() - timedelta(days=AGES[value])))
        return queryset


class CreatedFilter(admin.SimpleListFilter):
    """By the first enquiry: `2026-11-23`, `2026-11-16..2026-11-22`. The numbers of the dashboard link here."""

    title = "first enquiry"
    parameter_name = "created"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        value = request.GET.get(self.parameter_name, "")
        return [(value, value.replace("..", " to "))] if parse_days(value) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        days = parse_days(self.value() or "")
        if days is None:
            return queryset
        first, last = days
        after = start_of_day(last + timedelta(days=1))
        return queryset.filter(created_at__gte=start_of_day(first), created_at__lt=after)


def parse_days(text: str) -> tuple[date, date] | None:
    """The first and the last day in `2026-11-16..2026-11-22` or `2026-11-23`; None for any other text."""
    first, _, last = text.partition("..")
    try:
        days = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        return None
    return days if days[0] <= days[1] < date.max else None


class ClosedFilter(admin.SimpleListFilter):
    title = "closed"
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Lead]) -> Choices:
        return [("month", "This month")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        return queryset.filter(closed_at__gte=start_of_month(timezone.now())) if self.value() == "month" else queryset
