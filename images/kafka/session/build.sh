#!/bin/bash
# Compiles the session beside the jars that it is for: build.sh <directory of jars>. Needs a JDK.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jars=$1
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac --release 17 -Xlint:all,-path -Werror -cp "$jars/*" -d "$classes" "$here/Session.java"
# One time for all, as fetch-jars.sh has it.
jar --create --date=1980-01-01T00:00:02Z --file "$jars/data-platform-session.jar" -C "$classes" .
touch -d @0 "$jars/data-platform-session.jar"
chmod 0644 "$jars/data-platform-session.jar"
