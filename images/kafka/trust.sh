#!/bin/bash
# Makes Java trust the certificates that the system trusts: /etc/ssl/certs/ca-certificates.crt, which a builder may have mounted
# from the host, because a company's proxy signs with a certificate of its own.
set -euo pipefail
bundle=/etc/ssl/certs/ca-certificates.crt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v dir="$work" '/-----BEGIN CERTIFICATE-----/ { n++ } n { print > sprintf("%s/%03d.pem", dir, n) }' "$bundle"
# Debian's own tool for this; one Java process for all.
for file in "$work"/*.pem; do echo "+$file"; done |
    java -Xmx64m -jar /usr/share/ca-certificates-java/ca-certificates-java.jar -storepass changeit >"$work/log" 2>&1 || {
    tail -n 5 "$work/log" >&2
    exit 1
}
echo "Java trusts the $(grep -c . <(ls "$work"/*.pem)) certificates of $bundle"
