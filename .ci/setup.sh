# Sourced by run and test: set-up that is safe to repeat. Needs Debian 12 (or a relative), the .NET SDK and git; everything else comes from apt.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A bare machine has no ICU; neither the SDK nor Adit needs it.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# Leave no build servers behind.
export MSBUILDDISABLENODEREUSE=1

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need PACKAGE...: installs what is missing, in one go, and leaves no service running that was not running before.
need() {
  local missing=() package policy=
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  command -v apt-get >/dev/null || die "these packages are missing and there is no apt-get to install them: ${missing[*]}"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die "run this as root or install sudo: these packages are missing: ${missing[*]}"
  say "installing ${missing[*]}"
  # Debian starts what it installs. The tests start their own, on ports of their own.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  local log code=0
  log=$(mktemp)
  { as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || code=$?
  [ -z "$policy" ] || as_root rm -f "$policy"
  if [ $code != 0 ]; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "apt-get could not install ${missing[*]}"
  fi
  rm -f "$log"
  if [ -d /run/systemd/system ]; then
    for package in "${missing[@]}"; do
      as_root systemctl disable --quiet "${package%-light}.service" 2>/dev/null || true
    done
  fi
}

need_dotnet() {
  command -v dotnet >/dev/null || die "the .NET 10 SDK is not installed: https://dotnet.microsoft.com/download/dotnet/10.0"
  dotnet --version >/dev/null || die "the .NET SDK here is not the one global.json asks for"
}

# What the web interface is built with. Whoever has Node.js from elsewhere keeps it: Debian's npm would replace it.
need_node() {
  command -v node >/dev/null && command -v npm >/dev/null || need nodejs npm
  local major
  major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  [ "$major" -ge 18 ] || die "Node.js 18 or later is needed to build the web interface; here is $(node --version)"
}

# build_adit [RID]: publishes the executable as one ReadyToRun file, unless nothing it is made of has changed since.
# linux-x64 (the default) goes to out/adit, any other to out/RID/.
build_adit() {
  local rid=${1:-linux-x64} target=out name=adit log
  [ "$rid" = linux-x64 ] || target=out/$rid
  case $rid in win-*) name=adit.exe ;; esac
  # Folders count too: a deleted file leaves only its folder changed.
  if [ -x "$target/$name" ] && [ -z "$(find src web Directory.Build.props Directory.Packages.props global.json \
    \( -path web/node_modules -o -path web/dist -o -path web/src/api/schema.ts \) -prune -o -path web -o -path web/src/api -o \
    -newer "$target/$name" -print -quit)" ]; then
    return 0
  fi
  need_dotnet
  need_node
  say "building $target/$name"
  mkdir -p "$target"
  log=$(mktemp)
  # Trimmed where an assembly says that it can be (partial): half the size, and a third less memory mapped by each process.
  # Intermediate files of its own: publishing for a runtime must not invalidate the solution's incremental build.
  if ! dotnet publish src/Adit -c Release -r "$rid" --self-contained --artifacts-path artifacts/publish -o "artifacts/publish/$rid" \
    -p:PublishSingleFile=true -p:PublishReadyToRun=true -p:PublishReadyToRunComposite=false -p:IncludeNativeLibrariesForSelfExtract=true \
    -p:PublishTrimmed=true -p:TrimMode=partial -p:SuppressTrimAnalysisWarnings=true \
    -p:DebugType=embedded -p:RunAnalyzers=false -p:UseSharedCompilation=false -v quiet >"$log" 2>&1; then
    grep -E 'error|warn' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
    rm -f "$log"
    die "the build failed"
  fi
  rm -f "$log"
  # Renamed into place: a running copy keeps its file.
  cp "artifacts/publish/$rid/$name" "$target/$name.new"
  mv -f "$target/$name.new" "$target/$name"
}
