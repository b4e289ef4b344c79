"""Builders of the objects that tests need, with defaults for every field."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from django.utils import timezone

from articles.models import Article
from company.models import Company
from leads.admission.admit import admit_batch
from leads.capture.challenge import Challenge, fresh_challenge, window_challenge
from leads.intake import store
from leads.models import Lead, Submission
from leads.notifications import deliveries_about
from leads.outbox.models import Delivery
from leads.reference import reference_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
counter = itertools.count(1)


def company(**changes: Any) -> Company:
    return Company.objects.create(**{"name": "Bayani Partners", "tagline": "Teams in Manila.", **changes})


def article(**changes: Any) -> Article:
    number = next(counter)
    defaults = {
        "title": f"Article {number}",
        "slug": f"article-{number}",
        "summary": "What it is about.",
        "body": "<p>The text.</p>",
        "status": Article.Status.PUBLISHED,
        "published_at": timezone.now() - timedelta(days=1),
    }
    return Article.objects.create(**{**defaults, **changes})


def enquiry(challenge: Challenge | None = None, **changes: str) -> dict[str, str]:
    """The posted fields of the Quick Contact form, all valid."""
    challenge = challenge or window_challenge(timezone.now())
    return {
        "first_name": "Ana",
        "last_name": "Reyes",
        "phone": "0917 123 4567",
        "email": "ana@example.com",
        "space_requirements": "Ten designers in Makati by March.",
        "math_answer": str(sum(challenge.numbers)),
        "math_challenge": challenge.token,
        "page": "/contact/",
        "leave_blank": "",
        **changes,
    }


def submission(**changes: Any) -> Submission:
    """An unsaved submission with a unique key."""
    key = changes.pop("key", f"{next(counter):010x}{'0' * 54}")
    defaults = {
        "key": key,
        "reference": reference_of(key),
        "first_name": "Ana",
        "last_name": "Reyes",
        "phone": "+639171234567",
        "phone_as_typed": changes.get("phone", "0917 123 4567"),
        "email": "ana@example.com",
        "space_requirements": "Ten designers in Makati by March.",
        "page": "/contact/",
        "received_at": NOON,
    }
    return Submission(**{**defaults, **changes})


def accept(unsaved: Submission) -> Submission:
    """The submission after store() and admission, both at the time it was received."""
    store(unsaved)
    stored = Submission.objects.get(key=unsaved.key)
    if stored.waiting:
        admit_batch([stored.pk], stored.received_at)
        stored.refresh_from_db()
    return stored


def deliveries(stored: Submission) -> QuerySet[Delivery]:
    """The messages about the submission."""
    return deliveries_about([stored])


def lead(**changes: Any) -> Lead:
    """The lead of a newly accepted submission of an unknown sender."""
    number = next(counter)
    defaults = {"email": f"person{number}@example.com", "phone": f"+63917{number:07d}"}
    opened = accept(submission(**{**defaults, **changes})).lead
    assert opened is not None
    return opened


def unique_challenge() -> Challenge:
    return fresh_challenge(timezone.now())


def staff(*groups: str, **changes: Any) -> User:
    user = User.objects.create_user(**{"username": f"staff{next(counter)}", "is_staff": True, **changes})
    user.groups.set(Group.objects.filter(name__in=groups))
    assert user.groups.count() == len(groups)
    return user


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
