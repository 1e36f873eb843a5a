# Sourced by the other scripts, never run by itself: the checkout's own Python environment in `.venv`, and
# system packages where they may be installed. Needs no terminal and asks nothing.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"
ATTEMPTS=3
APT_UPDATED=""

say() {
  printf '%s\n' "$*" >&2
}

# Try a command up to ATTEMPTS times: package servers fail for a moment more often than for good.
retry() {
  local attempt
  for ((attempt = 1; attempt <= ATTEMPTS; attempt++)); do
    if "$@" </dev/null >&2; then
      return 0
    fi
    if ((attempt < ATTEMPTS)); then
      sleep $((attempt * 3))
    fi
  done
  return 1
}

# Install Debian packages, or say which are missing and how to install them, and fail.
install_packages() {
  local run=(env) blocked="" status=0
  if ! command -v apt-get >/dev/null; then
    say "Missing: $* (these are Debian's names). Install them with this system's package manager, then try again."
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true >/dev/null 2>&1; then
      say "Missing: $*. Install them with: sudo apt-get install $*"
      return 1
    fi
    run=(sudo -n env)
  fi
  run+=(DEBIAN_FRONTEND=noninteractive)
  local options=(-qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  say "Installing system packages: $*"
  if [ -z "$APT_UPDATED" ]; then
    # A failed update is not the end: the lists that are there may be good enough.
    retry "${run[@]}" apt-get "${options[@]}" update || true
    APT_UPDATED=yes
  fi
  # Debian starts a server as soon as its package is installed; the tests start their own.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    blocked=yes
    printf '#!/bin/sh\nexit 101\n' | "${run[@]}" tee /usr/sbin/policy-rc.d >/dev/null
    "${run[@]}" chmod 755 /usr/sbin/policy-rc.d
  fi
  retry "${run[@]}" apt-get "${options[@]}" install -y --no-install-recommends "$@" || status=1
  if [ -n "$blocked" ]; then
    "${run[@]}" rm -f /usr/sbin/policy-rc.d
  fi
  if [ "$status" != 0 ]; then
    say "Missing: $*. apt-get could not install them; its own words are above."
  fi
  return "$status"
}

# True for a Python that is new enough and, when `whole` follows, can make environments with pip inside.
is_python() {
  local modules="sys"
  if [ "${2:-}" = whole ]; then
    modules="sys, venv, ensurepip"
  fi
  "$1" -c "import $modules; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1
}

# Print the Python to use: the one named by PYTHON, else the system's, else the newest by name.
find_python() {
  local name
  for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    if is_python "$name" "$@"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

make_environment() {
  local python packages
  rm -rf "$VENV"
  say "Making the Python environment in .venv"
  if command -v uv >/dev/null && python="$(find_python)" && uv venv --quiet --python "$python" "$VENV"; then
    return 0
  fi
  if ! python="$(find_python whole)"; then
    packages=(python3 python3-venv)
    if python="$(find_python)"; then
      packages=("python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv")
    fi
    install_packages "${packages[@]}" || return 1
    if ! python="$(find_python whole)"; then
      say "Python 3.11 or newer is needed, with its venv module; the packages ${packages[*]} have none."
      return 1
    fi
  fi
  "$python" -m venv "$VENV" </dev/null >&2
}

# True when .venv was made for this very folder: a copied one still calls the programs of its origin.
environment_is_ours() {
  is_python "$VENV/bin/python" && grep -qF "$VENV" "$VENV/bin/activate" 2>/dev/null
}

install_lock() {
  local lock="$1"
  say "Installing the Python packages of requirements/${lock##*/}"
  if command -v uv >/dev/null; then
    if uv pip install --quiet --python "$VENV/bin/python" --no-deps --require-hashes -r "$lock" </dev/null >&2; then
      return 0
    fi
    say "uv did not succeed; trying pip."
  fi
  if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    "$VENV/bin/python" -m ensurepip >/dev/null 2>&1 || make_environment || return 1
  fi
  if ! retry "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
    --require-hashes -r "$lock"; then
    say "The Python packages could not be installed; pip's own words are above."
    return 1
  fi
}

# Make the checkout importable and `.venv/bin/sebangsa` a command. A path file is what an editable install
# writes too, but that would first build the project: a build tool to fetch, and two seconds.
link_checkout() {
  local packages
  packages="$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  printf '%s\n' "$ROOT" >"$packages/sebangsa.pth"
  printf '#!/bin/sh\nexec "%s" -m sebangsa "$@"\n' "$VENV/bin/python" >"$VENV/bin/sebangsa"
  chmod 755 "$VENV/bin/sebangsa"
}

# What .venv depends on, in one line: where it lies, which Python it uses, and the lock's checksum.
environment_stamp() {
  printf '%s %s %s\n' "$VENV" "$(readlink -f "$VENV/bin/python")" "$(cksum <"$1")"
}

environment_is_current() {
  [ -x "$VENV/bin/python" ] && [ -f "$2" ] && [ "$(<"$2")" = "$(environment_stamp "$1")" ]
}

# Bring .venv to the state of requirements/<name>.lock. Costs a few milliseconds when it is there already.
use_environment() {
  local lock="$ROOT/requirements/$1.lock" stamp="$VENV/sebangsa-$1.stamp"
  if environment_is_current "$lock" "$stamp"; then
    return 0
  fi
  if command -v flock >/dev/null; then
    exec 9<"$ROOT/requirements" # two scripts started at once must not both fill the folder
    flock 9
  fi
  if ! environment_is_current "$lock" "$stamp"; then
    if ! environment_is_ours; then
      make_environment || return 1
    fi
    install_lock "$lock" || return 1
    link_checkout
    environment_stamp "$lock" >"$stamp"
    if [ "$1" = test ]; then # the tests' packages hold all of the server's, at the same versions
      environment_stamp "$ROOT/requirements/server.lock" >"$VENV/sebangsa-server.stamp"
    fi
  fi
  exec 9<&-
}

# Bring a folder's node_modules to the state of its package-lock.json. Costs a few milliseconds when it is there
# already. npm writes no path into it, so that a copied checkout needs no renewal.
use_node_packages() {
  local folder="$ROOT/$1" stamp lock
  stamp="$folder/node_modules/sebangsa.stamp"
  lock="$(cksum <"$folder/package-lock.json")"
  if command -v flock >/dev/null; then
    exec 8<"$folder" # two scripts started at once must not both fill it
    flock 8
  fi
  if [ -f "$stamp" ] && [ "$(<"$stamp")" = "$lock" ]; then
    say "$1/node_modules is as its lock says."
    exec 8<&-
    return 0
  fi
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    say "Node.js (18 or newer) and npm are missing. Install them with: sudo apt-get install nodejs npm"
    return 1
  fi
  say "Installing the Node packages of $1/package-lock.json"
  # npm empties node_modules first, the stamp with it: half an installation is never taken for a whole one.
  if ! (cd "$folder" && retry npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
    say "The Node packages could not be installed; npm's own words are above."
    return 1
  fi
  printf '%s\n' "$lock" >"$stamp"
  exec 8<&-
}
