#!/usr/bin/env bash
# Mutation testing of the kernels that must not be wrong: one run per file in eng/stryker. A mutant that survives is a failure unless
# eng/stryker/equivalent.txt says why nothing can kill it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  echo "Usage: eng/mutation.sh [kernel...]"
  echo "Kernels: $(cd stryker && ls ./*.json | sed 's|^\./||; s|\.json$||' | tr '\n' ' ')"
  echo "Reports are written to artifacts/mutation."
}

if [[ ${1:-} == --help || ${1:-} == -h ]]; then usage; exit 0; fi

kernels=("$@")
if ((${#kernels[@]} == 0)); then
  for file in stryker/*.json; do kernels+=("$(basename "$file" .json)"); done
fi

dotnet tool restore --tool-manifest dotnet-tools.json > /dev/null
root=$(cd .. && pwd)
failed=0
for kernel in "${kernels[@]}"; do
  if [[ ! -f stryker/$kernel.json ]]; then usage >&2; exit 2; fi
  echo "== $kernel"
  output="$root/artifacts/mutation/$kernel"
  rm -rf "$output" stryker/bin stryker/obj
  CarrickKernel=$kernel dotnet stryker --config-file "$root/eng/stryker/$kernel.json" --output "$output" --skip-version-check < /dev/null || true
  if [[ ! -f $output/reports/mutation-report.json ]]; then echo "Stryker made no report." >&2; failed=1; continue; fi
  dotnet run mutation-gate.cs "$output/reports/mutation-report.json" stryker/equivalent.txt < /dev/null || failed=1
done
exit "$failed"
