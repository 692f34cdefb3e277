#!/bin/bash
# Puts the jars that pom.xml names into a directory and holds them to sha256sums.txt: fetch-jars.sh <directory>
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jars=$1
mkdir -p "$jars"
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars"

# Both ways: each jar of the list is there and is what it was, and there is none that the list doesn't know.
cd "$jars"
sha256sum --quiet --strict -c "$here/sha256sums.txt"
unknown=$(comm -13 <(cut -d' ' -f3 "$here/sha256sums.txt" | LC_ALL=C sort) <(printf '%s\n' * | LC_ALL=C sort))
if [ -n "$unknown" ]; then
    echo "not in images/spark/sha256sums.txt: $unknown" >&2
    echo "fix: run images/spark/update-checksums.sh and read the difference" >&2
    exit 1
fi
