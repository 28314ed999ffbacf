#!/bin/bash
# Random input to whatever takes input from outside, with feedback of what it reached: libFuzzer, on stable Rust.
#     scripts/fuzz.sh SECONDS [TARGET…]      each target for so long; all without names (they are in fuzz/targets/)
# Input that was found worth keeping stays in fuzz/corpus/, input that broke something in fuzz/found/. It begins with
# fixtures/demo.pcap and the recordings in SFLOW_CAPTURES.
set -eu
seconds=$1
shift
cd "$(dirname "$0")/.."
scripts/apt-install.sh g++ libpcap0.8
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(basename -s .rs fuzz/targets/*.rs)

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
host=$(rustc -vV | sed -n 's/^host: //p')
# Coverage counters in all code, as cargo-fuzz asks for them; the shared library finds their functions in the program that loads
# it. The target is named so that build scripts have none.
covered() {
    RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing -Clink-arg=-rdynamic" \
        cargo build --release --locked --quiet --target "$host" --target-dir "$CARGO_TARGET_DIR/fuzz" "$@"
}
covered --manifest-path fuzz/Cargo.toml "${targets[@]/#/--bin=}"
covered --package libsflowcap
export SFLOWCAP_LIBRARY=$CARGO_TARGET_DIR/fuzz/$host/release/libsflowcap.so

cargo build --manifest-path fuzz/Cargo.toml --locked --quiet --target-dir "$CARGO_TARGET_DIR/fuzz-seeds" --bin seeds
recordings=(fixtures/demo.pcap)
captures=${SFLOW_CAPTURES:-../shared/captures}
[ ! -d "$captures" ] || mapfile -t -O 1 recordings < <(find "$captures" -name '*.pcap' -o -name '*.pcapng' | sort)
"$CARGO_TARGET_DIR/fuzz-seeds/debug/seeds" "$CARGO_TARGET_DIR/fuzz/seeds" "${recordings[@]}"

# One target: what it found is the exit status.
fuzz() {
    local target=$1 status=0
    mkdir -p "fuzz/corpus/$target" fuzz/found
    # An input for which ten seconds are not enough is a finding, and one that takes half a gigabyte.
    "$CARGO_TARGET_DIR/fuzz/$host/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=65507 \
        -artifact_prefix="fuzz/found/$target-" -print_final_stats=1 "fuzz/corpus/$target" \
        "$CARGO_TARGET_DIR/fuzz/seeds/$target" >"fuzz/found/$target.log" 2>&1 || status=1
    echo "== $target, $seconds s: $(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz/found/$target.log") inputs"
    grep -E -A 3 "^SUMMARY|panicked at|^==.*ERROR|Test unit written" "fuzz/found/$target.log" && status=1
    return $status
}

# As many at once as there are processors.
failed=0
running=0
for target in "${targets[@]}"; do
    if [ $running -ge "$(nproc)" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    fuzz "$target" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
exit $failed
