"""A real sshd on loopback that lets one key in and runs one command, as a workshop's server would.

It has a folder, a host key, a port and a key for its learners of its own, runs as whoever runs the
tests, and is ended by its own id. Only this machine can reach it.
"""

from __future__ import annotations

import getpass
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.command import FEDTUI
from tests.terminal import Ending, Pty, environment

_LATE = 20  # seconds
_PRIVILEGES = Path("/run/sshd")  # where Debian's sshd gives up its privileges, started as root
_CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/learner.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
AuthenticationMethods publickey
DisableForwarding yes
PermitUserRC no
PermitTTY yes
PrintMotd no
PrintLastLog no
MaxStartups 100
SetEnv {variables}
ForceCommand echo $$ >>{folder}/pids; exec {command}
"""


def _sshd() -> str | None:
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def why_not() -> str:
    """Why no sshd can be started here; empty where it can."""
    missing = [name for name in ("ssh", "ssh-keygen") if shutil.which(name) is None]
    if missing or _sshd() is None:
        return f"{missing[0] if missing else 'sshd'} is not installed (openssh-server)"
    if sys.platform != "linux":
        return "sshd is tried on Linux only"
    if os.getuid() == 0 and not _PRIVILEGES.exists():
        try:
            _PRIVILEGES.mkdir(mode=0o755)
        except OSError as error:
            return f"sshd needs {_PRIVILEGES}: {error.strerror}"
    shell = pwd.getpwuid(os.getuid()).pw_shell
    if (shell and not os.access(shell, os.X_OK)) or shell.endswith(("nologin", "false")):
        return f"this account has no shell to log in with ({shell})"
    return ""


class Sshd(Ending):
    """An sshd whose every session is `command`, by default this environment's fedtui.

    Attributes:
        folder: Where its files are; the sessions' homes too.
    """

    def __init__(self, *arguments: str, command: str = "") -> None:
        self._temporary = tempfile.TemporaryDirectory(
            prefix="fedtui-ssh-", ignore_cleanup_errors=True
        )
        self.folder = Path(self._temporary.name)
        for name in ("host", "learner"):
            _call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name))
        self._process, self.port = self._started(command or shlex.join([FEDTUI, *arguments]))
        known = (self.folder / "host.pub").read_text()
        (self.folder / "known").write_text(f"[127.0.0.1]:{self.port} {known}")

    def session(
        self, *said: str, columns: int = 80, rows: int = 24, env: Mapping[str, str] | None = None
    ) -> Pty:
        """A learner's `ssh -t`, in a terminal of its own; `said` is what is asked of the server."""
        options = {
            "UserKnownHostsFile": self.folder / "known",
            "IdentityFile": self.folder / "learner",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "EscapeChar": "none",
            "LogLevel": "ERROR",
        }
        flags = [flag for key, value in options.items() for flag in ("-o", f"{key}={value}")]
        whom = f"{getpass.getuser()}@127.0.0.1"
        return Pty(
            ["ssh", "-F", "none", "-tt", *flags, "-p", str(self.port), whom, "--", *said],
            columns=columns,
            rows=rows,
            env=env,
        )

    @property
    def pids(self) -> list[int]:
        """The processes of the sessions' commands, in the order in which they began."""
        path = self.folder / "pids"
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    @property
    def log(self) -> str:
        """What the server has said."""
        return (self.folder / "log").read_text()

    def close(self) -> None:
        """End the server; its sessions end by themselves with their clients."""
        self._process.terminate()
        self._process.wait(_LATE)
        self._temporary.cleanup()

    def _started(self, command: str) -> tuple[subprocess.Popen[bytes], int]:
        port, config = _free_port(), self.folder / "config"
        kinds = ("CACHE", "CONFIG", "DATA", "STATE")
        variables = " ".join(f"XDG_{kind}_HOME={self.folder}/{kind.lower()}" for kind in kinds)
        config.write_text(
            _CONFIG.format(port=port, folder=self.folder, variables=variables, command=command)
        )
        server = _sshd()
        assert server, "why_not() tells that there is none"
        argv = [server, "-D", "-f", str(config), "-E", str(self.folder / "log")]
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, env=environment())
        deadline = time.monotonic() + _LATE
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"sshd did not start: {self.log}")
            time.sleep(0.02)
        return process, port


def alive(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def hang_up(pid: int) -> None:
    """End a client at once, as a lost connection does."""
    os.kill(pid, signal.SIGKILL)


def _call(*argv: str) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        port: int = each.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as each:
        return each.connect_ex(("127.0.0.1", port)) == 0
