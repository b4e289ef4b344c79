"""The URLs of the site. Links and monitoring elsewhere rely on the paths, code and tests on the names."""

from django.contrib import admin
from django.urls import include, path

from articles.syndication import feed, sitemap
from articles.views import article_detail, home
from outsourcing_site import views
from outsourcing_site.media import serve_media

admin.site.index_title = "Overview"
admin.site.enable_nav_sidebar = False  # it has few entries, and the lists need the width

urlpatterns = [
    path("", home, name="home"),
    path("articles/<slug:slug>/", article_detail, name="article_detail"),
    path("contact/", include("leads.capture.urls")),
    path("privacy/", views.privacy, name="privacy"),
    path("feed/", feed, name="feed"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("site.webmanifest", views.manifest, name="manifest"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("media/<path:path>", serve_media, name="media"),
    path("admin/", admin.site.urls),
]

handler400 = "outsourcing_site.views.bad_request"
handler403 = "outsourcing_site.views.permission_denied"
handler404 = "outsourcing_site.views.page_not_found"
handler500 = "outsourcing_site.views.server_error"
