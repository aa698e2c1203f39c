"""Django settings: embedded by default, PostgreSQL by DATABASE_URL, everything a deployment owns under var/."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

from jinbao.kernel.errors import FormatError

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("JINBAO_VAR", ROOT / "var"))
POLICY = Path(os.environ.get("JINBAO_POLICY", ROOT / "policy"))
PRODUCTION = os.environ.get("JINBAO_PRODUCTION") == "1"
CENTRE = os.environ.get("JINBAO_CENTRE", "" if PRODUCTION else "演示市")
"""The city or province whose name stands in the head of every page."""
"""Refuses parameters of confidence C, demonstration passwords and DEBUG."""

try:
    (VAR / "static").mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise FormatError(
        f"不能使用目录 {VAR}：{error.strerror}", advice="请用 JINBAO_VAR 指定一个可以写入的目录。"
    ) from None


def _secret_key() -> str:
    """Read the deployment's secret, or make one on first start and keep it in var/."""
    if key := os.environ.get("JINBAO_SECRET_KEY"):
        return key
    path = VAR / "secret-key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def _database() -> dict[str, Any]:
    """Configure PostgreSQL from DATABASE_URL, else SQLite in var/ with the options that keep writers from failing."""
    if url := os.environ.get("DATABASE_URL"):
        try:
            return dict(dj_database_url.parse(url, conn_max_age=600))
        except ValueError:
            raise FormatError(
                "DATABASE_URL 不是数据库地址", advice="请写成 postgresql://用户@主机/库名；不设则用 SQLite。"
            ) from None
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR / "jinbao.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
            "PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY;",
        },
    }


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("JINBAO_DEBUG") == "1" and not PRODUCTION
ALLOWED_HOSTS = os.environ.get("JINBAO_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("JINBAO_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "jinbao.trust",
    "jinbao.data",
    "jinbao.data.supply",
    "jinbao.data.catalogue",
    "jinbao.data.scoring",
    "jinbao.data.linkage",
    "jinbao.data.exchange",
    "jinbao.data.extraction",
    "jinbao.data.scenes",
    "jinbao.ledger",
    "jinbao.insurance.registry",
    "jinbao.insurance.contributions",
    "jinbao.insurance.benefits",
    "jinbao.insurance.payments",
    "jinbao.cases",
    "jinbao.oversight",
    "jinbao.centre",
    "jinbao.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "jinbao.web.static_files.CompressStatic",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jinbao.web.middleware.ErrorPages",
]

ROOT_URLCONF = "jinbao.project.urls"
WSGI_APPLICATION = "jinbao.project.wsgi.application"
AUTH_USER_MODEL = "trust.User"
LOGIN_URL = "/login/"
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jinbao.web.context.page",
            ],
        },
    }
]

LINKAGE_STAKES = ["jinbao.cases.stakes.of_numbers"]
"""What rooms above the data know to hang on people: (identity numbers, day) → sentences; see data/linkage/stakes.py."""

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "jinbao" / "web" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "jinbao.web.static_files.Versioned"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 0 if DEBUG else 24 * 3600
MEDIA_ROOT = VAR / "media"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
