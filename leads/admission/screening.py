"""
Which enquiries are held back from sales, and why. A held enquiry is stored and answered like any other, until staff
release it: a rule may be wrong about a customer.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from disposable_email_domains import blocklist

from leads.email_domains import suggest_email
from leads.folding import folded
from leads.models import Lead, ScreeningRules, Status, Submission

LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
HOUR = timedelta(hours=1)
SHINGLE = 4  # characters
LIKENESS_MIN = 0.75  # of the shingles of two texts; a name or a number changed in a text leaves about 0.9
COMPARED_MAX = 20  # earlier enquiries


class Screening:
    """The rules, and what came from the same clients lately: both read once for a batch of submissions."""

    def __init__(self, submissions: Sequence[Submission]) -> None:
        self.rules = ScreeningRules.load()
        self.earlier: dict[str, list[Submission]] = defaultdict(list)
        clients = {submission.client for submission in submissions if submission.client}
        if not clients:
            return
        since = min(submission.received_at for submission in submissions) - HOUR
        rows = Submission.objects.admitted().filter(client__in=clients, received_at__gt=since, lead__isnull=False)
        for submission in rows.order_by("received_at")[: 100 * len(clients)]:
            self.passed(submission)

    def passed(self, submission: Submission) -> None:
        """Remember an enquiry that sales got, for those that come after it."""
        if submission.client:
            self.earlier[submission.client].append(submission)

    def reasons_to_hold(self, submission: Submission, lead: Lead | None) -> list[str]:
        """
        A sentence for each reason to hold the submission back; none if it goes straight to sales.

        `lead` is its sender's, if the sender is known.
        """
        rules, email_domain = self.rules, folded(submission.email.rpartition("@")[2])
        reasons = [] if lead is None else spam_reasons(submission, lead)
        if submission.leave_blank:
            reasons.append("A field that people do not see was filled in.")
        reasons += self.reasons_of_client(submission)
        if words := lines(rules.words):
            text = folded(f"{submission.first_name} {submission.last_name}\n{submission.space_requirements}")
            reasons += [f"It says “{word}”." for word in words if says(text, folded(word))]
        reasons += [
            f"The e-mail address is at {domain}."
            for domain in lines(rules.email_domains)
            if is_at(email_domain, domain)
        ]
        if rules.disposable_domains and is_disposable(email_domain) and suggest_email(submission.email) is None:
            reasons.append("The e-mail address is of a provider of throw-away addresses.")
        links = len(LINK.findall(submission.space_requirements))
        if links > rules.links_max:
            reasons.append(f"It holds {links} links.")
        return reasons

    def reasons_of_client(self, submission: Submission) -> list[str]:
        """Offices and mobile carriers share one address, so that many enquiries from it are no reason by themselves."""
        lately = [
            earlier
            for earlier in self.earlier[submission.client]
            if submission.received_at - HOUR < earlier.received_at <= submission.received_at
        ]
        reasons = []
        if len(lately) >= self.rules.accepted_per_hour:
            reasons.append(f"More than {self.rules.accepted_per_hour} enquiries came from one address within an hour.")
        others = [earlier for earlier in lately[-COMPARED_MAX:] if not is_same_person(earlier, submission)]
        if any(nearly_same(earlier.space_requirements, submission.space_requirements) for earlier in others):
            reasons.append("Nearly the same text came from the same address under another name within an hour.")
        return reasons


def spam_reasons(submission: Submission, lead: Lead) -> list[str]:
    """
    An earlier enquiry with this e-mail address was spam, and this one is from the same client or has nearly its text.

    The e-mail address alone is no reason: a stranger could silence a competitor with it.
    """
    if lead.status != Status.SPAM:
        return []
    for earlier in lead.submissions.all()[:COMPARED_MAX]:
        is_same_client = earlier.client == submission.client != ""
        if is_same_client or nearly_same(earlier.space_requirements, submission.space_requirements):
            return ["An earlier enquiry of this sender was marked as spam."]
    return []


def is_same_person(one: Submission, other: Submission) -> bool:
    """Whether one corrects or repeats the other: they share the e-mail address or the whole name."""
    names = {(folded(submission.first_name), folded(submission.last_name)) for submission in (one, other)}
    return one.email.casefold() == other.email.casefold() or len(names) == 1


def nearly_same(one: str, other: str) -> bool:
    """Whether the texts share most of their shingles (Jaccard index); in any script."""
    shingles, others = shingles_of(one), shingles_of(other)
    return len(shingles & others) >= LIKENESS_MIN * len(shingles | others)


def shingles_of(text: str) -> set[str]:
    text = folded(text)
    return {text[start : start + SHINGLE] for start in range(max(1, len(text) - SHINGLE + 1))}


def says(text: str, word: str) -> bool:
    """Whether the word or phrase stands in the text, not merely as a part of another word."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def is_at(email_domain: str, domain: str) -> bool:
    """Whether the folded domain of an address is `domain` or below it."""
    domain = folded(domain).lstrip("@.")
    return email_domain == domain or email_domain.endswith(f".{domain}")


def is_disposable(email_domain: str) -> bool:
    labels = email_domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
