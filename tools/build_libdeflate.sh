#!/usr/bin/env bash
# Builds libdeflate for the wheels, static, into PREFIX (/usr/local): the images that wheels are built in have none, or one
# that is too old. Its source is taken from the sdist of the package `deflate`, which the lock names with its hash.
set -euo pipefail
prefix=${1:-/usr/local} python=${PYTHON:-python3}
version=0.9.0 hash=962e0a6f1ea3a94b900a8ea0ce138fa92bfcbafda5b86367104a259ffcd3462b
folder=$(mktemp -d)
"$python" -m venv "$folder/venv"
export PATH="$folder/venv/bin:$PATH"
pip install --quiet --disable-pip-version-check cmake==4.4.5 ninja==1.13.2 scikit-build-core==1.1.2
echo "deflate==$version --hash=sha256:$hash" > "$folder/requirements.txt"
pip download --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --no-binary deflate --require-hashes --dest "$folder" -r "$folder/requirements.txt"
tar -xzf "$folder"/deflate-*.tar.gz -C "$folder"
cmake -G Ninja -S "$folder"/deflate-*/libdeflate -B "$folder/build" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_INSTALL_PREFIX="$prefix" -DLIBDEFLATE_BUILD_SHARED_LIB=OFF \
  -DLIBDEFLATE_BUILD_GZIP=OFF > /dev/null
cmake --build "$folder/build" --target install > /dev/null
rm -rf "$folder"
