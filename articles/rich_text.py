"""The rich text of an article: one list of allowed elements for both the editor and the sanitiser."""

from collections.abc import Callable

from django.forms import Media, Script
from django_prose_editor.fields import create_sanitizer
from django_prose_editor.widgets import ProseEditorWidget

# static/admin/article-editor.js enables the same extensions.
EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Heading": {"levels": [2, 3]},  # the title is the page's only h1
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
}

sanitise: Callable[[str], str] = create_sanitizer(EXTENSIONS)


class RichTextWidget(ProseEditorWidget):  # type: ignore[misc]  # the package has no types
    """
    The prose editor, loaded by static/admin/article-editor.js.

    The package's own loader needs an inline import map, which the Content-Security-Policy forbids.
    """

    def __init__(self) -> None:
        super().__init__(config={"extensions": EXTENSIONS}, preset="article", attrs={"rows": 30, "cols": 100})

    @property
    def media(self) -> Media:
        return Media(
            css={
                "all": [
                    "django_prose_editor/material-icons.css",
                    "django_prose_editor/editor.css",
                    "django_prose_editor/overrides.css",
                ]
            },
            js=[Script("admin/article-editor.js", type="module")],  # type: ignore[list-item]  # stubs know only str
        )
