"""What a process costs: its CPU time and its memory, as the system counts them."""

from __future__ import annotations

import os
import statistics
import subprocess
from pathlib import Path

from tests.terminal import environment

HAS_PROC = Path("/proc/self/stat").exists()
NO_PROC = "this system has no /proc"


def cpu_seconds(pid: int) -> float:
    """CPU time that a running process has used in all its threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Resident memory of a running process, in MB (10⁶ bytes)."""
    status = Path(f"/proc/{pid}/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kib) * 1024 / 1e6


def cpu_to_end(argv: list[str], repeats: int = 7) -> float:
    """Median CPU seconds of a command from its start to its end."""
    return statistics.median(_cpu_once(argv) for _ in range(repeats))


def _cpu_once(argv: list[str]) -> float:
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=environment())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime
