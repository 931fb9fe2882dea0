# Makes the project's own virtual environment, .venv, and keeps it in step with requirements/*.txt.
# Sourced by ./run, ./test and ./dev, which set $home (the project's folder) and call `prepare run` or `prepare dev`.
# POSIX sh; needs python3 and what every Debian and Ubuntu has (coreutils, util-linux). No network when nothing changed.

venv="$home/.venv"
unset PYTHONHOME PYTHONPATH # someone else's modules must not stand before the locked ones
unset PYTHONDONTWRITEBYTECODE # every process would compile the whole program anew

say() { printf 'dogwatch: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# prepare LEVEL: returns when .venv holds what LEVEL asks for: `run` (to serve) or `dev` (to test as well).
prepare() {
    level=$1
    is_ready "$level" && return 0
    [ -w "$home" ] || fail "cannot write to $home, where the virtual environment belongs; run this as its owner, or from a copy of your own"
    exec 9<"$home"
    if ! flock -n 9; then
        say "another start is setting up .venv; waiting for it"
        flock 9
    fi
    is_ready "$level" || install_requirements "$level"
    exec 9<&-
}

# A level is ready when its stamp tells of exactly these inputs. `dev` holds everything that `run` needs.
is_ready() {
    [ -x "$venv/bin/python" ] || return 1
    expected=$(fingerprint)
    stamped "$1" || { [ "$1" = run ] && stamped dev; }
}

stamped() { [ -f "$venv/.ready-$1" ] && [ "$(cat "$venv/.ready-$1")" = "$expected" ]; }

# The folder belongs to it: a virtual environment and an editable install break when they are moved.
fingerprint() {
    { printf '%s\n' "$home"; cat "$home/pyproject.toml" "$home/requirements/run.txt" "$home/requirements/dev.txt"; } | sha256sum
}

install_requirements() {
    level=$1
    rm -f "$venv/.ready-run" "$venv/.ready-dev"
    make_venv
    say "installing the locked packages into .venv ($level); this needs the network once"
    pip_install --only-binary :all: --require-hashes --requirement "$home/requirements/$level.txt" ||
        fail "the packages could not be installed (see above); nothing is half-used, the next start tries again"
    pip_install --no-index --no-deps --no-build-isolation --editable "$home" ||
        fail "the package itself could not be installed (see above)"
    fingerprint >"$venv/.ready-$level"
    say ".venv is ready"
}

pip_install() {
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install --quiet --no-input --no-warn-script-location "$@" 9<&-
}

# Keeps a virtual environment that was made here and still works; makes it anew otherwise.
make_venv() {
    if [ "$(cat "$venv/.made-in" 2>/dev/null)" = "$home" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 9<&- && suits "$venv/bin/python"; then
        return 0
    fi
    find_python
    have_venv || install_venv
    say "making .venv with $python"
    "$python" -m venv --clear "$venv" 9<&- || fail "$python could not make a virtual environment in $venv"
    printf '%s\n' "$home" >"$venv/.made-in"
}

# Sets $python to the first interpreter that suits; $PYTHON, when set, is the only one asked.
find_python() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; fi
    seen=
    for python in "$@"; do
        command -v "$python" >/dev/null 2>&1 || continue
        suits "$python" && return 0
        found=$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null 9<&-) || continue
        seen="$seen $python is $found;"
    done
    [ -n "$seen" ] || fail "no python3 found${PYTHON:+ as $PYTHON}; Dogwatch needs Python 3.11 to 3.14: apt-get install -y python3"
    fail "Dogwatch needs Python 3.11 to 3.14, but$seen set PYTHON to one that suits"
}

# The upper end is where the locked packages stop having wheels.
suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1 9<&-; }

# Debian and Ubuntu take ensurepip out of python3 and put it into python3-venv.
have_venv() { "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 9<&-; }

install_venv() {
    package="$(basename "$python")-venv"
    command -v apt-get >/dev/null 2>&1 || fail "$python lacks the modules venv and ensurepip; install them with your system's package manager"
    if [ "$(id -u)" -ne 0 ]; then
        say "$python lacks the module ensurepip. Type this line, then start again:"
        printf '    sudo apt-get update && sudo apt-get install -y %s\n' "$package" >&2
        exit 1
    fi
    say "installing $package"
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$package"; } >&2 9<&- ||
        fail "$package could not be installed (see above)"
    have_venv || fail "$package is installed, but $python still lacks ensurepip; set PYTHON to another interpreter"
}
