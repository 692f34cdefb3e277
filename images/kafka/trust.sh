#!/bin/bash
# Makes Java trust what the machine's bundle of authorities has beyond Debian's own, as behind a company's proxy. Java keeps a
# store of its own, made from Debian's authorities, and doesn't look at the bundle that a builder mounts over this one.
set -euo pipefail
bundle=${1:-/etc/ssl/certs/ca-certificates.crt}
[ -r "$bundle" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One certificate a file, named by its content, so that both sides can be compared.
split_into() { # directory, from standard input
    mkdir -p "$1"
    awk -v dir="$1" '
        /-----BEGIN CERTIFICATE-----/ { body = ""; inside = 1 }
        inside { body = body $0 "\n" }
        /-----END CERTIFICATE-----/ { inside = 0; file = dir "/" ++count; printf "%s", body > file; close(file) }' 
    local file
    for file in "$1"/*; do [ ! -e "$file" ] || mv "$file" "$1/$(tr -d '\r' <"$file" | sha256sum | cut -c1-32).pem"; done
}
cat /usr/share/ca-certificates/*/*.crt | split_into "$work/debian"
split_into "$work/machine" <"$bundle"

for certificate in "$work"/machine/*.pem; do
    name=$(basename "$certificate" .pem)
    [ ! -e "$work/debian/$name.pem" ] || continue
    keytool -importcert -noprompt -cacerts -storepass changeit -alias "machine-$name" -file "$certificate"
done
