#!/bin/sh
# Writes a lock file that serves the Python of Debian 12 and that of Debian 13, the images': compile.sh <output> [argument…]
# Exact versions, a hash for every file, no registry's address. The lock.sh of each place runs it, in its own directory.
set -eu
uv=${UV:-$(dirname "$0")/.venv/bin/uv}
output=$1
shift
compile() {
    "$uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        --python-platform x86_64-manylinux_2_28 --python-version "$@" >/dev/null
}
compile 3.11 --output-file "$output" "$@"
# The same must come out for the other; what only one of both needs has no place in a lock without conditions.
again=$(mktemp)
trap 'rm -f "$again"' EXIT
cp "$output" "$again"
compile 3.13 --output-file "$again" "$@"
diff "$output" "$again" >&2 || {
    echo "$output: Python 3.11 and 3.13 need other packages (above); choose versions that serve both" >&2
    exit 1
}
