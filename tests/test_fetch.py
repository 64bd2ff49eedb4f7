"""Fetching: whole and checked, or not at all; each thing that can go wrong is one sentence.

The publisher is a server on loopback here, by FEDTUI_MIRROR; nothing leaves this machine.
"""

from __future__ import annotations

import errno
import http.client
import io
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError
from urllib.request import Request

import pytest

from engine.data import catalogue
from engine.data.catalogue import ENTRIES
from engine.data.catalogue.entries import SUMS
from engine.errors import DataError, ScenarioError
from engine.sections import PUBLIC, Data
from fedtui import fetch as fetching
from fedtui.cli import main
from fedtui.fetch import FetchError, fetch
from tests import raw_tables as raw
from tests.command import sentence
from tests.shared import shared

HEART = ENTRIES["heart-disease"]
FILES = tuple(file.name for file in HEART.files)


@dataclass
class Publisher:
    """What a server has by its path, how it serves it, and what it was asked for."""

    host: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    manner: str = "well"
    onward: tuple[int, str] = (302, "")  # where it sends everybody on to, and how
    asked: list[str] = field(default_factory=list)

    def put(self, entry, files):
        self.files |= {f"/{entry.folder}/{name}": content for name, content in files.items()}


@pytest.fixture
def publisher(monkeypatch):
    """A server on loopback that everything is fetched from."""
    told = Publisher()
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            told.asked.append(self.path)
            if told.manner == "elsewhere":
                code, location = told.onward
                self.send_response(code)
                self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = told.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            if told.manner == "silent":
                done.wait(10)
                return
            if told.manner == "its head drips":
                self.drip(b"HTTP/1.0 200 OK\r\n" + 1000 * b"X-Nothing: 0\r\n")
                return
            self.send_response(200)
            length = len(content) + (told.manner == "breaks off")
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if told.manner == "drips":
                self.drip(content)
                return
            self.wfile.write(content)

        def drip(self, content):
            """A byte every 20 ms, for ten seconds at most: each resets a socket's own limit."""
            with suppress(OSError):
                for byte in content[:500]:
                    self.wfile.write(bytes([byte]))
                    if done.wait(0.02):
                        return

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    told.host = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("FEDTUI_MIRROR", f"http://{told.host}/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield told
    done.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where heart disease will lie."""
    monkeypatch.setenv("FEDTUI_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "heart-disease"


@pytest.fixture
def heart(publisher):
    """The publisher has the four files of heart disease."""
    there = shared("data", "heart_disease", "raw")
    publisher.put(HEART, {name: (there / name).read_bytes() for name in FILES})
    return publisher


@pytest.fixture
def wards(publisher, tmp_path):
    """The publisher has a MIMIC-III demo of made-up patients, and its list of sums."""
    tables = raw.mimic(raw.admission(1), raw.admission(2, died=1, unit="CCU"))
    made = raw.write_all(tmp_path / "made", tables)
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    publisher.put(ENTRIES["mimic-demo"], {**files, SUMS: sums_of(files)})
    return publisher


def sums_of(files):
    return "".join(f"{sha256(raw).hexdigest()} {name}\n" for name, raw in files.items()).encode()


def refused(name="heart-disease"):
    with pytest.raises(FetchError) as error:
        fetch(name)
    return sentence(str(error.value))


def read(name):
    return catalogue.read(name, Data.build({"source": name}))


# What comes


def test_what_is_fetched_is_what_is_read_for_its_owner_alone_and_nothing_beside_it(heart, folder):
    assert fetch("heart-disease") == FILES
    assert sorted(os.listdir(folder)) == sorted(FILES)
    assert len(read("heart-disease").y) == 740
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700


def test_only_what_is_not_here_or_damaged_is_fetched_again(heart, folder):
    fetch("heart-disease")
    heart.asked.clear()
    assert fetch("heart-disease") == fetch("heart-disease-full") == ()
    assert heart.asked == []
    (folder / FILES[0]).write_bytes(b"edited")
    (folder / FILES[3]).unlink()
    assert fetch("heart-disease") == (FILES[0], FILES[3])
    assert read("heart-disease").held_out is not None


# What can go wrong


@pytest.mark.parametrize("wrong", [b"", b"<html>Sign in to this network</html>"])
def test_another_file_is_not_kept(heart, folder, wrong):
    heart.put(HEART, {FILES[1]: wrong})
    assert refused() == (
        f"{FILES[1]}: what came from {heart.host} is not the file that was published (its sha256 "
        "is another), so it was not kept; try again later or elsewhere."
    )
    assert os.listdir(folder) == [FILES[0]]
    with pytest.raises(DataError, match="not on this machine"):
        read("heart-disease")


def test_a_file_that_was_good_stays_where_its_successor_is_not(heart, folder):
    fetch("heart-disease")
    (folder / FILES[0]).write_bytes(b"edited")
    heart.put(HEART, {FILES[0]: b"worse"})
    refused()
    assert (folder / FILES[0]).read_bytes() == b"edited"
    assert sorted(os.listdir(folder)) == sorted(FILES)


def test_a_server_without_the_file(publisher, folder):
    assert refused() == (
        f"{FILES[0]}: FEDTUI_MIRROR answered 404 (Not Found); a copy of it belongs at "
        f"http://{publisher.host}/{HEART.folder}/{FILES[0]}."
    )
    assert os.listdir(folder) == []


def test_no_password_of_an_address_is_told(publisher, folder, monkeypatch):
    monkeypatch.setenv("FEDTUI_MIRROR", f"http://me:secret@{publisher.host}")
    assert "secret" not in refused()


def test_a_folder_in_place_of_a_file_is_said_to_be_in_the_way(heart, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILES[0]).mkdir()
    assert refused() == (
        f"heart-disease: {folder / FILES[0]} is a folder, and a file of that name belongs there; "
        "rename it, or name another folder with FEDTUI_DATA."
    )
    assert os.listdir(folder) == [FILES[0]]


def test_a_server_that_stays_silent(heart, folder, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.1)
    heart.manner = "silent"
    assert refused() == (
        f"{FILES[0]}: {heart.host} has not answered for 0.1 seconds; try again later."
    )
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    ("manner", "told"),
    [
        ("drips", "sends fewer than 2,000 bytes a second, so it was given up; try again later."),
        ("its head drips", "has not answered for 0.1 seconds; try again later."),
    ],
)
def test_a_server_that_drips(heart, folder, monkeypatch, manner, told):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.1)
    heart.manner = manner
    assert refused() == f"{FILES[0]}: {heart.host} {told}"
    assert os.listdir(folder) == []


def test_a_fetch_that_is_terminated_leaves_nothing_half_kept(heart, folder):
    heart.manner = "drips"
    arguments = [sys.executable, "-m", "fedtui", "data", "heart-disease", "--fetch"]
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        while not (folder.is_dir() and os.listdir(folder)):
            assert process.poll() is None
            time.sleep(0.01)
        process.terminate()
        assert process.wait(10) == 143
    assert os.listdir(folder) == []


def test_a_connection_that_breaks_off(heart, folder):
    heart.manner = "breaks off"
    assert refused() == f"{FILES[0]}: the connection to {heart.host} broke off; try again."
    assert os.listdir(folder) == []


def test_no_server_at_all(publisher, monkeypatch):
    monkeypatch.setenv("FEDTUI_MIRROR", "http://127.0.0.1:9")
    assert refused() == (
        f"{FILES[0]}: 127.0.0.1:9 cannot be reached (Connection refused); see whether there is a "
        "network, or name a copy with FEDTUI_MIRROR."
    )


def test_no_network(monkeypatch):
    def nowhere(*_, **__):
        raise URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr(fetching, "_open", nowhere)
    assert refused() == (
        f"{FILES[0]}: archive.ics.uci.edu cannot be reached (Name or service not known); see "
        "whether there is a network, or name a copy with FEDTUI_MIRROR."
    )


def test_a_file_that_does_not_end(heart, folder, monkeypatch):
    monkeypatch.setattr(fetching, "LARGEST", 1000)
    assert refused() == (
        f"{FILES[0]}: {heart.host} sends more than 1,000 bytes, so this is another file; nothing "
        "was kept."
    )
    assert os.listdir(folder) == []


def test_a_disk_that_is_full(heart, folder, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused() == (
        f"heart-disease: {folder / FILES[0]} cannot be written (No space left on device); make "
        "room or name another folder with FEDTUI_DATA."
    )
    assert os.listdir(folder) == []


def test_a_folder_that_cannot_be_made(publisher, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FEDTUI_DATA", str(tmp_path / "file"))
    assert refused() == (
        f"heart-disease: {tmp_path / 'file'} is a file, and a folder of that name belongs there; "
        "rename it, or name another folder with FEDTUI_DATA."
    )
    assert publisher.asked == []


def test_an_interruption_leaves_nothing_half_kept(heart, folder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch("heart-disease")
    assert os.listdir(folder) == []


def test_nobody_is_sent_on_from_https_to_where_anybody_listens():
    answer, response = fetching._Onward(), io.BytesIO()
    secure = Request("https://example.org/a")
    headers = http.client.HTTPMessage()
    there = answer.redirect_request(secure, response, 302, "", headers, "https://example.com/b")
    assert there.full_url == "https://example.com/b"
    with pytest.raises(URLError, match="without https"):
        answer.redirect_request(secure, response, 302, "", headers, "http://example.org/a")
    assert response.closed


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("http://[bad", "to an address that is none"),
        ("ftp://127.0.0.1:9/x", "to an address outside the web"),
        ("file:///etc/passwd", "to nowhere, or round in a circle"),
        ("data:text/plain,hello", "to nowhere, or round in a circle"),
        ("/loop", "to nowhere, or round in a circle"),
        ("", "to nowhere, or round in a circle"),
    ],
)
def test_a_server_that_leads_astray_is_one_sentence(publisher, folder, code, location, told):
    publisher.manner, publisher.onward = "elsewhere", (code, location)
    assert refused() == (
        f"{FILES[0]}: {publisher.host} sends us on {told}; try again later, or name a copy with "
        "FEDTUI_MIRROR."
    )
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("synthetic", "data: synthetic comes with fedtui; there is nothing to fetch."),
        ("heart-diseas", "data: there is no 'heart-diseas' to fetch; did you mean 'heart-disease"),
    ],
)
def test_what_cannot_be_fetched_is_refused(name, told):
    with pytest.raises(ScenarioError) as error:
        fetch(name)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    "mirror",
    ["ftp://127.0.0.1", "127.0.0.1:80", "file:///etc", "http://", "http://[1", "http://a:no/"],
)
def test_a_mirror_is_on_the_web(monkeypatch, mirror):
    monkeypatch.setenv("FEDTUI_MIRROR", mirror)
    with pytest.raises(ScenarioError, match="is no address of the web; write it as https://"):
        fetch("heart-disease")


@pytest.mark.parametrize("mirror", ["http://a b", "http://" + "a" * 70 + ".de"])
def test_a_mirror_that_cannot_be_reached_is_a_sentence(monkeypatch, mirror):
    monkeypatch.setenv("FEDTUI_MIRROR", mirror)
    assert "cannot be reached" in refused()


# Sums that are not known beforehand


def test_the_first_list_of_sums_is_kept_and_holds_from_then_on(wards, folder):
    place = folder.parent / "mimic-demo"
    names = {file.name for file in ENTRIES["mimic-demo"].files}
    assert set(fetch("mimic-demo")) == names
    assert set(os.listdir(place)) == names | {SUMS}
    assert read("mimic-demo").names == ("MICU", "CCU")
    changed = {"PATIENTS.csv": b"another"}
    files = {file: wards.files[f"/mimic-demo/{file}"] for file in names} | changed
    wards.put(ENTRIES["mimic-demo"], {**changed, SUMS: sums_of(files)})
    assert fetch("mimic-demo") == ()
    (place / "PATIENTS.csv").unlink()
    assert "PATIENTS.csv: what came from" in refused("mimic-demo")


def test_a_wrong_list_of_sums_is_forgotten_and_the_next_one_counts(wards, folder):
    place, entry = folder.parent / "mimic-demo", ENTRIES["mimic-demo"]
    right = wards.files[f"/mimic-demo/{SUMS}"]
    sum = sha256(wards.files["/mimic-demo/LABEVENTS.csv"]).hexdigest()
    wards.put(entry, {SUMS: right.replace(sum.encode(), b"0" * 64)})
    assert refused("mimic-demo").startswith("LABEVENTS.csv: what came from")
    assert SUMS not in os.listdir(place)
    wards.put(entry, {SUMS: right})
    assert fetch("mimic-demo") == ("LABEVENTS.csv",)
    assert fetch("mimic-demo") == ()
    assert read("mimic-demo").y.tolist() == [0, 1]


def test_a_list_without_one_of_the_files_is_not_kept(wards, folder):
    wards.put(ENTRIES["mimic-demo"], {SUMS: b"0 something else\n"})
    assert refused("mimic-demo").startswith(
        "mimic-demo: the publisher's SHA256SUMS.txt does not tell the sum of ADMISSIONS.csv"
    )
    assert os.listdir(folder.parent / "mimic-demo") == []


def test_files_put_there_by_hand_are_checked_and_not_fetched(wards, folder):
    place = folder.parent / "mimic-demo"
    place.mkdir(parents=True)
    for file in ENTRIES["mimic-demo"].files:
        (place / file.name).write_bytes(wards.files[f"/mimic-demo/{file.name}"])
    assert fetch("mimic-demo") == ()
    assert wards.asked == [f"/mimic-demo/{SUMS}"]
    assert read("mimic-demo").y.tolist() == [0, 1]


# The command


@pytest.fixture
def command(monkeypatch, capsys):
    """The command, in this process: its exit code, and what it says on stdout and on stderr."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["fedtui", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


def test_the_command_lists_fetches_and_describes_with_licence_and_citation(heart, command, folder):
    code, listed, _ = command("data")
    assert code == 0
    assert [name for name in PUBLIC if f"{name}  " in listed] == list(PUBLIC)
    assert listed.count("  not fetched  ") == len(ENTRIES)
    assert "For mimic-demo fedtui does not know the sums" in listed
    code, about, told = command("data", "heart-disease")
    assert code == 2
    assert "CC BY 4.0" in about
    assert "`fedtui data heart-disease --fetch` fetches it" in sentence(told)
    code, about, told = command("data", "heart-disease", "--fetch")
    assert code == 0
    assert sentence(told).endswith(f"fetched into {folder} and checked.")
    for known in ("CC BY 4.0", "10.24432/C52P4X", "Cleveland", "Long Beach", "archive.ics.uci.edu"):
        assert known in about
    code, known, _ = command("data", "--json")
    sources = json.loads(known)["sources"]
    assert list(sources) == list(PUBLIC)
    assert [name for name in sources if sources[name].get("fetched")] == [
        "heart-disease", "heart-disease-full",
    ]  # fmt: skip
    assert sources["mimic-demo"]["files"]["LABEVENTS.csv"] is None


def test_a_failed_fetch_ends_with_1_and_what_cannot_be_fetched_with_2(publisher, command):
    code, out, told = command("data", "--fetch", "heart-disease")
    assert (code, out) == (1, "")
    assert "answered 404" in sentence(told)
    two = ("heart-disease", "--fetch", "eicu-demo")
    for arguments in (("--fetch", "nowhere"), ("--fetch",), ("notebook", "--fetch"), two):
        code, out, told = command("data", *arguments)
        assert (code, out) == (2, "")
        sentence(told)


def test_a_run_on_a_set_says_how_to_fetch_it_and_then_runs_with_its_attribution(heart, command):
    run = ("run", "--set", "data.source=heart-disease", "--rounds", "1", "--json")
    code, out, told = command(*run)
    assert (code, out) == (2, "")
    assert sentence(told) == (
        "fedtui: data.source: heart-disease is not on this machine; `fedtui data heart-disease "
        "--fetch` fetches it (CC BY 4.0)."
    )
    fetch("heart-disease")
    code, out, _ = command(*run)
    result = json.loads(out)
    assert code == 0
    assert [hospital["train"] for hospital in result["hospitals"]] == [199, 172, 30, 85]
    assert result["notes"][0].startswith("Heart Disease, UCI, CC BY 4.0: Janosi")
