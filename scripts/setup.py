"""A lock file's name in, a virtual environment that matches it (and, for dev, a Chromium) out."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "colour-cube.stamp"
UV = "uv==0.13.9"


def fail(message: str, hint: str) -> None:
    """End with one sentence and the command that would help."""
    sys.stderr.write(f"error: setting up: {message}\nhint: {hint}\n")
    sys.exit(3)


def say(message: str) -> None:
    sys.stderr.write(f"set-up: {message}\n")


def run(*command: str | Path, quiet: bool = False) -> bool:
    """Run a command; return whether it succeeded."""
    output = subprocess.DEVNULL if quiet else sys.stderr
    done = subprocess.run([str(part) for part in command], stdout=output, stderr=output)
    return done.returncode == 0


def digest_of(extra: str) -> str:
    """Return a digest of all that decides what is installed."""
    parts = [extra, sys.version, str(ROOT), UV]
    parts += [(ROOT / "pyproject.toml").read_text()]
    parts += [(ROOT / "requirements" / f"{extra}.lock").read_text()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def covered(extra: str) -> bool:
    """Return whether the environment holds what `extra` needs: dev holds local as well."""
    if not STAMP.exists():
        return False
    lines = STAMP.read_text().split()
    return any(digest_of(name) in lines for name in {extra, "dev"})


def make_venv() -> None:
    if (VENV / "bin" / "python").exists() and run(
        VENV / "bin" / "python", "-c", "import pip", quiet=True
    ):
        return
    say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    if run(sys.executable, "-m", "venv", "--clear", VENV, quiet=True):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if apt_install(package) and run(sys.executable, "-m", "venv", "--clear", VENV, quiet=True):
        return
    fail("this Python has no venv module.", f"apt-get install {package}")


def apt_install(*packages: str) -> bool:
    """Install Debian packages where apt is there and we may; say so first."""
    apt = shutil.which("apt-get")
    if apt is None:
        return False
    sudo: list[str] = []
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or not run("sudo", "-n", "true", quiet=True):
            return False
        sudo = ["sudo", "-n"]
    say(f"installing {' '.join(packages)} with apt-get")
    env = ["env", "DEBIAN_FRONTEND=noninteractive"]
    install = [*sudo, *env, apt, "install", "-y", "--no-install-recommends", *packages]
    if run(*install, quiet=True):
        return True
    return run(*sudo, apt, "update", quiet=True) and run(*install, quiet=True)


def install(extra: str) -> None:
    python = VENV / "bin" / "python"
    lock = ROOT / "requirements" / f"{extra}.lock"
    say(f"installing {lock.relative_to(ROOT)}")
    uv = VENV / "bin" / "uv"
    have_uv = uv.exists() or run(python, "-m", "pip", "install", "-q", UV, quiet=True)
    done = have_uv and run(
        uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock
    )
    if not done:
        say("uv could not install; trying pip")
        done = run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock)
    if not done:
        fail(
            "the packages could not be installed.",
            f"check the network, then: {python} -m pip install -r {lock.relative_to(ROOT)}",
        )
    project = ["install", "-q", "--no-deps", "--no-build-isolation", "-e", ROOT]
    if not run(python, "-m", "pip", *project):
        fail("the project itself could not be installed.", "make clean, then try again")


def find_chromium() -> None:
    """Bring a Chromium for the browser tests: Debian's where apt may, else Playwright's."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if any(map(shutil.which, names)):
        return
    if apt_install("chromium") and shutil.which("chromium"):
        return
    say("downloading Playwright's Chromium")
    if not run(VENV / "bin" / "playwright", "install", "chromium"):
        fail("no Chromium for the browser tests.", "apt-get install chromium")


def main() -> None:
    """Set up `local` (what `cube` needs) or `dev` (what the tests need)."""
    extra = sys.argv[1] if len(sys.argv) > 1 else "local"
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not covered(extra):
            make_venv()
            install(extra)
            STAMP.write_text(digest_of(extra) + "\n")
        if extra == "dev":
            find_chromium()


main()
