"""Downloading a file from servers that fail in every usual way; nothing here leaves the machine."""

import hashlib
import threading
from pathlib import Path

import pytest

from playground.core.errors import PlaygroundError
from playground.data import _download, _progress
from playground.data._download import Remote, fetch
from playground.data._progress import Progress, watching
from tests.data.served import Site, serving

CONTENT = bytes(range(256)) * 4000  # 1 MB
NAME = "images.gz"


def remote(*mirrors: str, content: bytes = CONTENT) -> Remote:
    return Remote("toys", NAME, mirrors, hashlib.md5(content).hexdigest(), (NAME, "labels.gz"))


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_a_file_arrives_and_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    site.files[NAME] = CONTENT
    for _ in range(2):
        assert fetch(remote(site.address), tmp_path / "new").read_bytes() == CONTENT
    assert site.asked == [(NAME, "")]
    assert files(tmp_path / "new") == [NAME]


def test_a_file_put_there_by_hand_is_taken(site: Site, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    assert fetch(remote(site.address), tmp_path) == tmp_path / NAME
    assert site.asked == []


def test_a_cut_connection_keeps_what_came_and_the_next_try_goes_on_there(site: Site, tmp_path: Path) -> None:
    site.files[NAME], site.cut[NAME] = CONTENT, 300_000
    with pytest.raises(PlaygroundError, match=r"127.0.0.1: the connection was cut.*0\.3 MB are kept") as error:
        fetch(remote(site.address), tmp_path)
    assert str(tmp_path) in str(error.value)
    assert (tmp_path / f"{NAME}.part").read_bytes() == CONTENT[:300_000]
    site.cut.clear()
    assert fetch(remote(site.address), tmp_path).read_bytes() == CONTENT
    assert site.asked == [(NAME, ""), (NAME, "bytes=300000-")]
    assert files(tmp_path) == [NAME]


def test_another_mirror_goes_on_where_the_first_was_cut(site: Site, tmp_path: Path) -> None:
    site.files[NAME], site.cut[NAME] = CONTENT, 300_000
    with serving() as second:
        second.files[NAME] = CONTENT
        assert fetch(remote(site.address, second.address), tmp_path).read_bytes() == CONTENT
        assert second.asked == [(NAME, "bytes=300000-")]


def test_a_server_that_cannot_go_on_sends_all_again(site: Site, tmp_path: Path) -> None:
    site.files[NAME], site.ranges = CONTENT, False
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:1000])
    assert fetch(remote(site.address), tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_taken(site: Site, tmp_path: Path) -> None:
    site.files[NAME] = CONTENT
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT)
    assert fetch(remote(site.address), tmp_path).read_bytes() == CONTENT
    assert site.asked == [(NAME, f"bytes={len(CONTENT)}-")]


def test_a_part_of_something_else_is_dropped_and_the_file_fetched_from_its_start(site: Site, tmp_path: Path) -> None:
    site.files[NAME] = CONTENT
    (tmp_path / f"{NAME}.part").write_bytes(b"x" * 1000)
    assert fetch(remote(site.address), tmp_path).read_bytes() == CONTENT
    assert site.asked == [(NAME, "bytes=1000-"), (NAME, "")]


def test_a_wrong_hash_is_refused_and_removed(site: Site, tmp_path: Path) -> None:
    site.files[NAME] = b"a login page"
    with pytest.raises(PlaygroundError, match=r"it sends another file \(the hash differs\), which was removed"):
        fetch(remote(site.address), tmp_path)
    assert files(tmp_path) == []


def test_the_next_mirror_is_tried_after_a_missing_and_a_wrong_file(site: Site, tmp_path: Path) -> None:
    with serving() as wrong, serving() as right:
        wrong.files[NAME], right.files[NAME] = b"something else", CONTENT
        assert fetch(remote(site.address, wrong.address, right.address), tmp_path).read_bytes() == CONTENT
        assert [len(one.asked) for one in (site, wrong, right)] == [1, 1, 1]


def test_a_file_that_nobody_has_is_one_sentence(site: Site, tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError) as error:
        fetch(remote(site.address), tmp_path)
    assert str(error.value) == (
        "toys could not be downloaded (127.0.0.1: it answers 404 Not Found); nothing was changed; "
        f"try again when you are online, or put {NAME}, labels.gz into {tmp_path} yourself."
    )


def test_offline_is_one_sentence_and_a_wrong_file_by_hand_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as gone:
        pass
    (tmp_path / NAME).write_bytes(b"another file")
    with pytest.raises(PlaygroundError) as error:
        fetch(remote(gone.address), tmp_path)
    assert str(error.value).startswith("toys could not be downloaded (127.0.0.1: ")
    assert "a file of that name is there, but it is another one" in str(error.value)
    assert (tmp_path / NAME).read_bytes() == b"another file"


def test_a_server_that_falls_silent_counts_as_gone(site: Site, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_download, "TIMEOUT", 0.2)
    site.files[NAME], site.cut[NAME], site.stalls = CONTENT, 300_000, True
    with pytest.raises(PlaygroundError, match=r"127.0.0.1: timed out.*0\.3 MB are kept"):
        fetch(remote(site.address), tmp_path)


def test_endless_content_ends(site: Site, tmp_path: Path, monkeypatch) -> None:
    site.files[NAME] = CONTENT
    monkeypatch.setattr(_download, "_LARGEST", 200_000)
    with pytest.raises(PlaygroundError, match="it sends another file"):
        fetch(remote(site.address), tmp_path)
    assert files(tmp_path) == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, PlaygroundError])
def test_whoever_watches_can_stop_it_and_the_part_stays(site: Site, tmp_path: Path, monkeypatch, stop) -> None:
    monkeypatch.setattr(_progress, "_OFTEN", 0.0)
    site.files[NAME] = CONTENT
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if progress.done > 0.4:
            raise stop

    with pytest.raises(stop), watching(watch):
        fetch(remote(site.address), tmp_path)
    assert files(tmp_path) == [f"{NAME}.part"]
    assert 400_000 < (tmp_path / f"{NAME}.part").stat().st_size < len(CONTENT)
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    assert {progress.total for progress in seen} == {len(CONTENT) / 1e6}
    assert fetch(remote(site.address), tmp_path).read_bytes() == CONTENT
    assert site.asked[1][1].startswith("bytes=4")


def test_progress_is_a_line_on_standard_error(site: Site, tmp_path: Path, capsys, monkeypatch) -> None:
    site.files[NAME] = CONTENT
    with watching(_progress._Lines()):
        fetch(remote(site.address), tmp_path)
    assert capsys.readouterr() == ("", f"Downloading toys, {NAME}: 0.0 of 1.0 MB\n")
    monkeypatch.setattr("sys.stderr", None)  # a window that was started without a terminal
    (tmp_path / NAME).unlink()
    with watching(_progress._Lines()):
        fetch(remote(site.address), tmp_path)


def test_two_that_want_the_same_file_take_turns(site: Site, tmp_path: Path) -> None:
    site.files[NAME] = CONTENT
    got: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: got.append(fetch(remote(site.address), tmp_path).read_bytes()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [CONTENT] * 3
    assert len(site.asked) == 1
