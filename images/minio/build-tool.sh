#!/bin/sh
# Builds the one tool that a module names: build-tool.sh <module directory> <output directory>
# With <module directory>/patches there, the tool's source is patched first; a patch that doesn't fit to the letter ends the build.
# Leaves <output>/bin/<tool>, static, and <output>/licenses/<tool>/: LICENSE (both tools are under the AGPL, which travels with
# them), SOURCE, which says where the source is, and the patches.
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

# Held to go.sum here, before anything is changed.
go mod download "$package"
source=$(go list -m -f '{{.Dir}}' "$package")
licenses=$out/licenses/$module
mkdir -p "$out/bin" "$licenses"
cp "$source/LICENSE" "$licenses/"
echo "This $module is built from the Go module $package $version," >"$licenses/SOURCE"
echo "https://proxy.golang.org/$package/@v/$version.zip, and the modules that its go.mod names." >>"$licenses/SOURCE"

if [ -d patches ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cp -R "$source" "$work/source"
    chmod -R u+w "$work/source"
    for file in patches/*.patch; do
        echo "$module: $file" >&2
        patch --directory "$work/source" --strip 0 --fuzz 0 --no-backup-if-mismatch <"$file"
    done
    cp go.mod go.sum "$work/"
    go mod edit -replace "$package=$work/source" "$work/go.mod"
    export GOFLAGS="${GOFLAGS:-} -modfile=$work/go.mod"
    cp -R patches "$licenses/"
    echo "Its source was changed by the patches beside this file; each says why." >>"$licenses/SOURCE"
fi

# Not "RELEASE": these sources were never released by upstream, and a version must not claim it.
tag=DEVELOPMENT.$(echo "$time" | tr : -)
CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$out/bin/$module" -ldflags "-s -w \
    -X $package/cmd.Version=$time \
    -X $package/cmd.ReleaseTag=$tag \
    -X $package/cmd.CommitID=$commit \
    -X $package/cmd.ShortCommitID=$commit \
    -X $package/cmd.CopyrightYear=${time%%-*}" "$package"
