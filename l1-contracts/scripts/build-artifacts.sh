#!/usr/bin/env bash
# Rebuilds the committed ABI and bytecode of the contracts; with --check, compares instead of writing.
# Needs `npm install` in l1-contracts first.
set -euo pipefail
cd "$(dirname "$0")/.."

contracts=(NovaVerifier Rollup DspRegistry)
target=artifacts
if [ "${1:-}" = --check ]; then
  target=$(mktemp -d)
  trap 'rm -rf "$target"' EXIT
fi

scripts/forge build --force --skip test >/dev/null
# A verifier makes its other half: that has no artifact of its own.
for name in "${contracts[@]}" MicroSpartanVerifier; do
  node - "$name" "out/$name.sol/$name.json" <<'JS'
const [name, path] = process.argv.slice(2);
const limit = 24576; // EIP-170
const size = (JSON.parse(require("fs").readFileSync(path, "utf8")).deployedBytecode.object.length - 2) / 2;
if (size > limit) throw new Error(`${name} has ${size} bytes of code, Ethereum accepts ${limit}`);
console.error(`${name}: ${size} bytes of code`);
JS
done
for name in "${contracts[@]}"; do
  node - "$name" "out/$name.sol/$name.json" >"$target/$name.json" <<'JS'
const [name, path] = process.argv.slice(2);
const built = JSON.parse(require("fs").readFileSync(path, "utf8"));
const limit = 2 * 24576; // EIP-3860
const size = (built.bytecode.object.length - 2) / 2;
if (size > limit) throw new Error(`${name} has ${size} bytes of creation code, Ethereum accepts ${limit}`);
const artifact = { contractName: name, abi: built.abi, bytecode: built.bytecode.object };
console.log(JSON.stringify(artifact, null, 1));
JS
done
(cd "$target" && sha256sum "${contracts[@]/%/.json}" >SHA256SUMS)

if [ "$target" != artifacts ]; then
  diff -ru artifacts "$target" || {
    echo "artifacts/ differs from a fresh build: run scripts/build-artifacts.sh and commit" >&2
    exit 1
  }
  echo "artifacts/ is what the sources build to"
fi
