"""How many signed, logged, masked calls a second the exchange answers: granian with two workers, 20 fields an answer.

Usage: python -m bench.exchange [--calls 20000] [--rows 100000] [--scheme hmac-sm3|sm2]. Everything happens in a folder
of its own. The load comes from another process on the same cores; its share of the processor is told. Calls are signed
before the clock starts. Afterwards every answer must be in the log, and the log must verify.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 1000
NAME = "bench_person"
TYPES = ["公民身份号码", "姓名", "电话", "银行账号", "日期", "行政区划", "统一社会信用代码", "金额", "年月", "整数"]


def declare(policy: Path) -> None:
    """Add a dataset of twenty columns, ten of them personal."""
    shutil.copytree(ROOT / "policy", policy)
    lines = ["title: 压测", "about: 压测", "owner: 压测", "basis: 压测", "sharing: 有条件共享", "columns:"]
    for n in range(20):
        kind = TYPES[n % 10]
        name = f"c{n}_fen" if kind == "金额" else f"c{n}"
        personal = "个人信息" if n % 10 < 5 else "内部"
        lines.append(f"  - {{name: {name}, label: 列{n}, type: {kind}, required: true, sensitivity: {personal}}}")
    (policy / "datasets" / NAME).mkdir()
    (policy / "datasets" / NAME / "dataset.yaml").write_text("\n".join(lines))


def prepare(rows: int, scheme: str) -> dict[str, str]:
    """Migrate, register a partner, grant it the dataset, and serve generated rows."""
    import django

    django.setup()
    from datetime import UTC, date, datetime

    from django.core.management import call_command

    from jinbao.data.datasets import load_dataset
    from jinbao.data.exchange import actions, sandbox, serving
    from jinbao.data.exchange.terms import Terms
    from jinbao.kernel.identifiers import Uscc
    from jinbao.trust.actors import Actor
    from jinbao.trust.crypto import public_of
    from jinbao.trust.crypto.provider import new_private

    call_command("migrate", verbosity=0)
    by, now, dataset = Actor.system(), datetime.now(UTC), load_dataset(NAME)
    made = ([row[0], f"K{at:08}", *row[2:]] for at, row in enumerate(_quick(sandbox, dataset, rows)))
    serving.build(NAME, made, "v1", sandbox=False)
    partner = actions.register_partner(
        by, Uscc.make("12", "990100", "G0000001").number, "压测", region="990100", now=now
    )
    fields = {column.name: "" for column in dataset.columns}
    since, until = date(now.year, 1, 1), date(now.year + 1, 1, 1)
    terms = Terms(NAME, "压测", "压测", fields, since, until, 2**30, 10_000, ["api"])
    actions.grant(by, partner, terms, "压测", now=now)
    if scheme == "sm2":
        private = new_private()
        key = actions.add_public_key(by, partner, public_of(private).hex(), now=now)
        return {"key": key.key_id, "private": private.hex()}
    key, secret = actions.make_secret(by, partner, "hmac-sm3", now=now)
    return {"key": key.key_id, "secret": secret}


def _quick(sandbox: object, dataset: object, rows: int) -> object:
    """Generated rows; values repeat after a thousand, keys do not."""
    from itertools import cycle, islice

    sandbox.ROWS = 900
    few = list(sandbox._rows(dataset))
    return ([f"r{n:08}", *row[1:]] for n, row in enumerate(islice(cycle(few), rows)))


def signed_calls(who: dict[str, str], calls: int, rows: int) -> list[bytes]:
    """Write calls as they go over the wire."""
    from jinbao.trust.crypto import hmac_sm3, messages, sm2
    from jinbao.trust.sm3 import sm3_hex

    path, made = f"/api/exchange/data/{NAME}/query", []
    private, secret = bytes.fromhex(who.get("private", "")), who.get("secret", "").encode()
    for n in range(calls):
        body = json.dumps({"key": {"c0": f"K{n * 7919 % rows:08}"}}).encode()
        at, nonce = str(time.time_ns() // 1_000_000), f"nonce-{n:012}-{time.time_ns():016x}"
        text = messages.call_text("POST", path, "", who["key"], at, nonce, sm3_hex(body))
        signature = base64.b64encode(sm2().sign(private, text) if private else hmac_sm3(secret, text)).decode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\nX-Jinbao-Key: {who['key']}\r\n"
            f"X-Jinbao-Time: {at}\r\nX-Jinbao-Nonce: {nonce}\r\nX-Jinbao-Signature: {signature}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def load(port: int, requests: list[bytes], connections: int = 16) -> dict[str, object]:
    """Send the requests over some connections at once; return seconds, own CPU, and the numbers of the answers."""
    chooser, waiting = selectors.DefaultSelector(), iter(requests)
    answers: list[tuple[int, str]] = []
    used = time.process_time()
    began = time.perf_counter()
    for _ in range(connections):
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = next(waiting, None)
        if first:
            link.sendall(first)
            chooser.register(link, selectors.EVENT_READ, bytearray())
    while chooser.get_map():
        for ready, _ in chooser.select():
            link, buffer = ready.fileobj, ready.data
            piece = link.recv(1 << 16)
            buffer += piece
            head, gap, body = bytes(buffer).partition(b"\r\n\r\n")
            if piece and (not gap or len(body) < int(head.lower().partition(b"content-length:")[2].split()[0])):
                continue
            if gap:
                number = head.lower().partition(b"x-jinbao-request:")[2].split()
                answers.append((int(head.split(b" ", 2)[1]), number[0].decode() if number else ""))
            following = next(waiting, None) if piece else None
            buffer.clear()
            if following is None:
                chooser.unregister(link)
                link.close()
            else:
                link.sendall(following)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "statuses": {
            str(status): sum(1 for each, _ in answers if each == status) for status in {s for s, _ in answers}
        },
        "numbers": [number for status, number in answers if number],
    }


def serve(port: int, target: str) -> subprocess.Popen[bytes]:
    """Start granian with two workers and wait until it answers."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "4", "--backpressure", "256", target]
    server = subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(1.5)
            return server
    raise RuntimeError("the server does not start")


def run(port: int, requests: list[bytes], target: str) -> tuple[dict[str, object], float]:
    """Serve, warm up with a tenth, measure the rest in another process; return the result and the server's CPU."""
    server = serve(port, target)
    try:
        load(port, requests[: len(requests) // 10])
        warm = _cpu(server.pid)
        read, write = os.pipe()
        if os.fork() == 0:
            found = load(port, requests[len(requests) // 10 :])
            with os.fdopen(write, "w") as out:
                json.dump(found, out)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as back:
            found = json.load(back)
        os.wait()
        return found, _cpu(server.pid) - warm
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def _cpu(group: int) -> float:
    """Return the CPU seconds of a process group so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[2]) == group:
            ticks += int(parts[11]) + int(parts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and say whether the limit holds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=20_000)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--scheme", choices=["hmac-sm3", "sm2"], default="hmac-sm3")
    options.add_argument("--port", type=int, default=8100 + os.getpid() % 800)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        var, policy = Path(folder) / "var", Path(folder) / "policy"
        declare(policy)
        os.environ |= {"JINBAO_VAR": str(var), "JINBAO_POLICY": str(policy)}
        os.environ["DJANGO_SETTINGS_MODULE"] = "jinbao.project.settings"
        who = prepare(chosen.rows, chosen.scheme)
        requests = signed_calls(who, chosen.calls, chosen.rows)
        found, cpu = run(chosen.port, requests, "jinbao.project.wsgi:application")
        empty = [b"GET /empty/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"] * chosen.calls
        base, base_cpu = run(chosen.port + 1, empty, "bench.empty_view:application")
        report(chosen, found, cpu, base, base_cpu)


def report(chosen: argparse.Namespace, found: dict, cpu: float, base: dict, base_cpu: float) -> None:
    """Print the figures and check the log."""
    from jinbao.data.exchange import verify

    done = sum(found["statuses"].values())
    speed, plain = done / found["seconds"], sum(base["statuses"].values()) / base["seconds"]
    load_now = os.getloadavg()[0]
    print(f"{chosen.scheme}: {done} calls of 20 fields, statuses {found['statuses']}, load average {load_now:.1f}")
    print(f"  {speed:,.0f} calls/s (limit {LIMIT}); server {1e3 * cpu / done:.2f} ms CPU a call,")
    print(f"  generator {1e3 * found['cpu'] / done:.2f} ms CPU a call on the same two cores")
    print(f"  empty unsigned view: {plain:,.0f}/s, {1e3 * base_cpu / done:.2f} ms CPU; ratio {speed / plain:.2f}")
    result = verify.verify()
    logged = _numbers()
    lost = set(found["numbers"]) - logged
    print(f"  log: {result.calls} calls, {result.signatures} signatures recomputed,", end=" ")
    print(f"{result.wrong} wrong, {len(lost)} lost")
    assert not lost
    assert not result.wrong, result.problems[:3]
    print("holds" if speed >= LIMIT else "DOES NOT HOLD")


def _numbers() -> set[str]:
    from jinbao.data.exchange import collect, journal

    return {line["request_id"] for file in collect.journals() for line, _, _ in journal.read(file)}


if __name__ == "__main__":
    main()
