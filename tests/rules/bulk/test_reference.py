"""The compiled kernel says of everybody what the kernel written by hand says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bench.reference_kernel import RULES, differing, reference_arguments
from jinbao.rules import load_law
from jinbao.rules.bulk.careers import as_careers
from jinbao.rules.bulk.execute import execute
from jinbao.rules.bulk.generate import Plan, generate
from jinbao.rules.bulk.lake import bucket_files
from jinbao.rules.bulk.run import make_job, program_of, read_bucket
from jinbao.rules.bulk.wages import average_wages

ON, REGION, PERSONS = date(2025, 12, 1), "990100", 120_000


def test_everybody_of_a_lake_gets_what_the_hand_written_kernel_gives(tmp_path: Path) -> None:
    generate(Plan(PERSONS, 8, 2025 * 12 + 10, average_wages(2025)), tmp_path, processes=1, progress=lambda _: None)
    job = make_job(RULES, region=REGION, on=ON, lake=tmp_path, out=tmp_path / "out")
    law, program, files = load_law(), program_of(job), bucket_files(tmp_path)
    parameters, compared, undecided = reference_arguments(law, REGION, ON), 0, 0
    assert len(files) > 1
    for bucket, file in enumerate(files):
        table = read_bucket(program, file, job.held, (bucket, len(files)))
        answers = execute(law, program, table)
        wrong, handed_over = differing(program, as_careers(program, table), answers, parameters)
        assert not wrong.size, f"{file.name}: {table.column('证件号码')[int(wrong[0])]}"
        compared, undecided = compared + table.num_rows, undecided + handed_over
    assert compared == PERSONS
    assert undecided < PERSONS // 10_000
    answers.columns[0][5] += 1
    assert differing(program, as_careers(program, table), answers, parameters)[0].tolist() == [5]
