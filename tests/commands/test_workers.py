"""Worker processes with a JVM each: same numbers, and their deaths cost one call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray

import fiji_bridge
from conftest import FIJI
from fiji_bridge import MacroError, Workers
from fiji_bridge.commands.process import DeathError, Process
from fiji_bridge.commands.transfer import make_folder, receive, remove_folder, send
from fiji_bridge.errors import CancelledError, InputError, MemoryLimitError, SigmaError, WorkerError

FOLDERS = [Path("/dev/shm"), Path("/tmp")]


def there() -> set[Path]:
    """What workers of this process have there, those of a service that runs in it among them."""
    name = f"fiji-bridge-worker-{os.getpid()}-*"
    return {path for folder in FOLDERS for path in folder.glob(name)}


@pytest.mark.jvm
class TestWorkers:
    @pytest.fixture(scope="class")
    @classmethod
    def workers(cls) -> Iterator[Workers]:
        before = there()
        with Workers(1, heap="400m") as made:
            yield made
        assert there() <= before

    def test_gives_the_bits_and_the_kind_of_this_process(self, workers: Workers) -> None:
        rng = np.random.default_rng(3)
        images = [
            xarray.DataArray(
                rng.random((5, 20, 30), np.float32),
                dims=("z", "y", "x"),
                coords={
                    axis: ("xyz".index(axis) + 0.5) * np.arange(size)
                    for axis, size in zip("zyx", (5, 20, 30), strict=True)
                },
            )
            for _ in range(3)
        ]
        there = list(workers.map("gaussian", images, sigma="1 px"))
        for image, found in zip(images, there, strict=True):
            here = fiji_bridge.gaussian(image, sigma="1 px")
            assert isinstance(found, xarray.DataArray)
            xarray.testing.assert_identical(found, here)

    def test_commands_and_macros(self, workers: Workers) -> None:
        data = np.zeros((3, 9, 9), np.uint8)
        data[1, 4, 4] = 200
        there = workers.run_command(data, "Median...", radius=1)
        here = fiji_bridge.run_command(data, "Median...", radius=1)
        assert isinstance(there.image, np.ndarray)
        np.testing.assert_array_equal(there.image, here.image)
        assert (there.options, there.log) == (here.options, here.log)
        assert workers.run_macro("return 'a' + getArgument();", (), "b").value == "ab"

    def test_errors_are_those_of_this_process(self, workers: Workers) -> None:
        with pytest.raises(SigmaError):
            workers.submit("gaussian", np.zeros((3, 3)), sigma="-1 px").result()
        with pytest.raises(MacroError) as caught:
            workers.run_macro("x = 1;\nx = y;")
        assert caught.value.line == 2

    def test_an_endless_macro_costs_one_call(self, workers: Workers) -> None:
        before = workers.pids
        endless = workers.submit("run_macro", "while (true) x = 1;", timeout=3)
        following = workers.submit("run_macro", 'return "next";')
        with pytest.raises(WorkerError, match="no answer within 3 s"):
            endless.result()
        assert workers.pids != before
        assert not psutil.pid_exists(before[0])
        assert following.result().value == "next"

    def test_a_macro_that_ends_java_is_an_error(self, workers: Workers) -> None:
        before = workers.pids
        with pytest.raises(MacroError, match=r"System\.exit"):
            workers.run_macro('call("java.lang.System.exit", "3");')
        assert workers.run_macro('return "on";').value == "on", before

    def test_a_signal_is_named(self, workers: Workers) -> None:
        call = workers.submit("run_macro", "wait(20000);")
        while not call.running():
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(workers.pids[0], signal.SIGSEGV)
        with pytest.raises(WorkerError, match="died"):
            call.result()
        assert workers.run_macro('return "on";').value == "on"

    @pytest.mark.parametrize("seconds", [0, 0.01, 0.03, 0.1, 0.2])
    def test_killed_while_samples_are_on_their_way(self, workers: Workers, seconds: float) -> None:
        """There or back: the call fails, or has all of its result; the next one is as ever."""
        image = np.random.default_rng(5).random((64, 512, 512), np.float32)
        expected = fiji_bridge.gaussian(image, sigma="0.5 px")
        workers.run_macro("return 'ready';")
        call = workers.submit("gaussian", image, sigma="0.5 px")
        time.sleep(seconds)
        os.kill(workers.pids[0], signal.SIGKILL)
        error = call.exception()
        if error is None:
            assert call.result().tobytes() == expected.tobytes()
        else:
            assert isinstance(error, WorkerError)
            assert "died (signal SIGKILL" in str(error)
        small = np.ones((3, 4, 5), np.float32)
        assert round(float(workers.submit("gaussian", small, sigma="1 px").result().sum()), 3) == 60
        assert [file for folder in there() for file in folder.iterdir()] == []


@pytest.mark.jvm
class TestCancelled:
    def test_progress_any_function_and_cancelled_calls(self) -> None:
        with Workers(1, heap="300m") as workers:
            told: list[tuple[int, int]] = []
            data = np.zeros((2, 8, 9, 9), np.float32)
            workers.submit(
                "gaussian",
                data,
                sigma="1 px",
                axes="tzyx",
                progress=lambda done, total: told.append((done, total)),
            ).result()
            done, total = told[-1]
            assert done == total > 0
            assert workers.submit("os:getpid").result() == workers.pids[0]
            before = workers.pids
            endless = workers.submit("run_macro", "while (true) x = 1;")
            waiting = workers.submit("os:getpid")
            following = workers.submit("os:getpid")
            while not endless.running():
                time.sleep(0.01)
            assert workers.cancel(waiting)
            assert workers.cancel(endless)
            with pytest.raises(CancelledError, match="cancelled"):
                endless.result()
            assert waiting.cancelled()
            assert following.result() == workers.pids[0]
            assert workers.pids != before
            assert not psutil.pid_exists(before[0])
            assert not workers.cancel(following)


@pytest.mark.jvm
def test_recycling_and_an_isolated_macro() -> None:
    before = there()
    with Workers(1, heap="300m", recycle=1) as workers:
        first = workers.pids
        assert workers.run_macro("return 'a';").value == "a"
        assert workers.run_macro("return 'b';").value == "b"
        assert workers.pids != first
    assert there() <= before
    found = fiji_bridge.run_macro("return 'alone';", isolated=True)
    assert found.value == "alone"


def resident(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


@pytest.mark.jvm
class TestMemory:
    @pytest.fixture(scope="class")
    @classmethod
    def workers(cls) -> Iterator[Workers]:
        before = there()
        with Workers(1, heap="200m", reserve=1) as made:
            yield made
        assert there() <= before

    def test_a_call_that_takes_too_much_is_ended(self, workers: Workers) -> None:
        before, spare = workers.pids[0], workers._reserve[0]
        allowed = f"{resident(before) // 2**20 + 600}m"
        with pytest.raises(WorkerError, match=r"in memory, and .* were allowed"):
            workers.submit("numpy:full", 1500 * 2**17, 1.0, memory=allowed).result()
        assert not psutil.pid_exists(before)
        assert workers.pids == [spare.pid], "the one in reserve took its place"
        assert len(workers._reserve) == 1
        assert workers.run_macro("return 'on';").value == "on"

    @pytest.mark.parametrize(
        "macro",
        ['newImage("a", "32-bit black", 20000, 20000, 2);', 'a = newArray(100000000); return "";'],
    )
    def test_no_memory_in_java_is_an_error_of_the_call(self, workers: Workers, macro: str) -> None:
        with pytest.raises((WorkerError, MacroError, MemoryLimitError), match=r"(?i)memory|heap"):
            workers.run_macro(macro)
        assert workers.run_macro("return 'on';").value == "on"

    def test_many_calls_take_no_more_memory_than_some(self, workers: Workers) -> None:
        """The same bits each time, and resident memory that stays."""
        image = np.random.default_rng(1).random((16, 64, 64), np.float32)
        expected = fiji_bridge.gaussian(image, sigma="1 px")
        seen = []
        for number in range(400):
            found = workers.submit("gaussian", image, sigma="1 px").result()
            assert found.tobytes() == expected.tobytes()
            if number in (199, 399):
                seen.append(resident(workers.pids[0]))
        # One array kept per call would be 50 MiB; Java's heap fills at its own pace.
        assert seen[1] - seen[0] < 25 * 2**20


class TestRefusals:
    @pytest.mark.parametrize("keywords", [{"n": 0}, {"timeout": -1}, {"recycle": 0}])
    def test_senseless_numbers(self, keywords: dict[str, int]) -> None:
        with pytest.raises(InputError, match="more than 0"):
            Workers(**keywords)


PARENT = """
import sys, time, os
from fiji_bridge.commands.workers import Workers
if __name__ == "__main__":
    workers = Workers(1, heap="300m")
    call = workers.submit("run_macro", "while (true) x = 1;")
    workers._workers[0]._pending.join()
    print(workers.pids[0], workers._workers[0]._folder, flush=True)
    time.sleep(600)
"""


@pytest.mark.jvm
def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    number, folder = parent.stdout.readline().split()
    worker = psutil.Process(int(number))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    worker.wait(60)
    assert not Path(folder).exists()


class TestProcess:
    """Without a JVM."""

    def make(self, tmp_path: Path, code: str) -> Process:
        (tmp_path / "made_module.py").write_text(code, encoding="utf-8")
        return Process("made_module", environment={"PYTHONPATH": str(tmp_path)})

    def test_says_how_it_ended_and_what_it_printed(self, tmp_path: Path) -> None:
        code = "import sys, os; sys.stdin.readline(); print('last words', flush=True); os._exit(9)"
        process = self.make(tmp_path, code)
        with pytest.raises(DeathError, match=r"exit code 9.*last words") as caught:
            process.ask(b"a", 60)
        process.stop()
        assert (caught.value.status, caught.value.output) == ("crash", "last words")

    def test_ends_what_does_not_answer(self, tmp_path: Path) -> None:
        process = self.make(tmp_path, "import time; time.sleep(600)")
        with pytest.raises(DeathError) as caught:
            process.ask(b"a", 0.2)
        process.stop()
        assert caught.value.status == "timeout"
        assert not psutil.pid_exists(process.pid)


def test_objects_go_with_their_arrays() -> None:
    folder = make_folder()
    value = {
        "a": np.arange(24.0).reshape(2, 3, 4)[:, ::2],
        "b": [np.uint8([1]), "text"],
        "c": np.zeros(0),
    }
    try:
        found = receive(send(value, folder / "in"), folder / "in")
    finally:
        remove_folder(folder)
    np.testing.assert_array_equal(found["a"], value["a"])
    assert found["b"][0].flags.writeable
    assert found["c"].shape == (0,)


@pytest.mark.jvm
@pytest.mark.fiji
def test_commands_made_ready_in_a_fiji() -> None:
    data = np.zeros((3, 9, 9), np.uint8)
    data[1, 4:6, 4] = 255
    with Workers(1, fiji=FIJI, heap="500m", commands=True) as workers:
        found = workers.run_command(data, "Analyze Particles...", "size=0-Infinity display clear")
        assert found.results["Area"] == [2.0]
        summary = workers.run_command(data, "Analyze Particles...", "size=0-Infinity summarize")
        (table,) = summary.tables.values()
        assert table["Count"] == [0, 1, 0]
        with pytest.raises(WorkerError, match="no answer within 3 s"):
            workers.submit("run_macro", "while (true) {}", timeout=3).result()
        assert workers.run_macro("return getVersion();").value.startswith("2.")
        blurred = workers.submit("gaussian", data, sigma="1 px").result()
    assert blurred.provenance[-1]["engine"] == "gauss3"
    assert blurred.provenance[-1]["runtime"].startswith("fiji ")
    np.testing.assert_array_equal(blurred, fiji_bridge.gaussian(data, sigma="1 px"))
