"""Where a run came from: tolerant where there is no git."""

import subprocess

import pytest

from runner.recording import provenance


def git(folder, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commit_and_its_changes_are_told(checkout):
    assert provenance.git_state() is None, "no commit yet"
    (checkout / "a").write_text("1")
    git(checkout, "add", "a")
    git(checkout, "commit", "-qm", "one")
    commit = git(checkout, "rev-parse", "HEAD")
    assert provenance.git_state() == {"commit": commit, "dirty": False}
    (checkout / "a").write_text("2")
    assert provenance.git_state() == {"commit": commit, "dirty": True}
    git(checkout, "checkout", "-q", "a")
    (checkout / "new").write_text("")
    assert provenance.git_state() == {"commit": commit, "dirty": True}


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.git_state() is None


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.git_state() is None


def test_versions_are_those_of_what_users_need():
    found = dict(provenance.versions())
    assert {"assay-runner", "numpy", "lightgbm", "hydra-core"} <= set(found)
    assert not {"pytest", "ruff", "mypy"} & set(found)
    assert all(found.values())
