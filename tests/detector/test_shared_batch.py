"""However the objects of a batch are spread over processes, what is learnt from it is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("shared_batch.py")
SYSTEMS = ("compact", "csp", "foveabox", "guided_anchoring", "yolo")


def test_the_gradients_of_two_processes_are_those_of_one() -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parents[2])}
    done = subprocess.run(
        [*command, str(SCRIPT), *SYSTEMS], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    differences = dict(line.split() for line in done.stdout.splitlines())
    assert differences.keys() == set(SYSTEMS)
    assert all(float(difference) < 1e-3 for difference in differences.values()), differences
