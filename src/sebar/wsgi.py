"""Django as a WSGI application, served behind the front."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sebar.settings")
application = get_wsgi_application()
