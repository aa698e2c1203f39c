"""Whether the service answers and reaches its books."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest
from ninja import Router, Schema

router = Router()


class Health(Schema):
    """状态：ok 表示数据库可读。"""

    status: str


@router.get("", summary="健康检查", response=Health)
def health(request: HttpRequest) -> Health:
    """读一次数据库；不能读时返回 500。"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Health(status="ok")
