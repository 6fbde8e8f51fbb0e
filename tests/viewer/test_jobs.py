"""Threads and worker processes: what comes back, what survives, and what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from detector.errors import DamagedFileError
from pneumo_viewer.jobs.jobs import Pool
from pneumo_viewer.jobs.tasks import DetectorStateKind, Task, WorkerBug, WorkerDied

MakeJobs = Callable[..., Any]
REPOSITORY = Path(__file__).parents[2]


def test_a_result_comes_back_on_the_main_thread(make_jobs: MakeJobs, qtbot: QtBot) -> None:
    threads: list[threading.Thread] = []
    jobs = make_jobs(file_workers=1)
    jobs.jobs.submit(
        Pool.FILES,
        Task("fake_tasks:echo", (7,)),
        done=lambda value: threads.append(threading.current_thread()),
        failed=pytest.fail,
    )
    qtbot.waitUntil(lambda: bool(threads), timeout=30_000)
    assert threads == [threading.main_thread()]


def test_pixels_cross_in_shared_memory_and_are_freed_with_the_array(make_jobs: MakeJobs) -> None:
    jobs = make_jobs(file_workers=1)
    jobs.submit("ramp", 300, 200)
    jobs.wait_for(1)
    array = jobs.results.pop()
    assert array.dtype == np.uint16
    assert np.array_equal(array, np.arange(60_000).reshape(300, 200))
    assert "memfd:pneumo-result" in Path("/proc/self/maps").read_text()
    array[0, 0] = 1  # ours alone, and writable
    del array
    assert "memfd:pneumo-result" not in Path("/proc/self/maps").read_text()


def test_small_results_take_the_pipe(make_jobs: MakeJobs) -> None:
    jobs = make_jobs(file_workers=1)
    jobs.submit("ramp", 4, 3)
    jobs.wait_for(1)
    assert jobs.results[0].shape == (4, 3)
    assert "memfd" not in Path("/proc/self/maps").read_text()


def test_an_input_error_arrives_as_itself(make_jobs: MakeJobs) -> None:
    jobs = make_jobs(file_workers=1)
    jobs.submit("raise_input_error", "a.dcm")
    jobs.wait_for(1)
    assert [type(error) for error in jobs.errors] == [DamagedFileError]
    assert str(jobs.errors[0]) == (
        "a.dcm: Damaged file: it breaks off. Fetch it again from where it came from."
    )


@pytest.mark.parametrize(
    ("task", "words"), [("raise_bug", "in raise_bug"), ("cannot_be_pickled", "in pack")]
)
def test_anything_else_is_a_bug_with_its_place_and_without_its_message(
    make_jobs: MakeJobs, task: str, words: str
) -> None:
    jobs = make_jobs(file_workers=1)
    jobs.submit(task)
    jobs.submit("echo", "the process goes on")
    jobs.wait_for(2)
    assert isinstance(jobs.errors[0], WorkerBug)
    assert "KeyError: " not in str(jobs.errors[0]), "a message may name a patient"
    assert words in str(jobs.errors[0])
    assert jobs.results == ["the process goes on"]


def test_a_killed_process_is_replaced_and_its_task_repeated(
    make_jobs: MakeJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    ticks: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    jobs = make_jobs(file_workers=1)
    started, may_end = tmp_path / "started", tmp_path / "may end"
    jobs.submit("announce_and_wait", str(started), str(may_end))
    qtbot.waitUntil(lambda: started.exists() and bool(started.read_text()), timeout=30_000)
    timer.start(5)
    first = int(started.read_text())
    os.kill(first, signal.SIGKILL)
    may_end.touch()
    jobs.wait_for(1)
    timer.stop()
    second = jobs.results[0]
    assert second != first
    assert started.read_text().split() == [str(first), str(second)]
    assert max(np.diff(ticks)) < 0.25, "the event loop went on while the process was replaced"


def test_a_task_that_kills_two_processes_fails_and_the_others_go_on(make_jobs: MakeJobs) -> None:
    jobs = make_jobs(file_workers=1)
    jobs.submit("die")
    jobs.submit("echo", "next")
    jobs.wait_for(2)
    assert isinstance(jobs.errors[0], WorkerDied)
    assert str(jobs.errors[0]) == (
        "The decoding process ended unexpectedly or stood still while reading it, twice; "
        "the file may be damaged or the decoder faulty."
    )
    assert jobs.results == ["next"]


def test_a_task_that_never_ends_is_given_up_and_the_others_go_on(
    make_jobs: MakeJobs, tmp_path: Path
) -> None:
    jobs = make_jobs(file_workers=1, file_patience=4.0)
    started = tmp_path / "started"
    jobs.submit("announce_and_wait", str(started), str(tmp_path / "never"))
    jobs.submit("echo", "next")
    jobs.wait_for(2)
    assert isinstance(jobs.errors[0], WorkerDied)
    assert jobs.results == ["next"]
    processes = started.read_text().split()
    assert len(processes) == len(set(processes)) == 2


def test_a_task_that_kills_one_process_succeeds_in_the_next(
    make_jobs: MakeJobs, tmp_path: Path
) -> None:
    jobs = make_jobs(file_workers=1)
    jobs.submit("die_once", str(tmp_path / "marker"))
    jobs.wait_for(1)
    assert jobs.results == ["survived"]


def test_lower_priorities_come_first_and_equal_ones_in_order(
    make_jobs: MakeJobs, tmp_path: Path
) -> None:
    jobs = make_jobs(file_workers=1)
    gate = tmp_path / "gate"
    jobs.submit("wait_for_file", str(gate), priority=-9)
    jobs.submit("echo", "a", priority=5)
    jobs.submit("echo", "b", priority=5)
    jobs.submit("echo", "c", priority=1)
    moved = jobs.submit("echo", "d", priority=7)
    moved.set_priority(0)
    gate.touch()
    jobs.wait_for(5)
    assert jobs.results[1:] == ["d", "c", "a", "b"]


def test_a_running_task_whose_priority_is_changed_runs_once(
    make_jobs: MakeJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    jobs = make_jobs(file_workers=1)
    started, gate = tmp_path / "started", tmp_path / "gate"
    running = jobs.submit("announce_and_wait", str(started), str(gate))
    qtbot.waitUntil(started.exists, timeout=30_000)
    running.set_priority(-1)
    gate.touch()
    jobs.submit("echo", "last", priority=9)
    jobs.wait_for(2)
    assert jobs.results[1] == "last"
    assert len(started.read_text().split()) == 1


def test_a_cancelled_task_that_waits_never_runs(make_jobs: MakeJobs, tmp_path: Path) -> None:
    jobs = make_jobs(file_workers=1)
    gate, log = tmp_path / "gate", tmp_path / "log"
    jobs.submit("wait_for_file", str(gate))
    jobs.submit("log_then_echo", str(log), "cancelled").cancel()
    jobs.submit("log_then_echo", str(log), "wanted")
    assert jobs.jobs.pending(Pool.FILES) == 2
    gate.touch()
    jobs.wait_for(2)
    assert log.read_text() == "wanted\n"
    assert jobs.jobs.pending(Pool.FILES) == 0


def test_a_cancelled_task_that_runs_tells_nobody(
    make_jobs: MakeJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    jobs = make_jobs(file_workers=1)
    started, gate = tmp_path / "started", tmp_path / "gate"
    running = jobs.submit("announce_and_wait", str(started), str(gate))
    qtbot.waitUntil(started.exists, timeout=30_000)
    running.cancel()
    gate.touch()
    jobs.submit("echo", "next")
    jobs.wait_for(1)
    assert jobs.results == ["next"]
    assert jobs.errors == []


def test_several_processes_share_the_work(make_jobs: MakeJobs, tmp_path: Path) -> None:
    jobs = make_jobs(file_workers=2)
    started, gate = tmp_path / "started", tmp_path / "gate"
    for _ in range(2):
        jobs.submit("announce_and_wait", str(started), str(gate))
    jobs._qtbot.waitUntil(
        lambda: started.exists() and len(started.read_text().split()) == 2, timeout=30_000
    )
    gate.touch()
    jobs.wait_for(2)
    assert len(set(jobs.results)) == 2


def test_decoding_processes_import_neither_qt_nor_torch(make_jobs: MakeJobs) -> None:
    jobs = make_jobs(file_workers=1)
    jobs.submit("imported", "PySide6", "torch", "numpy")
    jobs.wait_for(1)
    assert jobs.results == [("numpy",)]


def test_the_detector_loads_before_it_works_and_again_after_it_was_killed(
    make_jobs: MakeJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    log, started, gate = tmp_path / "log", tmp_path / "started", tmp_path / "gate"
    jobs = make_jobs(load_detector=Task("fake_tasks:load", (str(log),)))
    states: list[Any] = []
    jobs.jobs.detector_changed.connect(states.append)
    jobs.submit("announce_and_wait", str(started), str(gate), pool=Pool.DETECTOR)
    qtbot.waitUntil(lambda: started.exists() and bool(started.read_text()), timeout=30_000)
    os.kill(int(started.read_text()), signal.SIGKILL)
    gate.touch()
    jobs.wait_for(1)
    first, second = started.read_text().split()
    assert log.read_text() == f"loaded {first}\nloaded {second}\n"
    assert jobs.results == [int(second)]
    assert [state.kind for state in states] == [
        DetectorStateKind.STARTING,
        DetectorStateKind.READY,
        DetectorStateKind.RESTARTING,
        DetectorStateKind.READY,
    ]
    assert states[-1].text == "CPU · fake 1"
    assert states[-1].model.name == "fake"


@pytest.mark.parametrize(
    ("load", "error", "text"),
    [
        ("load_missing_weights", DamagedFileError, "weights.safetensors: Damaged file"),
        ("die", WorkerDied, "The detector process ended unexpectedly"),
        ("raise_bug", WorkerBug, "a fault in this program"),
    ],
)
def test_a_detector_that_cannot_load_is_unavailable_and_says_why(
    make_jobs: MakeJobs, load: str, error: type[Exception], text: str
) -> None:
    jobs = make_jobs(load_detector=Task(f"fake_tasks:{load}"))
    states: list[Any] = []
    jobs.jobs.detector_changed.connect(states.append)
    jobs.submit("echo", 1, pool=Pool.DETECTOR)
    jobs.submit("echo", 2, pool=Pool.DETECTOR)
    jobs.wait_for(2)
    jobs.submit("echo", 3, pool=Pool.DETECTOR)
    jobs.submit("echo", 4, pool=Pool.FILES)
    jobs.wait_for(4)
    assert [type(e) for e in jobs.errors] == [error] * 3
    assert jobs.results == [4]
    assert states[-1].kind is DetectorStateKind.UNAVAILABLE
    assert text in states[-1].text
    assert states[-1].model is None


def test_the_database_thread_is_one_and_works_in_order(make_jobs: MakeJobs, qtbot: QtBot) -> None:
    jobs = make_jobs()
    order: list[int] = []
    threads: list[threading.Thread] = []
    told: list[int] = []

    def work(number: int) -> int:
        threads.append(threading.current_thread())
        order.append(number)
        return number

    for number in range(5):
        jobs.jobs.store(lambda n=number: work(n), done=told.append, failed=pytest.fail)
    qtbot.waitUntil(lambda: len(told) == 5)
    assert order == told == [0, 1, 2, 3, 4]
    assert len(set(threads)) == 1
    assert threads[0] is not threading.main_thread()


def test_what_the_database_work_raises_is_told(make_jobs: MakeJobs, qtbot: QtBot) -> None:
    jobs = make_jobs()
    errors: list[Exception] = []
    jobs.jobs.store(lambda: {}["absent"], done=pytest.fail, failed=errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], KeyError)


def test_closing_finishes_the_work_on_the_database(make_jobs: MakeJobs) -> None:
    jobs = make_jobs()
    written: list[int] = []
    for number in range(3):
        jobs.jobs.store(
            lambda n=number: (time.sleep(0.02), written.append(n)),
            done=lambda result: None,
            failed=pytest.fail,
        )
    jobs.jobs.close()
    assert written == [0, 1, 2]


def test_closing_ends_busy_and_idle_processes_at_once_and_calls_nobody(
    make_jobs: MakeJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    jobs = make_jobs(file_workers=2)
    started = tmp_path / "started"
    jobs.submit("echo", 1)
    jobs.wait_for(1)
    jobs.submit("announce_and_wait", str(started), str(tmp_path / "never"))
    jobs.submit("ramp", 1000, 1000)
    qtbot.waitUntil(started.exists, timeout=30_000)
    begin = time.perf_counter()
    jobs.jobs.close()
    jobs.jobs.close()
    assert time.perf_counter() - begin < 2
    assert jobs.jobs.pending(Pool.FILES) == 0
    told = len(jobs.results) + len(jobs.errors)
    qtbot.wait(50)
    assert len(jobs.results) + len(jobs.errors) == told


def test_a_task_after_closing_is_a_bug(make_jobs: MakeJobs) -> None:
    jobs = make_jobs()
    jobs.jobs.close()
    with pytest.raises(RuntimeError, match="after closing"):
        jobs.submit("echo", 1)


PARENT = """
import signal, sys
from PySide6.QtCore import QCoreApplication
from pneumo_viewer.jobs.jobs import Jobs, Pool, Task
signal.signal(signal.SIGINT, lambda *_: None)
application = QCoreApplication([])
jobs = Jobs(file_workers=1)
task = Task("fake_tasks:announce_and_wait", tuple(sys.argv[1:]))
jobs.submit(Pool.FILES, task, done=print, failed=print)
print("started", flush=True)
application.exec()
"""


def test_ctrl_c_leaves_workers_quiet_and_they_end_when_the_window_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "window.py"
    script.write_text("if __name__ == '__main__':\n" + textwrap.indent(PARENT, "    "))
    started, gate = tmp_path / "started", tmp_path / "gate"
    with subprocess.Popen(
        [sys.executable, str(script), str(started), str(gate)],
        env=dict(os.environ, PYTHONPATH=f"{REPOSITORY}:{Path(__file__).parent}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        assert parent.stdout.readline() == b"started\n"
        while not (started.exists() and started.read_text()):
            os.killpg(parent.pid, signal.SIGINT)  # from the first instant of the worker on
            time.sleep(0.005)
        os.killpg(parent.pid, signal.SIGINT)
        worker = psutil.Process(int(started.read_text()))
        parent.kill()
        gate.touch()
        worker.wait(timeout=10)
        assert parent.stderr.read() == b""
