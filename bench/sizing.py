"""What the measured throughput implies for fifteen terabytes: assumptions named, everything else computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BEGIN, END = "<!-- throughput: begin (written by bench/throughput.py) -->", "<!-- throughput: end -->"
ASSUMED: dict[str, tuple[float, str]] = {
    "held_tb": (15, "TB held"),
    "arriving_share": (0.0005, "of the rows arrive in a day, new or corrected"),
    "touched_share": (0.05, "of the partitions are touched by what arrives"),
    "window_h": (6, "hours of a nightly window"),
    "busy_share": (0.7, "of a core's time that a cluster turns into work"),
    "people": (11_000_000, "people"),
    "sources": (17, "rows a person in linkage"),
    "scenes": (12, "scenes, each reading as many rows as linkage"),
    "file_mb": (256, "MB a Parquet file"),
    "copies": (1.5, "times the bytes on disk (erasure coding 6 + 3)"),
    "landing_days": (730, "days that the landing layer is kept on line"),
    "subject_share": (0.05, "of the standard layer for subject tables"),
    "calls_a_day": (1_000_000, "calls of partners a day"),
    "node_cores": (32, "cores a node"),
    "node_gb": (128, "GB of memory a node"),
    "node_tb": (24, "TB of disk a node"),
}


def per_core(found: dict[str, Any]) -> dict[str, float]:
    """Turn what was measured into figures per CPU second; what was not measured is left out."""
    made: dict[str, float] = {}
    if taken := found.get("intake"):
        whole, more, table = taken["whole"], taken["correction"], taken["table"]
        made["intake_rows_s"] = round(whole["rows"] / whole["receive"]["cpu_s"])
        made["intake_mb_s"] = round(whole["bytes"] / whole["receive"]["cpu_s"] / 1e6, 1)
        made["fold_new_rows_s"] = round(whole["rows"] / whole["fold"]["cpu_s"])
        made["fold_again_rows_s"] = round((table["rows"] + more["rows"]) / more["fold"]["cpu_s"])
    if judged := found.get("quality"):
        made["quality_mb_s"] = round(judged["bytes"] / judged["judge"]["cpu_s"] / 1e6, 1)
        made["quality_rows_s"] = round(judged["rows"] / judged["judge"]["cpu_s"])
        made["read_mb_s"] = round(judged["bytes"] / judged["read"]["cpu_s"] / 1e6, 1)
    if linked := found.get("linkage"):
        made["linkage_rows_s"] = round(linked["rows"] / linked["link"]["cpu_s"])
        made["linkage_bytes_a_row"] = round(linked["peak_mb"] * (1 << 20) / linked["rows"])
    if asked := found.get("scenes"):
        made["scene_rows_s"] = round(asked["rows"] / asked["duckdb"]["cpu_s"])
    if written := found.get("disk"):
        made["disk_write_mb_s"] = round(written["bytes"] / written["write"]["wall_s"] / 1e6)
    if tables := found.get("sizes"):
        rows = sum(one["rows"] for one in tables.values())
        for layer in ("delivered", "landing", "standard"):
            made[f"{layer}_bytes_a_row"] = round(sum(one[layer] * one["rows"] for one in tables.values()) / rows, 1)
    if logged := found.get("postgres"):
        made["postgres_bytes_a_call"] = round(logged["bytes"] / logged["calls"])
    return made


def cluster(found: dict[str, Any], reading: str) -> dict[str, float]:
    """Derive rows, files, disks, cores and memory from the figures per core; {} if one of them is missing.

    `reading` says of which bytes the terabytes are: "delivered" (files and databases as units count them) or "standard"
    (Parquet of the standard layer).
    """
    one, said = found["per_core"], {name: value for name, (value, _) in ASSUMED.items()}
    needed = (
        "intake_rows_s",
        "fold_again_rows_s",
        "quality_mb_s",
        "linkage_rows_s",
        "scene_rows_s",
        "standard_bytes_a_row",
    )
    if any(name not in one for name in needed):
        return {}
    rows = said["held_tb"] * 1e12 / one[f"{reading}_bytes_a_row"]
    held = rows * one["standard_bytes_a_row"]
    arriving, linked = rows * said["arriving_share"], said["people"] * said["sources"]
    landing_tb = arriving * one["landing_bytes_a_row"] * said["landing_days"] / 1e12
    hours = {
        "intake": arriving / one["intake_rows_s"] / 3600,
        "fold": rows / one["fold_again_rows_s"] / 3600,
        "quality": held / 1e6 / one["quality_mb_s"] / 3600,
        "linkage": linked / one["linkage_rows_s"] / 3600,
        "scenes": said["scenes"] * linked / one["scene_rows_s"] / 3600,
    }
    changed = hours | {name: hours[name] * said["touched_share"] for name in ("fold", "quality")}
    useful = said["window_h"] * said["busy_share"]
    cores = {"all": sum(hours.values()) / useful, "changed": sum(changed.values()) / useful}
    disk = (held * (2 + said["subject_share"]) / 1e12 + landing_tb) * said["copies"]
    memory = linked * one["linkage_bytes_a_row"] / 1e9
    nodes = max(cores["changed"] / said["node_cores"], memory / said["node_gb"], disk / said["node_tb"])
    made = {f"core_hours_{name}": value for name, value in hours.items()}
    made |= {
        "rows": rows,
        "standard_tb": held / 1e12,
        "rows_a_day": arriving,
        "files": held / 1e6 / said["file_mb"],
        "rows_a_file": said["file_mb"] * 1e6 / one["standard_bytes_a_row"],
        "landing_tb_a_year": arriving * one["landing_bytes_a_row"] * 365 / 1e12,
        "landing_tb": landing_tb,
        "disk_tb": disk,
        "cores_all": cores["all"],
        "cores_changed": cores["changed"],
        "linkage_memory_gb": memory,
        "scan_gb_s_all": held / 1e9 / (said["window_h"] * 3600),
        "scan_gb_s_changed": held * said["touched_share"] / 1e9 / (said["window_h"] * 3600),
        "backup_gb_a_day": arriving * one["landing_bytes_a_row"] / 1e9,
        "nodes": -(-nodes // 1),
    }
    if "postgres_bytes_a_call" in one:
        made["postgres_gb_a_year"] = said["calls_a_day"] * 365 * one["postgres_bytes_a_call"] / 1e9
    if "disk_write_mb_s" in one:
        made["copy_hours_one_stream"] = held / 1e6 / one["disk_write_mb_s"] / 3600
    return {name: float(f"{value:.3g}") for name, value in made.items()}


READINGS = ("delivered", "standard")
MEASURED = {
    "intake_rows_s": "intake with every check, rows/s a core (CSV, six columns)",
    "intake_mb_s": "the same, MB/s a core",
    "fold_new_rows_s": "standard layer, folded into an empty table, rows/s a core",
    "fold_again_rows_s": "standard layer, rewritten with a correction of a tenth, rows of the table/s a core",
    "read_mb_s": "reading and hashing every value of 26 columns, MB of Parquet/s a core",
    "quality_mb_s": "quality, fifty rules over the same columns, MB of Parquet/s a core",
    "quality_rows_s": "the same, rows/s a core",
    "linkage_rows_s": "linkage of a dense hard set, rows/s a core",
    "linkage_bytes_a_row": "the same, bytes of memory a row",
    "scene_rows_s": "scenes, rows of the tables they read/s a core (small tables: starting costs count)",
    "delivered_bytes_a_row": "a row as it was delivered, bytes",
    "landing_bytes_a_row": "a row in the landing layer (original and typed), bytes",
    "standard_bytes_a_row": "a row in the standard layer, bytes",
    "postgres_bytes_a_call": "a logged call in PostgreSQL with its indexes, bytes",
    "disk_write_mb_s": "one stream written durably, MB/s (of this machine's disk)",
}
DERIVED = {
    "rows": "rows in the standard layer",
    "standard_tb": "standard layer, one copy, TB",
    "rows_a_day": "rows a day",
    "files": "Parquet files of the standard layer",
    "rows_a_file": "rows a file",
    "landing_tb_a_year": "landing layer, TB a year",
    "landing_tb": "landing layer on line, TB",
    "disk_tb": "disks, TB (two versions of the standard layer, subject, landing, with copies)",
    "core_hours_intake": "intake, core hours a night",
    "core_hours_fold": "standard layer rewritten whole, core hours",
    "core_hours_quality": "quality over everything, core hours",
    "core_hours_linkage": "linkage of everybody anew, core hours",
    "core_hours_scenes": "scenes, core hours",
    "cores_all": "cores if every night does everything anew",
    "cores_changed": "cores if only touched partitions are rewritten and judged",
    "linkage_memory_gb": "memory for linking everybody at once, GB",
    "scan_gb_s_all": "network and disks while everything is read in the window, GB/s",
    "scan_gb_s_changed": "the same for touched partitions, GB/s",
    "backup_gb_a_day": "new bytes to back up a day, GB",
    "copy_hours_one_stream": "one full copy with one such stream, hours",
    "postgres_gb_a_year": "log of calls in PostgreSQL, GB a year",
    "nodes": "nodes (the largest of what cores, memory and disks ask for)",
}


def write(path: Path, found: dict[str, Any]) -> None:
    """Put the tables between the marks of a document. Raises ValueError when it has none."""
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{path} has no marks {BEGIN}")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    path.write_text(f"{before}{BEGIN}\n\n{tables(found)}\n{END}{after}", encoding="utf-8")


def tables(found: dict[str, Any]) -> str:
    """Write the measured figures, the bytes of real tables, the assumptions and what follows as Markdown."""
    one, sized, scenes = (found.get(name) or {} for name in ("per_core", "sizes", "scenes"))
    made = found["cluster"]
    busy = f"{found['cores']} cores shared with other work, load {found['load_before']} to {found['load_after']}"
    lines = ["| measured (" + busy + ") | |", "|---|---:|"]
    lines += [f"| {text} | {number(one[name])} |" for name, text in MEASURED.items() if name in one]
    if spark := scenes.get("spark"):
        lines.append(
            f"| the {scenes['scenes']} scenes: DuckDB {scenes['duckdb']['wall_s']} s; Spark `{spark['master']}`, first"
            f" and second time, s | {spark['cold_wall_s']}, {spark['warm_wall_s']} |"
        )
        lines.append(f"| of them with the same hash on both | {spark['same_hash']} |")
    lines += ["", "| table of the demonstration city | rows | delivered B/row | landing B/row | standard B/row |"]
    lines += ["|---|---:|---:|---:|---:|"]
    lines += [
        f"| `{name}` | {number(its['rows'])} | {its['delivered']} | {its['landing']} | {its['standard']} |"
        for name, its in sized.items()
    ]
    lines += ["", "| assumed | |", "|---|---|"]
    lines += [f"| {number(value)} | {text} |" for value, text in ASSUMED.values()]
    lines += ["", "| follows | 15 TB as delivered | 15 TB of Parquet |", "|---|---:|---:|"]
    lines += [
        f"| {text} | {' | '.join(number(made[reading][name]) for reading in READINGS)} |"
        for name, text in DERIVED.items()
        if name in made[READINGS[0]]
    ]
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Write a number with thousand separators and no needless decimals."""
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:,g}"
