#!/usr/bin/env bash
# Builds the example contracts to artifacts/*.wasm, the same bytes from any checkout.
#
#   ./build.sh           build and replace the artifacts
#   ./build.sh --check   build elsewhere and compare with the committed artifacts, byte for byte
#
# Uses rustup's wasm32-unknown-unknown target where it is installed (`rustup target add wasm32-unknown-unknown`), else the
# compiler and library source of Debian packages (rustc-web cargo-web rust-web-src lld-22). Both need wasm-opt (binaryen)
# and wasm-objdump (wabt). Bytes depend on the compiler, so artifacts/TOOLCHAIN says which one made them: --check
# insists on that one. NECTAR_WASM_TOOLCHAIN=rustup|debian chooses.
set -euo pipefail

contracts=(consent counter health-records lean)
target=wasm32-unknown-unknown
here=$(cd "$(dirname "$0")" && pwd -P)
repo=$(cd "$here/../.." && pwd -P)
artifacts=$here/artifacts
mode=${1:-build}

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

[[ $mode == build || $mode == --check ]] || fail "usage: build.sh [--check]"
cd "$here" # rustup obeys the toolchain file above it

for tool in wasm-opt wasm-objdump sha256sum flock; do
    command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install binaryen wabt coreutils util-linux"
done

has_rustup_target() {
    [[ -d $(rustc --print target-libdir --target "$target" 2>/dev/null || true) ]]
}

debian_linker() {
    compgen -c wasm-ld- | sort -t- -k3 -nr | head -n 1
}

toolchain=${NECTAR_WASM_TOOLCHAIN:-}
if [[ -z $toolchain ]]; then
    if [[ $mode == --check ]]; then
        toolchain=$(sed -n 's/^toolchain: //p' "$artifacts/TOOLCHAIN")
    elif has_rustup_target; then
        toolchain=rustup
    else
        toolchain=debian
    fi
fi

case $toolchain in
rustup)
    has_rustup_target || fail "rustup target add $target"
    cargo=(cargo build)
    rustc=rustc
    linker=rust-lld
    ;;
debian)
    # Ahead of rustup's proxies: they would obey rust-toolchain.toml, whose toolchain has no library source.
    export PATH=/usr/bin:$PATH
    linker=$(debian_linker)
    [[ -x /usr/bin/cargo && -d /usr/lib/rustlib/src/rust/library && -n $linker ]] ||
        fail "apt-get install rustc-web cargo-web rust-web-src lld-22"
    # Without std's default features: a contract prints no backtrace.
    cargo=(/usr/bin/cargo build -Zbuild-std=std,panic_abort -Zbuild-std-features=)
    rustc=/usr/bin/rustc
    export RUSTC_BOOTSTRAP=1
    ;;
*) fail "NECTAR_WASM_TOOLCHAIN is rustup or debian" ;;
esac

version_of() {
    echo "toolchain: $toolchain"
    "$rustc" --version
    [[ $toolchain == rustup ]] || "$linker" --version
    wasm-opt --version
}
used=$(version_of)
if [[ $mode == --check && $used != "$(cat "$artifacts/TOOLCHAIN")" ]]; then
    echo "committed with:" >&2
    cat "$artifacts/TOOLCHAIN" >&2
    echo "here:" >&2
    echo "$used" >&2
    fail "another toolchain makes other bytes: install the committed one to compare"
fi

# Cargo hashes the absolute path of a dependency outside of the workspace into symbol names, and the order of functions
# follows from those. So every checkout is built through the same path.
stage=/tmp/nectar-contracts
mkdir -p -m 700 "$stage"
[[ -O $stage && ! -L $stage ]] || fail "$stage belongs to somebody else"
exec 9>"$stage/lock"
flock 9
ln -sfn "$repo" "$stage/src"
trap 'rm -f "$stage/src"' EXIT
manifest=$stage/src/contracts/examples/Cargo.toml

# Nothing that the caller's environment says about builds may reach the bytes.
unset RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET CARGO_INCREMENTAL RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER
export CARGO_TARGET_DIR=$stage/src/contracts/examples/target
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
cargo_home=${CARGO_HOME:-$HOME/.cargo}

"${cargo[0]}" fetch --quiet --locked --manifest-path "$manifest"

flags=(
    -Ctarget-cpu=mvp
    -Clink-arg=--allow-undefined
    "--remap-path-prefix=$stage/src=/nectar"
    "--remap-path-prefix=$repo=/nectar"
    "--remap-path-prefix=$cargo_home=/cargo"
    "--remap-path-prefix=$("$rustc" --print sysroot)/lib/rustlib/src/rust=/rust"
    "--remap-path-prefix=$(realpath -m "$("$rustc" --print sysroot)/lib/rustlib/src/rust")=/rust"
)
# The registry's folder is named after its address, which a mirror changes.
for registry in "$cargo_home"/registry/src/*/; do
    flags+=("--remap-path-prefix=${registry%/}=/cargo/registry")
done
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}

allowed_imports='^env\.(db_(read|write|remove|scan|next|next_key|next_value)|addr_(validate|canonicalize|humanize)|query_chain|debug|abort|secp256[kr]1_(verify|recover_pubkey)|ed25519_(batch_)?verify|bls12_381_(aggregate_g[12]|pairing_equality|hash_to_g[12]))$'
needed_exports='memory interface_version_8 allocate deallocate instantiate execute query'

check_interface() {
    local wasm=$1 listing imports exports name
    listing=$(wasm-objdump -x "$wasm")
    imports=$(sed -n 's/.* <- //p' <<<"$listing")
    if grep -vE "$allowed_imports" <<<"$imports" >&2; then
        fail "$(basename "$wasm") imports what no host of ours gives"
    fi
    exports=$(sed -n 's/.* -> "\(.*\)"$/\1/p' <<<"$listing")
    for name in $needed_exports; do
        grep -qx "$name" <<<"$exports" || fail "$(basename "$wasm") does not export $name"
    done
    if grep -aqE "$repo|$cargo_home|$stage|/usr/(lib|src)/" "$wasm"; then
        fail "$(basename "$wasm") names a path of this machine"
    fi
}

out=$(mktemp -d)
trap 'rm -rf "$stage/src" "$out"' EXIT
for contract in "${contracts[@]}"; do
    # One package at a time: together, their features and entry points would mix.
    "${cargo[@]}" --locked --release --target "$target" --manifest-path "$manifest" -p "$contract" --lib
    name=${contract//-/_}
    wasm-opt -O3 --strip-debug --strip-producers -o "$out/$name.wasm" \
        "$CARGO_TARGET_DIR/$target/release/$name.wasm"
    check_interface "$out/$name.wasm"
done
(cd "$out" && sha256sum -- *.wasm >SHA256SUMS)
echo "$used" >"$out/TOOLCHAIN"

if [[ $mode == --check ]]; then
    diff -r "$out" "$artifacts" || fail "the artifacts are not what the sources build to: run build.sh and commit"
    echo "artifacts are what the sources build to"
else
    mkdir -p "$artifacts"
    cp "$out"/* "$artifacts/"
    cat "$artifacts/SHA256SUMS"
fi
