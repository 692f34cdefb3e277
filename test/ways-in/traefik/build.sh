#!/usr/bin/env bash
# Builds Traefik out of its Go module, by the module proxy alone: build.sh <program> [<file for its CRDs>]. Minutes of many cores.
# Its go.mod replaces three modules, which doesn't hold for who requires it, so that they are said again here; the release of one
# fork and some clients of DNS servers are not in every proxy: another release of the fork does, and the clients stay out.
set -euo pipefail
program=$(realpath -m "$1") definitions=${2:+$(realpath -m "$2")}
here=$(cd "$(dirname "$0")" && pwd)
traefik=github.com/traefik/traefik/v3 version=v3.7.13 lego=github.com/go-acme/lego/v5
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export GOFLAGS=-mod=mod GOWORK=off CGO_ENABLED=0
cp -r "$here/ext" ext
cat > go.mod <<MOD
module data-platform/test/traefik

go 1.26.0

require $traefik $version

replace (
	github.com/abbot/go-http-auth => github.com/containous/go-http-auth v0.4.1-0.20200324110947-a37a7636d23e
	github.com/gorilla/mux => github.com/containous/mux v0.0.0-20250523120546-41b6ec3aed59
	github.com/traefik/traefik/dynamic/ext => ./ext
)

exclude github.com/tencentcloud/tencentcloud-sdk-go v3.0.83+incompatible
MOD
# So that the graph of modules is known, and with it the release of lego.
source=$(go mod download -json "$traefik@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
cp "$source/go.sum" go.sum && chmod u+w go.sum
cp -r "$(go list -m -f '{{.Dir}}' "$lego" || true)" lego
chmod -R u+w lego
cp "$here/dns.go" lego/providers/dns/zz_gen_dns_providers.go
go mod edit -replace "$lego=./lego"
go build -trimpath -ldflags "-s -w" -o "$program" "$traefik/cmd/traefik"
[[ -z "$definitions" ]] || cp "$source/integration/fixtures/k8s/01-traefik-crd.yml" "$definitions"
