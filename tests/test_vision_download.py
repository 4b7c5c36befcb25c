"""Downloads from a server in this process: whole, resumed, refused; and archives, good and evil."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from minitorch.utils import _download
from minitorch.vision import datasets
from minitorch.vision.datasets import utils
from tests.test_vision_mnist import IMAGES, LABELS, encode

CONTENT = bytes(range(256)) * 3_000  # 768,000 bytes: three chunks.
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files``, and does wrong what a test asks it to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/data.bin": CONTENT}
        self.ranges = True  # Whether it answers with a part when asked for one.
        self.cut_after: int | None = None  # How many bytes it sends before it hangs up.
        self.etag: str | None = None
        self.shift = 0  # How far off the part is that it sends.
        self.requests: list[tuple[str, str | None]] = []

    def url(self, path: str = "/data.bin") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.requests.append((self.path, wanted))
        if self.path == "/old/data.bin":
            self.send_response(302)
            self.send_header("Location", "/data.bin")
            self.end_headers()
            return
        if self.path not in server.files:
            self.send_error(404)
            return
        content, start = server.files[self.path], 0
        condition = self.headers.get("If-Range")
        if wanted and server.ranges and condition in (None, server.etag):
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            shown = start + server.shift
            self.send_header("Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if server.etag:
            self.send_header("ETag", server.etag)
        body = content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if server.cut_after is None else body[: server.cut_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("checksums", [{}, {"md5": MD5}, {"sha256": SHA256}, {"md5": MD5.upper()}])
def test_a_file_arrives_whole(server: Server, tmp_path: Path, checksums: dict[str, str]) -> None:
    utils.download_url(server.url(), tmp_path / "new" / "folder", **checksums)
    assert (tmp_path / "new" / "folder" / "data.bin").read_bytes() == CONTENT
    assert names_in(tmp_path / "new" / "folder") == ["data.bin"]


def test_it_is_not_fetched_twice(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        utils.download_url(server.url(), tmp_path, "other.bin", MD5)
    assert len(server.requests) == 1 and names_in(tmp_path) == ["other.bin"]


def test_a_file_of_another_checksum_is_replaced(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"old")
    utils.download_url(server.url(), tmp_path, md5=MD5)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_a_redirection_is_followed(server: Server, tmp_path: Path) -> None:
    utils.download_url(server.url("/old/data.bin"), tmp_path, md5=MD5)
    assert names_in(tmp_path) == ["data.bin"]


def test_a_broken_transfer_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.cut_after = 300_000
    utils.download_url(server.url(), tmp_path, md5=MD5)
    assert [r for _, r in server.requests] == [None, "bytes=300000-", "bytes=600000-"]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_without_a_checksum_only_the_same_version_is_continued(
    server: Server, tmp_path: Path
) -> None:
    server.cut_after, server.etag = 300_000, '"v1"'
    utils.download_url(server.url(), tmp_path)
    assert [r for _, r in server.requests] == [None, "bytes=300000-", "bytes=600000-"]
    server.requests.clear()
    server.etag = None  # Nothing tells the versions apart: from the start, and again no progress.
    with pytest.raises(RuntimeError, match=r"broke off after 300000 bytes"):
        utils.download_url(server.url(), tmp_path, "again.bin")
    assert {r for _, r in server.requests} == {None}
    assert names_in(tmp_path) == ["data.bin"]


def test_the_next_call_goes_on_too(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:500_000])
    utils.download_url(server.url(), tmp_path, md5=MD5)
    assert server.requests == [("/data.bin", "bytes=500000-")]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT and names_in(tmp_path) == ["data.bin"]


def test_a_part_of_another_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin.part").write_bytes(b"x" * 500_000)
    utils.download_url(server.url(), tmp_path, md5=MD5)
    assert [r for _, r in server.requests] == ["bytes=500000-", None]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    (tmp_path / "long.bin.part").write_bytes(b"x" * 900_000)
    utils.download_url(server.url(), tmp_path, "long.bin", MD5)
    assert (tmp_path / "long.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:500_000])
    utils.download_url(server.url(), tmp_path, md5=MD5)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_a_server_that_sends_another_part(server: Server, tmp_path: Path) -> None:
    server.shift = 7
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:500_000])
    with pytest.raises(RuntimeError, match="another part than the one asked for"):
        utils.download_url(server.url(), tmp_path, md5=MD5)
    assert names_in(tmp_path) == ["data.bin.part"]


def message_of(url: str, root: Path, md5: str | None = None) -> str:
    with pytest.raises(RuntimeError) as caught:
        utils.download_url(url, root, md5=md5)
    message = str(caught.value)
    assert "\n" not in message and url in message and str(root / os.path.basename(url)) in message
    assert "fetch it in another way and put it there" in message
    return message


def test_a_wrong_checksum_leaves_nothing(server: Server, tmp_path: Path) -> None:
    message = message_of(server.url(), tmp_path, "0" * 32)
    assert f"md5 is {MD5}, expected {'0' * 32}" in message
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("md5", [None, MD5])
def test_a_missing_file_leaves_nothing(server: Server, tmp_path: Path, md5: str | None) -> None:
    assert "404" in message_of(server.url("/nowhere.bin"), tmp_path, md5)
    assert names_in(tmp_path) == []


def test_a_server_that_is_not_there(server: Server, tmp_path: Path) -> None:
    url = server.url()
    server.shutdown()
    server.server_close()
    assert "refused" in message_of(url, tmp_path, MD5)
    assert names_in(tmp_path) == []


def test_a_server_that_always_hangs_up(server: Server, tmp_path: Path) -> None:
    server.cut_after = 0
    assert "broke off after 0 bytes" in message_of(server.url(), tmp_path, MD5)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/a", "data.bin"])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="http and https"):
        utils.download_url(url, tmp_path)


def test_progress_goes_to_stderr_or_nowhere(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    utils.download_url(server.url(), tmp_path, md5=MD5)
    captured = capsys.readouterr()
    assert captured.out == "" and "data.bin" in captured.err
    _download.download(server.url(), tmp_path / "quiet.bin", progress=False)
    assert capsys.readouterr().err == ""


def test_mnist_is_downloaded_from_the_second_mirror(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = []
    for stem in ("train", "t10k"):
        for name, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
            content = gzip.compress(encode(array))
            server.files[f"/mnist/{stem}-{name}-ubyte.gz"] = content
            resources.append((f"{stem}-{name}-ubyte.gz", hashlib.md5(content).hexdigest()))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [server.url("/gone/"), server.url("/mnist/")])
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    dataset = datasets.MNIST(tmp_path, download=True)
    assert dataset.targets.tolist() == LABELS.tolist()
    assert names_in(tmp_path / "MNIST" / "raw") == sorted(name for name, _ in resources)
    asked = len(server.requests)
    datasets.MNIST(tmp_path, train=False, download=True)
    assert len(server.requests) == asked
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [server.url("/gone/")])
    with pytest.raises(RuntimeError, match=r"KMNIST/raw/train-images-idx3-ubyte\.gz: could not"):
        datasets.KMNIST(tmp_path, download=True)


# ------------------------------------------------------------------------------------- archives


def tar_of(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


MEMBERS = {"set/a.txt": b"one", "set/deep/b.txt": b"two"}


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tar", "w:"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.xz", "w:xz"), ("a.zip", "")],
)
def test_archives(tmp_path: Path, name: str, mode: str) -> None:
    path = tmp_path / name
    tar_of(path, MEMBERS, mode) if mode else zip_of(path, MEMBERS)
    folder = utils.extract_archive(str(path), str(tmp_path / "out"))
    assert folder == str(tmp_path / "out")
    for member, content in MEMBERS.items():
        assert (tmp_path / "out" / member).read_bytes() == content
    utils.extract_archive(path, remove_finished=True)
    assert (tmp_path / "set" / "a.txt").exists() and not path.exists()


def test_one_compressed_file(tmp_path: Path) -> None:
    (tmp_path / "labels.gz").write_bytes(gzip.compress(CONTENT))
    assert utils.extract_archive(tmp_path / "labels.gz") == tmp_path / "labels"
    assert (tmp_path / "labels").read_bytes() == CONTENT


@pytest.mark.parametrize("evil", ["../evil.txt", "/minitorch_evil/evil.txt", "set/../../evil.txt"])
def test_archives_cannot_write_elsewhere(tmp_path: Path, evil: str) -> None:
    members = {**MEMBERS, evil: b"evil"}
    for path in (tar_of(tmp_path / "a.tar.gz", members), zip_of(tmp_path / "a.zip", members)):
        if evil.startswith("/") and path.suffix == ".gz":
            # A leading slash is taken away, as tar itself does: the file lies in the folder.
            utils.extract_archive(path, tmp_path / "kept")
            assert (tmp_path / "kept" / evil.lstrip("/")).read_bytes() == b"evil"
            continue
        out = tmp_path / f"out{path.suffix}"
        with pytest.raises(RuntimeError, match="refused, nothing unpacked"):
            utils.extract_archive(path, out)
        assert names_in(out) == []
    assert not Path("/minitorch_evil/evil.txt").exists()
    assert not (tmp_path / "evil.txt").exists()


def test_a_link_cannot_lead_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    with pytest.raises(RuntimeError, match="refused"):
        utils.extract_archive(path, tmp_path / "out")
    assert names_in(tmp_path / "out") == []


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar.xz", "a.zip", "a.gz", "a.tar"])
def test_damaged_archives(tmp_path: Path, name: str) -> None:
    whole = tar_of(tmp_path / "whole", {"a": os.urandom(50_000)}, "w:gz").read_bytes()
    for content in (b"no archive at all", whole[:20_000]):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RuntimeError, match=f"{name}: damaged archive"):
            utils.extract_archive(tmp_path / name, tmp_path / "out")
        assert names_in(tmp_path / "out") == []


def test_unknown_archives(tmp_path: Path) -> None:
    (tmp_path / "a.rar").write_bytes(b"")
    with pytest.raises(RuntimeError, match="no archive by its name"):
        utils.extract_archive(tmp_path / "a.rar")
    with pytest.raises(FileNotFoundError):
        utils.extract_archive(tmp_path / "a.zip")


def test_download_and_extract(server: Server, tmp_path: Path) -> None:
    content = tar_of(tmp_path / "source.tar.gz", MEMBERS).read_bytes()
    server.files["/set.tar.gz"] = content
    utils.download_and_extract_archive(
        server.url("/set.tar.gz"),
        tmp_path / "download",
        tmp_path / "out",
        md5=hashlib.md5(content).hexdigest(),
        remove_finished=True,
    )
    assert names_in(tmp_path / "download") == []
    assert (tmp_path / "out" / "set" / "a.txt").read_bytes() == b"one"


def test_checks(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    assert not utils.check_integrity(path)
    path.write_bytes(CONTENT)
    assert utils.check_integrity(path) and utils.check_integrity(path, MD5)
    assert not utils.check_integrity(path, "0" * 32)
    assert utils.calculate_md5(path) == MD5 and utils.check_md5(str(path), MD5)
    assert utils.verify_str_arg("a", "split", ("a", "b")) == "a"
    with pytest.raises(ValueError, match=r"Unknown value 'c' for argument split. Valid values are"):
        utils.verify_str_arg("c", "split", ("a", "b"))
    with pytest.raises(ValueError, match="Expected type str for argument split"):
        utils.verify_str_arg(3, "split")  # type: ignore[arg-type]
