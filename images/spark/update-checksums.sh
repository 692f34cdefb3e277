#!/bin/bash
# Writes sha256sums.txt anew from what pom.xml resolves to. Needs Maven. Read the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")"
jars=$(mktemp -d)
trap 'rm -rf "$jars"' EXIT
mvn -q -B -f pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars"
here=$PWD
(cd "$jars" && LC_ALL=C sha256sum -- *.jar >"$here/sha256sums.txt")
echo "$(wc -l <sha256sums.txt) jars"
