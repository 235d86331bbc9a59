#!/usr/bin/env bash
# Builds Carrick and runs all of its tests. The last line of output is "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'TEXT'
Usage: ./test.sh [options]

Builds the solution once (warnings, analyzers and formatting are errors) and runs every test.
The last line of output is "N passed, N failed"; the exit code is 0 only if tests ran and none failed.

  --quick             leave out what needs Node.js (test/interop), the crash campaigns, the simulation and the demo
  --no-build          run what is built already
  --cycles N          cycles of each crash campaign (default 25)
  --timeout MINUTES   for each test project; a project that takes longer has failed (default 15)
  --help              this text

Needs: the .NET 10 SDK; PostgreSQL and PgBouncer, of which the tests start their own; without --quick also Node.js 18 or newer with npm.
All but the SDK is installed by apt-get if this runs as root on Debian.
TEXT
}

quick=false build=true cycles=25 timeout=15
while (($# > 0)); do
  case "$1" in
    --quick) quick=true ;;
    --no-build) build=false ;;
    --cycles) cycles=${2:?--cycles needs a number}; shift ;;
    --timeout) timeout=${2:?--timeout needs minutes}; shift ;;
    --help | -h) usage; exit 0 ;;
    *) echo "test.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
for number in "$cycles" "$timeout"; do
  [[ $number =~ ^[1-9][0-9]*$ ]] || { echo "test.sh: '$number' is not a number above 0" >&2; exit 2; }
done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
passed=0 failed=0
failures=()
jobs_started=()
no_services=

finish() {
  local status=$?
  trap - EXIT
  for job in "${jobs_started[@]}"; do kill "$job" 2> /dev/null || true; done
  rm -rf "$work" ${no_services:+"$no_services"}
  if ((failed == 0 && (passed == 0 || status != 0))); then failed=1; fi
  # Once more, because what failed may stand far above.
  ((${#failures[@]} == 0)) || printf 'FAILED: %s\n' "${failures[@]}"
  echo "$passed passed, $failed failed"
  ((failed == 0)) || exit 1
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '\n== %s\n' "$*"; }

fail() {
  echo "FAILED: $1"
  failures+=("$1")
}

# Runs one step that counts as one test.
check() {
  local name=$1 limit=$2
  shift 2
  step "$name"
  if timeout --kill-after=10s "$limit" "$@" < /dev/null; then
    passed=$((passed + 1))
  else
    fail "$name (exit code $?)"
    failed=$((failed + 1))
  fi
}

require_dotnet() {
  if ! command -v dotnet > /dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "The .NET 10 SDK is not installed: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 1
  fi
}

require_node() {
  command -v npm > /dev/null && command -v node > /dev/null && return
  if [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null; then
    step "install Node.js"
    apt-get update -q > /dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nodejs npm > /dev/null
  else
    echo "Node.js and npm are needed by test/interop: install Node.js 18 or newer, or use ./test.sh --quick" >&2
    exit 1
  fi
}

has_postgres() {
  local folder
  for folder in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2> /dev/null || true)"; do
    if [[ -x $folder/initdb && -x $folder/postgres ]]; then return 0; fi
  done
  command -v initdb > /dev/null && command -v postgres > /dev/null
}

has_pgbouncer() { [[ -x /usr/sbin/pgbouncer ]] || command -v pgbouncer > /dev/null; }

require_postgres() {
  if has_postgres && has_pgbouncer; then return; fi
  if [[ $(id -u) != 0 ]] || ! command -v apt-get > /dev/null; then
    echo "PostgreSQL and PgBouncer are needed by the tests, which start their own: apt-get install postgresql pgbouncer" >&2
    exit 1
  fi
  step "install PostgreSQL and PgBouncer"
  # The tests need the programs only. Without this the packages would start services of their own, on the standard ports.
  local policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    no_services=$policy
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
  fi
  apt-get update -q > /dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql pgbouncer > /dev/null
  if [[ -n $no_services ]]; then rm -f "$no_services"; fi
  no_services=
}

# Starts one test project in the background; its output and results go to files.
start_tests() {
  local name=$1
  shift
  timeout --kill-after=30s "$((timeout + 1))m" \
    dotnet run --project "test/$name" --no-build -- --timeout "${timeout}m" \
    --results-directory "$work/$name" --report-xunit-trx --report-xunit-trx-filename results.trx "$@" \
    > "$work/$name.log" 2>&1 < /dev/null &
  jobs_started+=($!)
}

counter() { sed -n "s/.*<Counters [^>]*\b$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

# Waits for a test project, shows its failures and adds up its results.
end_tests() {
  local name=$1 job=$2 status=0 trx="$work/$1/results.trx"
  wait "$job" || status=$?
  step "$name"
  # Code 8: no test ran. Without Interop a project may have none left.
  if ((status == 8)) && [[ $quick == true ]]; then status=0; fi
  if ((status == 0)); then tail -n 6 "$work/$name.log"; else cat "$work/$name.log"; fi
  local ok=0 bad=0
  if [[ -f $trx ]]; then
    ok=$(counter "$trx" passed) bad=$(counter "$trx" failed)
    mapfile -t -O ${#failures[@]} failures < <(sed -n 's/.*testName="\([^"]*\)" outcome="Failed".*/\1/p' "$trx")
  fi
  passed=$((passed + ${ok:-0}))
  failed=$((failed + ${bad:-0}))
  if ((status != 0 && ${bad:-0} == 0)); then
    fail "$name ended with exit code $status without naming a failed test (time-out, crash, or no test ran)"
    failed=$((failed + 1))
  fi
}

require_dotnet
require_postgres
if [[ $quick == false && -f test/interop/package.json ]]; then
  require_node
  step "npm ci (test/interop)"
  npm ci --prefix test/interop --no-audit --no-fund --loglevel=error < /dev/null
fi

if [[ $build == true ]]; then
  step "build"
  dotnet build Carrick.slnx -warnaserror -v quiet < /dev/null
fi

check "formatting" 5m dotnet format whitespace --folder --verify-no-changes

integration_filter=()
if [[ $quick == true ]]; then integration_filter=(--filter-not-namespace "*.Interop" --filter-not-namespace "*.Campaigns"); fi
start_tests Carrick.Tests
start_tests Carrick.IntegrationTests "${integration_filter[@]}"
end_tests Carrick.Tests "${jobs_started[0]}"
end_tests Carrick.IntegrationTests "${jobs_started[1]}"

if [[ $quick == false && -d test/Carrick.CrashCampaign ]]; then
  check "crash campaign (SQLite)" 15m dotnet run --project test/Carrick.CrashCampaign --no-build -- --cycles "$cycles" --handlers both
  check "crash campaign (PostgreSQL)" 15m dotnet run --project test/Carrick.CrashCampaign --no-build -- --store postgres --cycles "$cycles" --handlers both
  check "crash campaign with faults (PostgreSQL)" 10m dotnet run --project test/Carrick.CrashCampaign --no-build -- --store postgres --cycles 5 --handlers both --faults all
  check "commits cut" 10m dotnet run --project test/Carrick.CrashCampaign --no-build -- --cuts 100 --handlers both
  check "suspended owners" 10m dotnet run --project test/Carrick.CrashCampaign --no-build -- --zombies 5 --handlers both
fi
if [[ $quick == false && -d test/Carrick.Simulation ]]; then
  check "simulation" 10m dotnet run --project test/Carrick.Simulation --no-build -- --seeds 2000
fi
if [[ $quick == false && -d src/Carrick.Server/Demo ]]; then
  check "demo" 5m dotnet run --project src/Carrick.Server --no-build -- demo --events 2000 --seed 1
fi

echo
