"""A lock file's name in, an environment that matches it (for dev, Chromium and Java too) out.

Only the standard library. It may run twice at once, be interrupted, and be run again.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn, TextIO

ROOT = Path(__file__).resolve().parent.parent
EXTRA = sys.argv[1] if len(sys.argv) > 1 else "local"
# The gates' tools pin older packages than ours: they are programs in an environment of their own.
VENV = ROOT / (".venv-infra" if EXTRA == "infra" else ".venv")
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "colour-cube.stamp"
UV = "uv==0.13.9"


def fail(message: str, hint: str) -> NoReturn:
    """End with one sentence and the command that would help."""
    sys.stderr.write(f"error: setting up: {message}\nhint: {hint}\n")
    sys.exit(3)


def say(message: str) -> None:
    sys.stderr.write(f"set-up: {message}\n")


def run(*command: str | Path, quiet: bool = False, env: dict[str, str] | None = None) -> bool:
    """Run a command; return whether it succeeded. Standard output stays the demo's own."""
    output = subprocess.DEVNULL if quiet else sys.stderr
    words = [str(part) for part in command]
    done = subprocess.run(words, stdout=output, stderr=output, env={**os.environ, **(env or {})})
    return done.returncode == 0


def digest_of(extra: str) -> str:
    """Return a digest of all that decides what is installed."""
    parts = [extra, sys.version, str(ROOT), UV]
    parts += [(ROOT / "pyproject.toml").read_text()]
    parts += [(ROOT / "requirements" / f"{extra}.lock").read_text()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def covered(extra: str) -> bool:
    """Return whether the environment holds what `extra` needs: dev holds local as well."""
    if not (STAMP.exists() and PYTHON.exists()):
        return False
    stamp = STAMP.read_text().strip()
    return any(digest_of(name) == stamp for name in {extra, "dev"})


def make_venv() -> None:
    """Make the environment unless a whole one is here, made for this folder: programs name it."""
    settings = VENV / "pyvenv.cfg"
    made_here = settings.exists() and str(VENV) in settings.read_text()
    if made_here and PYTHON.exists() and run(PYTHON, "-c", "import pip", quiet=True):
        return
    say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    if run(sys.executable, "-m", "venv", "--clear", VENV, quiet=True):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if apt_install(package) and run(sys.executable, "-m", "venv", "--clear", VENV, quiet=True):
        return
    fail("this Python cannot make a virtual environment.", f"apt-get install {package}")


def apt() -> list[str]:
    """Return the words that run apt-get here, none where it is not there or we may not."""
    program = shutil.which("apt-get")
    if program is None:
        return []
    words = ["env", "DEBIAN_FRONTEND=noninteractive", program]
    if os.geteuid() == 0:
        return words
    if shutil.which("sudo") and run("sudo", "-n", "true", quiet=True):
        return ["sudo", "-n", *words]
    return []


def apt_install(package: str) -> bool:
    """Install a Debian package where we may; say so first."""
    words = apt()
    if not words:
        return False
    say(f"installing {package} with apt-get")
    install = [*words, "install", "-y", "--no-install-recommends", package]
    if run(*install, quiet=True):
        return True
    return run(*words, "update", quiet=True) and run(*install, quiet=True)


def index_of_pip() -> dict[str, str]:
    """Return uv's setting for the package index that pip is set to, if it is set to one."""
    question = [str(PYTHON), "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(question, capture_output=True, text=True)
    index = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def install(extra: str) -> None:
    """Install the lock file, and the project itself so that edits count at once (not for infra)."""
    lock = ROOT / "requirements" / f"{extra}.lock"
    say(f"installing {lock.relative_to(ROOT)}")
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check")
    uv = VENV / "bin" / "uv"
    # The lock is whole; what a package says it needs was settled when the lock was made.
    locked = ("--no-deps", "--require-hashes", "-r", lock)
    done = (uv.exists() or run(*pip, "install", "-q", UV, quiet=True)) and run(
        uv,
        *("pip", "install", "-q", "--system-certs", "--compile-bytecode", "--python", PYTHON),
        *locked,
        env=index_of_pip(),
    )
    if not done:
        say("uv could not install; trying pip")
        done = run(*pip, "install", "-q", *locked)
    if not done:
        command = f"{PYTHON.relative_to(ROOT)} -m pip install -r {lock.relative_to(ROOT)}"
        fail("the packages could not be installed.", f"check the network, then: {command}")
    project = ("install", "-q", "--no-deps", "--no-build-isolation", "-e", ROOT)
    if extra != "infra" and not run(*pip, *project):
        fail("the project itself could not be installed.", "make clean, then try again")


def has_chromium() -> bool:
    """Return whether the browser tests find a Chromium: the system's or Playwright's."""
    home = Path.home()
    folders = [home / ".cache" / "ms-playwright", home / "Library" / "Caches" / "ms-playwright"]
    if chosen := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        folders = [Path(chosen)]
    whole = "chromium*/INSTALLATION_COMPLETE"
    return bool(shutil.which("chromium")) or any(any(f.glob(whole)) for f in folders)


def find_chromium() -> None:
    """Bring a Chromium for the browser tests: Debian's where apt may, else Playwright's."""
    if has_chromium() or (apt_install("chromium") and shutil.which("chromium")):
        return
    say("downloading Playwright's Chromium")
    libraries = ["--with-deps"] if apt() else []
    if not run(VENV / "bin" / "playwright", "install", *libraries, "chromium"):
        fail("no Chromium for the browser tests.", "apt-get install chromium")


def find_java() -> None:
    """Bring a Java for the KCL's tests where apt may; without one they say that they cannot run."""
    if shutil.which("java") or (apt_install("default-jre-headless") and shutil.which("java")):
        return
    say("no Java: tests of the KCL worker are skipped (apt-get install default-jre-headless)")


def wait_for_turn(lock: TextIO) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another set-up of this folder")
        fcntl.flock(lock, fcntl.LOCK_EX)


def main(extra: str) -> None:
    """Set up `local` (what `cube` needs), `dev` (the tests) or `infra` (the gates' programs)."""
    if not (ROOT / "requirements" / f"{extra}.lock").exists():
        fail(f"there is no lock file called {extra!r}.", "scripts/setup local, or dev, or infra")
    with (ROOT / ".setup.lock").open("w") as lock:
        wait_for_turn(lock)
        if not covered(extra):
            STAMP.unlink(missing_ok=True)  # what is interrupted half-way is not taken for whole
            make_venv()
            install(extra)
            STAMP.write_text(digest_of(extra) + "\n")
            say(f"{VENV.name} is ready")
        if extra == "dev":
            find_chromium()
            find_java()


try:
    main(EXTRA)
except OSError as error:
    fail(f"{error}.", "make this folder writable, and see that the disk has room")
except KeyboardInterrupt:
    sys.exit(130)
