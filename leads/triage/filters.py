"""The inbox's filters. Each choice says how many open leads it would show, the other filters as they are."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timezone import localdate

from articles.models import Article
from leads.models import OPEN, Lead, Status
from leads.staff import members
from leads.triage.inbox import AGES, CLOSED_CHOICES, count_some, open_work, start_of, start_of_month
from leads.triage.work import name_of

Choices = list[tuple[str, str]]


class CountedFilter(admin.SimpleListFilter):
    """A subclass says which of its choices a row of open_work() belongs to."""

    default = "Any"

    def __init__(self, request: HttpRequest, params: dict, model: type[Lead], model_admin: admin.ModelAdmin) -> None:
        self.request = request
        super().__init__(request, params, model, model_admin)

    def has_output(self) -> bool:
        return True

    def choices_of(self, row: Any) -> Iterable[str]:
        raise NotImplementedError

    def rows(self) -> list[Any]:
        """Asked for once a page."""
        if not hasattr(self.request, "open_work"):
            self.request.open_work = open_work(timezone.now())  # type: ignore[attr-defined]
        found: list[Any] = self.request.open_work  # type: ignore[attr-defined]
        return found

    def choices(self, changelist: Any) -> Iterator[Any]:
        counts = self.counts(changelist.filter_specs)
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": self.shown(self.default, "", counts),
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": self.shown(str(label), str(value), counts),
            }

    def counts(self, filters: list[admin.ListFilter]) -> Counter[str] | None:
        """How many open leads each choice shows, and "" all of them; None where the list is not of open work."""
        if is_search(self.request):
            return None
        others = [each for each in filters if each is not self and isinstance(each, CountedFilter) and each.value()]
        if any(isinstance(each, StatusFilter) and each.value() not in OPEN for each in others):
            return None
        found: Counter[str] = Counter()
        for row in self.rows():
            if all(str(each.value()) in each.choices_of(row) for each in others):
                for choice in ("", *self.choices_of(row)):
                    found[choice] += row["leads"]
        return found

    def shown(self, label: str, value: str, counts: Counter[str] | None) -> str:
        return label if counts is None else f"{label} ({counts[value]:,})"


def is_search(request: HttpRequest) -> bool:
    return bool(request.GET.get("q", "").strip())


class StatusFilter(CountedFilter):
    """Open work, unless something else is asked for; a search looks everywhere."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        return [*((each.value, each.label) for each in [*OPEN, *CLOSED_CHOICES]), ("all", "All")]

    def choices_of(self, row: Any) -> Iterable[str]:
        return (row["status"],)

    def choices(self, changelist: Any) -> Iterator[Any]:
        self.default = "Any" if is_search(self.request) else "Open"
        others = [each for each in changelist.filter_specs if each is not self and each.value()]
        self.counts_closed = not others and not is_search(self.request)
        return super().choices(changelist)

    def shown(self, label: str, value: str, counts: Counter[str] | None) -> str:
        if value in CLOSED_CHOICES:
            return f"{label} ({count_some(value)})" if self.counts_closed else label
        return label if value == "all" else super().shown(label, value, counts)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        if self.value() in Status.values:
            return queryset.filter(status=self.value())
        if self.value() == "all" or is_search(request):
            return queryset.exclude(status=Status.MERGED)
        return queryset.filter(status__in=OPEN)


class ClockFilter(CountedFilter):
    title = "clock"
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        return [("overdue", "Overdue"), ("answered", "Was answered")]

    def choices_of(self, row: Any) -> Iterable[str]:
        return [choice for choice in ("overdue", "answered") if row[choice]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        if self.value() == "overdue":
            return queryset.filter(due_at__lt=timezone.now())
        return queryset.exclude(response_minutes=None) if self.value() == "answered" else queryset


class FollowUpFilter(CountedFilter):
    title = "follow-up"
    parameter_name = "follow_up"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        return [("due", "Today or earlier")]

    def choices_of(self, row: Any) -> Iterable[str]:
        return ("due",) if row["follow_up"] else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        return queryset.filter(follow_up_on__lte=localdate()) if self.value() == "due" else queryset


class OwnerFilter(CountedFilter):
    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        named = [(str(each.pk), name_of(each)) for each in members() if each != request.user]
        return [("me", "Mine"), ("none", "Unassigned"), *named]

    def choices_of(self, row: Any) -> Iterable[str]:
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
    """The sources of open work; others are reached from the dashboard."""

    title = "source"
    parameter_name = "source"
    field = "first_touch"
    NONE = "-"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        found = {row[self.field] for row in self.rows()}
        if self.value():
            found.add("" if self.value() == self.NONE else str(self.value()))
        return [(each or self.NONE, self.label(each)) for each in sorted(found)]

    def label(self, value: str) -> str:
        return value or "Not known"

    def choices_of(self, row: Any) -> Iterable[str]:
        return (row[self.field] or self.NONE,)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value()
        if value is None:
            return queryset
        if "\0" in value:  # which PostgreSQL refuses to look for
            return queryset.none()
        return queryset.filter(**{self.field: "" if value == self.NONE else value})


class PageFilter(SourceFilter):
    title = "article"
    parameter_name = "article"
    field = "first_page"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        self.titles = page_titles()
        return super().lookups(request, model_admin)

    def label(self, value: str) -> str:
        return self.titles.get(value, value or "Not known")


def page_titles() -> dict[str, str]:
    """What the pages with a form are called, by their paths."""
    articles = {each.get_absolute_url(): each.title for each in Article.objects.only("slug", "title")}
    return {"/": "Home", "/contact/": "Quick Contact", **articles}


class ReceivedFilter(CountedFilter):
    """By the latest enquiry."""

    title = "latest enquiry"
    parameter_name = "received"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        return [("today", "Today"), *((each, f"Last {each} days") for each in AGES if each != "today")]

    def choices_of(self, row: Any) -> Iterable[str]:
        return list(AGES)[row["age"] :]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value()
        if value in AGES:
            return queryset.filter(last_submission_at__gte=start_of(localdate() - timedelta(days=AGES[value])))
        return queryset


class CreatedFilter(admin.SimpleListFilter):
    """By the first enquiry: `2026-11-23`, `2026-11-16..2026-11-22`. The dashboard's numbers lead here."""

    title = "first enquiry"
    parameter_name = "created"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        value = request.GET.get(self.parameter_name, "")
        return [(value, value.replace("..", " to "))] if days(value) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        span = days(self.value() or "")
        if span is None:
            return queryset
        return queryset.filter(created_at__gte=start_of(span[0]), created_at__lt=start_of(span[1] + timedelta(days=1)))


def days(text: str) -> tuple[date, date] | None:
    """The first and the last day that the text names; None if it names none."""
    first, _, last = text.partition("..")
    try:
        span = date.fromisoformat(first), date.fromisoformat(last or first)
        return span if span[0] <= span[1] < date.max else None
    except ValueError:
        return None


class ClosedFilter(admin.SimpleListFilter):
    title = "closed"
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Choices:
        return [("month", "This month")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        return queryset.filter(closed_at__gte=start_of_month(timezone.now())) if self.value() == "month" else queryset
