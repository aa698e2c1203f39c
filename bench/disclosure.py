"""Disclosure: a document of forty pages in under two seconds, five hundred documents in a batch with progress."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from jinbao.centre.disclosure import check
from jinbao.centre.disclosure.batch import check_all
from jinbao.centre.disclosure.produce import FORMS, paper_of, write_workbook
from jinbao.centre.disclosure.produce.blocks import Paper, Prose
from jinbao.centre.disclosure.produce.sample import figures

LIMIT_SECONDS = 2.0
PAGES = 40
DOCUMENTS = 500


def long_paper(pages: int) -> Paper:
    """A produced document filled up with prose until it has so many pages."""
    paper, _ = paper_of(write_workbook(figures(3)), "数据.xlsx")
    filler = Prose("系统全年运行平稳，各项任务按计划完成。" * 26)
    at = next(n for n, b in enumerate(paper.blocks) if getattr(b, "text", "").endswith("名词解释"))
    paper.blocks[at:at] = [filler] * (4 * (pages - 18))
    return paper


def one_document(kind: str) -> float:
    """Seconds to check the long document in one form, the best of three."""
    content = FORMS[kind](long_paper(PAGES))
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        report = check(content, f"公开.{kind}")
        best = min(best, time.perf_counter() - start)
    pages = max((line.page or 0 for line in report.document.lines), default=0)
    assert report.findings == ()
    assert kind != "pdf" or pages >= PAGES, pages
    length = f"{pages} pages" if kind == "pdf" else ""
    print(f"  {kind:5} {length:10} {best:6.2f} s   {best / LIMIT_SECONDS:5.0%} of the limit of {LIMIT_SECONDS} s")
    return best


def batch() -> None:
    """Check five hundred documents in all forms, on every core."""
    kinds = list(FORMS)
    with tempfile.TemporaryDirectory() as folder:
        papers = [paper_of(write_workbook(figures(n)), "数据.xlsx")[0] for n in range(10)]
        contents = {(n, kind): FORMS[kind](paper) for n, paper in enumerate(papers) for kind in kinds}
        paths = []
        for n in range(DOCUMENTS):
            kind = kinds[n % len(kinds)]
            path = Path(folder) / f"{n:03}.{kind}"
            path.write_bytes(contents[n // len(kinds) % len(papers), kind])
            paths.append(path)
        start = time.perf_counter()
        with tqdm(total=len(paths), file=sys.stderr, unit="个") as bar:
            outcomes = check_all(paths, lambda _: bar.update())
        seconds = time.perf_counter() - start
    assert len(outcomes) == DOCUMENTS
    assert all(o.report is not None and not o.report.findings for o in outcomes)
    largest = max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
    print(f"  {DOCUMENTS} documents {seconds:6.1f} s   {DOCUMENTS / seconds:5.1f} a second   {largest} MB at most")


if __name__ == "__main__":
    print(f"One document of {PAGES} pages:")
    slowest = max(one_document(kind) for kind in FORMS)
    print("A batch:")
    batch()
    assert slowest < LIMIT_SECONDS, "slower than the limit"
