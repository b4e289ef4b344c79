"""Articles: what the company explains to its visitors."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from articles.illustration import EXTENSIONS, measure
from articles.rich_text import sanitise


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self, now: datetime | None = None) -> "ArticleQuerySet":
        """The articles that are public at `now` (default: the present), newest first."""
        return self.filter(status=Article.Status.PUBLISHED, published_at__lte=now or timezone.now()).order_by(
            "-published_at", "-id"
        )

    def changed_at(self, now: datetime | None = None) -> datetime | None:
        """When the set of published articles last changed: the latest edit or publication time. None if it is empty."""
        moments = self.published(now).aggregate(models.Max("updated_at"), models.Max("published_at"))
        return max(filter(None, moments.values()), default=None)


class Article(models.Model):
    """An article. It is public from `published_at` on, while its status is published."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    title = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True, help_text="The last part of the address.")
    summary = models.CharField(max_length=300, help_text="Shown in lists and, in larger type, above the text.")
    body = models.TextField()

    illustration = models.FileField(
        upload_to="illustrations/",
        blank=True,
        validators=[FileExtensionValidator(EXTENSIONS)],
        help_text="SVG, PNG, JPEG, WebP or AVIF, at most 5 MB.",
    )
    illustration_alt = models.CharField(
        "alternative text",
        max_length=400,
        blank=True,
        help_text="What the picture says, for those who do not see it. Empty only if it says nothing.",
    )
    illustration_credit = models.CharField("credit", max_length=120, blank=True)
    illustration_width = models.PositiveIntegerField(null=True, editable=False)
    illustration_height = models.PositiveIntegerField(null=True, editable=False)

    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(
        "publication time",
        default=timezone.now,
        help_text="A published article becomes public at this time; it may lie in the future.",
    )
    seo_title = models.CharField(
        "SEO title", max_length=70, blank=True, help_text="For search results; empty means the title."
    )
    seo_description = models.CharField(
        "SEO description", max_length=160, blank=True, help_text="For search results; empty means the summary."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        indexes = [
            models.Index(fields=["status", "-published_at"], name="article_published"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Sanitise the body, measure the illustration, and keep the former slug if the slug changes."""
        self.body = sanitise(self.body)
        self.illustration_width = self.illustration_height = None
        if self.illustration:
            self.illustration_width, self.illustration_height = measure(self.illustration)
        with transaction.atomic():
            former = Article.objects.filter(pk=self.pk).exclude(slug=self.slug).values_list("slug", flat=True).first()
            super().save(*args, **kwargs)
            FormerSlug.objects.filter(slug=self.slug).delete()
            if former:
                FormerSlug.objects.create(slug=former, article=self)

    def get_absolute_url(self) -> str:
        return reverse("article_detail", args=[self.slug])

    def clean(self) -> None:
        if self.illustration:
            try:
                measure(self.illustration)
            except ValidationError as error:
                raise ValidationError({"illustration": error}) from None

    @property
    def changed_at(self) -> datetime:
        """When the page of this published article last changed."""
        return max(self.updated_at, self.published_at)


class FormerSlug(models.Model):
    """A slug that an article had before: its address redirects to the article."""

    slug = models.SlugField(max_length=120, unique=True)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug
