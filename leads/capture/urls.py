from django.urls import path

from leads.capture.views import contact, thanks

urlpatterns = [
    path("", contact, name="contact"),
    path("thanks/", thanks, name="thanks"),
]
