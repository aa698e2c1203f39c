"""OpenFisca beside the compiled kernel: the same formulas, the same people, both from arrays in memory.

OpenFisca is AGPL and never a dependency: this makes a throw-away venv, installs `openfisca-core` from PyPI there and
runs `bench/peer_openfisca.py` in a process of its own; only arrays pass between the two.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.reference_kernel import reference_arguments
from jinbao.rules import load_law
from jinbao.rules.bulk.careers import as_careers
from jinbao.rules.bulk.execute import execute

PERSONS = 100_000
FIRST_ROW = 1993
KINDS = ("男职工", "女职工55", "女职工50")
NAMES = ("wage", "share", "rate", "pay_base", "months", "needed", "age", "step", "most", "first_year", "on_year",
         "account_from")  # fmt: skip


def openfisca(table: pa.Table, program: Any) -> dict[str, Any]:
    """Return CPU seconds and wrong amounts of OpenFisca, and how many times the CPU of the kernel it takes."""
    uv = shutil.which("uv")
    if uv is None:
        return {"absent": "uv is needed for the venv of its own"}
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        try:
            subprocess.run([uv, "venv", "-q", str(python.parents[1])], check=True, capture_output=True, text=True)
            subprocess.run([uv, "pip", "install", "-q", "--python", str(python), "openfisca-core"], check=True,
                           capture_output=True, text=True)  # fmt: skip
        except subprocess.CalledProcessError as error:
            return {"absent": f"openfisca-core could not be installed: {error.stderr.strip()[-300:]}"}
        return _compared(python, Path(folder), table.slice(0, PERSONS), program)


def _compared(python: Path, folder: Path, table: pa.Table, program: Any) -> dict[str, Any]:
    law = load_law()
    np.savez(folder / "in.npz", **_arrays(law, table, program))
    script = Path(__file__).with_name("peer_openfisca.py")
    done = subprocess.run([str(python), str(script), str(folder / "in.npz"), str(folder / "out.npz")], check=False,
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        return {"failed": done.stderr.strip()[-500:]}
    found = np.load(folder / "out.npz")
    answers, used = _ours(law, program, table)
    names = [output.name for output in program.outputs]
    fen = {name: answers.columns[names.index(name)] for name in ("基本养老金", "个人账户储存额", "平均缴费工资指数")}
    known = ~np.logical_or.reduce(answers.missing)
    wrong = {
        "wrong_pensions": np.rint(found["pension"].astype(float) * 100) != fen["基本养老金"],
        "wrong_balances": np.rint(found["balance"].astype(float) * 100) != fen["个人账户储存额"],
        "wrong_indices": np.rint(found["index"].astype(float) * 10000) != fen["平均缴费工资指数"],
    }
    off = np.abs(found["balance"].astype(float) * 100 - fen["个人账户储存额"])[known]
    return {"sample": int(known.sum()), "cpu_s": round(float(found["cpu"]), 3), "kernel_cpu_s": round(used, 4),
            "cpu_ratio": round(float(found["cpu"]) / used, 1), "peak_mb": round(float(found["peak_mb"])),
            **{name: int(differs[known].sum()) for name, differs in wrong.items()},
            "largest_balance_error_yuan": round(float(off.max()) / 100, 2)}  # fmt: skip


def _ours(law: Any, program: Any, table: pa.Table) -> tuple[Any, float]:
    """Run the bulk reading over the same people from Arrow arrays in memory; the best of three counts."""
    best = float("inf")
    for _ in range(3):
        before = time.process_time()
        answers = execute(law, program, table)
        best = min(best, time.process_time() - before)
    return answers, best


def _arrays(law: Any, table: pa.Table, program: Any) -> dict[str, Any]:
    """Write the careers out as one row a month, and the facts of the persons."""
    careers = as_careers(program, table)
    facts = dict(zip((column.name for column in program.columns), careers.columns, strict=True))
    parameters = dict(zip(NAMES, reference_arguments(law, program.region, program.on), strict=True))
    renumber = np.zeros(len(program.codes), np.int64)
    renumber[[program.codes[kind] for kind in KINDS]] = range(len(KINDS))
    starts = careers.starts.astype(np.int64) - FIRST_ROW * 12
    lengths = careers.lengths.astype(np.int64)
    owner = np.repeat(np.arange(table.num_rows), np.diff(careers.offsets))
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    base = np.zeros(((program.on.year - FIRST_ROW + 1) * 12, table.num_rows), np.int32)
    base[np.repeat(starts, lengths) + within, np.repeat(owner, lengths)] = np.repeat(careers.months[0], lengths)
    return {**parameters, "first_row": FIRST_ROW, "base": base, "birth": facts["出生年月"],
            "deemed": facts["视同缴费月数"], "chosen": np.maximum(facts["选择退休年月"], 0),
            "category": renumber[facts["退休类别"]]}  # fmt: skip
