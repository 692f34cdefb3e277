#!/bin/sh
# Builds the one tool that a module names: build-tool.sh <module directory> <output directory>
# Leaves <output>/bin/<tool>, static, and <output>/licenses/<tool>/LICENSE (both tools are under the AGPL, which travels with them).
set -eu
module=$1
out=$2
cd "$module"

package=$(go list tool)
version=$(go list -m -f '{{.Version}}' "$package")
# v0.0.0-20260212201848-7aac2a2c5b7c -> 2026-02-12T20:18:48Z and 7aac2a2c5b7c, which is how the two report their version.
time=$(echo "$version" | sed -nE 's/^v0\.0\.0-(....)(..)(..)(..)(..)(..)-[0-9a-f]{12}$/\1-\2-\3T\4:\5:\6Z/p')
commit=${version##*-}
if [ -z "$time" ]; then
    echo "images/minio/$module/go.mod: $package is at $version; expected a pseudo-version such as v0.0.0-20260212201848-7aac2a2c5b7c" >&2
    exit 1
fi

# Not "RELEASE": these sources were never released by upstream, and a version must not claim it.
tag=DEVELOPMENT.$(echo "$time" | tr : -)
mkdir -p "$out/bin" "$out/licenses/$module"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$out/bin/$module" -ldflags "-s -w \
    -X $package/cmd.Version=$time \
    -X $package/cmd.ReleaseTag=$tag \
    -X $package/cmd.CommitID=$commit \
    -X $package/cmd.ShortCommitID=$commit \
    -X $package/cmd.CopyrightYear=${time%%-*}" "$package"
cp "$(go list -m -f '{{.Dir}}' "$package")/LICENSE" "$out/licenses/$module/"
