"""One demonstration city, built in a folder of its own and thrown away: its building, one pension online, one page.

    python bench/city.py [--persons 20000] [--requests 400]

Prints ratios first, then seconds; the last line is a JSON object. Limits: the city in 120 s, one pension of a long
career computed and explained from the books with p99 under 30 ms. Pages are compared with an empty view.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

BUILD_LIMIT_S, ONLINE_LIMIT_MS = 120, 30
ROOT = Path(__file__).resolve().parents[1]


def build(persons: int) -> float:
    """Build the city by the command a user types; return its seconds."""
    started = time.perf_counter()
    subprocess.run([str(Path(sys.executable).parent / "jinbao"), "demo", "--persons", str(persons)], check=True)
    return time.perf_counter() - started


def online(sample: int) -> dict[str, float]:
    """Time a pension computed and explained for people with the longest careers, and the mere reading of their rows."""
    importlib.import_module("jinbao.project.wsgi")  # as a worker of the server begins

    from django.db.models import Count

    from jinbao.insurance.benefits.compute import compute
    from jinbao.insurance.benefits.facts import facts_for, statutory_month
    from jinbao.insurance.contributions.career import career
    from jinbao.insurance.registry.models import Person

    people = Person.objects.filter(died_on=None, awards=None).annotate(rows=Count("contributions")).order_by("-rows")
    times: dict[str, list[float]] = {"whole": [], "whole_cpu": [], "reading": []}
    for person in people[:sample]:
        month = statutory_month(person)
        started = time.perf_counter()
        career(person)
        middle, cpu = time.perf_counter(), time.process_time()
        compute(facts_for(person, month), month, person.region)
        times["reading"].append(middle - started)
        times["whole"].append(time.perf_counter() - middle)
        times["whole_cpu"].append(time.process_time() - cpu)
    cuts, cpus = (statistics.quantiles(times[name], n=100) for name in ("whole", "whole_cpu"))
    return {
        "online_months_p50": statistics.median(person.rows for person in people[:sample]),
        "online_p50_ms": 1000 * cuts[49],
        "online_p99_ms": 1000 * cuts[98],
        "online_cpu_p50_ms": 1000 * cpus[49],
        "online_cpu_p99_ms": 1000 * cpus[98],
        "online_to_reading": statistics.median(times["whole"]) / statistics.median(times["reading"]),
    }


def requests_per_second(port: int, path: str, count: int, threads: int = 4) -> float:
    """Ask for one page over kept-alive connections from several threads."""

    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(count // threads):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, (path, answer.status)
        connection.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(ask) for _ in range(threads)]:
            done.result()  # an answer other than 200 ends the bench
    return count / (time.perf_counter() - started)


def pages(count: int) -> dict[str, float]:
    """Serve the portal and an empty view from the same granian and compare, three rounds interleaved."""
    port = 8397
    command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", str(port), "--no-ws"]
    command += ["--blocking-threads", "4", "--workers", "1", "--log-level", "error", "bench.empty_view:application"]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        wait_for(port)
        addresses = {"empty": "/empty/", "home": "/", "retirement": "/retirement-age/"}
        rates: dict[str, list[float]] = {name: [] for name in addresses}
        for _ in range(3):
            for name, path in addresses.items():
                requests_per_second(port, path, 20)
                rates[name].append(requests_per_second(port, path, count))
    finally:
        server.terminate()
        server.wait()
    best = {name: max(values) for name, values in rates.items()}
    return {f"{name}_per_s": rate for name, rate in best.items()} | {
        f"{name}_to_empty": best[name] / best["empty"] for name in ("home", "retirement")
    }


def wait_for(port: int) -> None:
    """Wait until the server answers, at most a minute."""
    for _ in range(120):
        try:
            requests_per_second(port, "/empty/", 4)
        except (OSError, HTTPException):
            time.sleep(0.5)
        else:
            return
    raise TimeoutError("the server did not start")


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JINBAO_VAR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jinbao.project.settings")
        found: dict[str, Any] = {"persons": given.persons, "build_s": build(given.persons)}
        found["build_to_limit"] = found["build_s"] / BUILD_LIMIT_S
        import django

        django.setup()
        found |= online(200) | pages(given.requests)
    found["online_p99_to_limit"] = found["online_p99_ms"] / ONLINE_LIMIT_MS
    for name in sorted(found, key=lambda name: "_to_" not in name):
        print(f"{name:22} {found[name]:>10.2f}")
    print(json.dumps({name: round(value, 3) for name, value in found.items()}))


if __name__ == "__main__":
    main()
