#!/bin/bash
# Gives the store the buckets, policies and users that the release asks for, and takes away what the release gave before and no
# longer asks for: users and policies, never a bucket. Runs as a Helm hook after each install and upgrade, any number of times.
#
# MINIO_ENDPOINT      https://minio:9000
# MINIO_CA_FILE       the authority that signed the store's certificate
# SETUP_TIMEOUT       seconds to wait for the store
# SETUP_DESIRED_DIR   buckets (lines: name versioning), users (lines: name), policy-<user>.json
# SETUP_SECRETS_DIR   root/{rootUser,rootPassword}, users/<name>/{accessKey,secretKey}
#
# Passwords go through standard input only: an argument or a variable of a process can be read by its neighbours.
set -euo pipefail

endpoint=$MINIO_ENDPOINT
timeout=${SETUP_TIMEOUT:-240}
desired=${SETUP_DESIRED_DIR:-/etc/minio-setup}
secrets=${SETUP_SECRETS_DIR:-/run/secrets/minio}
ca=${MINIO_CA_FILE:-/etc/data-platform/ca/ca.crt}
export MC_CONFIG_DIR=${MC_CONFIG_DIR:-/tmp/mc}

# Policies of ours begin so; by them we know users of ours, and leave those alone that somebody else made.
prefix=app-
failures=0

say() { echo "setup: $*"; }
problem() {
    echo "setup: error: $*" >&2
    failures=$((failures + 1))
}
die() {
    problem "$@"
    exit 1
}

# Reads one value of a Secret into the variable that is named, and checks it where that can be done without the store.
read_secret() { # variable file least-length what
    local -n value=$1
    [ -r "$2" ] || die "$4: its Secret has no key ${2##*/}"
    value=$(<"$2")
    [[ $value != *[$'\n\r']* ]] || die "$4: key ${2##*/} of its Secret has more than one line"
    [ ${#value} -ge "$3" ] || die "$4: key ${2##*/} of its Secret has ${#value} characters; MinIO wants $3 or more"
}

# Runs mc with two secret lines on standard input; its answer is in $answer, without the second of them.
mc_with_keys() { # key secret argument…
    local secret=$2 code=0
    answer=$(printf '%s\n%s\n' "$1" "$2" | mc "${@:3}" 2>&1) || code=$?
    answer=${answer//"$secret"/***}
    return $code
}

# Runs mc; where it fails, that is a problem of what is named, and the job goes on to tell all problems at once.
attempt() { # what argument…
    local answer
    answer=$(mc "${@:2}" 2>&1) && return 0
    problem "$1: $answer"
    return 1
}

# The string under a key in a line of mc's JSON.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

connect() {
    local user password answer waited=0
    # mc looks for authorities there, beside those of the system.
    [ -s "$ca" ] || die "$ca is missing or empty: without it the certificate of $endpoint can't be verified"
    mkdir -p "$MC_CONFIG_DIR/certs/CAs"
    cp "$ca" "$MC_CONFIG_DIR/certs/CAs/"
    read_secret user "$secrets/root/rootUser" 3 "the administrator"
    read_secret password "$secrets/root/rootPassword" 8 "the administrator"
    say "waiting for $endpoint"
    # Wrong keys are waited for too: a rolling restart with a new password may still be under way.
    until mc_with_keys "$user" "$password" alias set store "$endpoint"; do
        if [ $SECONDS -ge "$timeout" ]; then
            die "no access to $endpoint as \"$user\" within $timeout s: $answer"
        fi
        [ $((waited++ % 15)) != 0 ] || say "not yet: $answer"
        sleep 1
    done
    # A store of several nodes answers before enough of them are there.
    until answer=$(timeout 5 mc ready store 2>&1); do
        [ $SECONDS -lt "$timeout" ] || die "$endpoint takes no writes within $timeout s: ${answer##*$'\n'}"
        sleep 1
    done
    say "connected as the administrator after $SECONDS s"
}

make_buckets() {
    local bucket versioning now
    while read -r bucket versioning; do
        attempt "bucket $bucket" mb --quiet --ignore-existing "store/$bucket" || continue
        now=$(field status "$(mc version info --json "store/$bucket" | sed 's/.*"versioning"://')")
        case $versioning/$now in
            true/Enabled | false/Suspended | false/) say "bucket $bucket: there (versioning ${now:-off})" ;;
            true/*) attempt "bucket $bucket" version enable "store/$bucket" && say "bucket $bucket: versioning enabled" ;;
            *) attempt "bucket $bucket" version suspend "store/$bucket" && say "bucket $bucket: versioning suspended" ;;
        esac || true
    done <"$desired/buckets"
}

make_users() {
    local name accessKey secretKey policy
    while read -r name; do
        policy=$prefix$name
        read_secret accessKey "$secrets/users/$name/accessKey" 3 "user $name"
        read_secret secretKey "$secrets/users/$name/secretKey" 8 "user $name"
        wanted[$accessKey]=$policy
        attempt "policy $policy" admin policy create store "$policy" "$desired/policy-$name.json" || continue
        # Adding a user who is there gives them the password anew, which is what a rotation needs.
        if ! mc_with_keys "$accessKey" "$secretKey" admin user add store; then
            problem "user $name: $answer"
            continue
        fi
        attempt "user $name" admin policy attach store "$policy" --user "$accessKey" || continue
        say "user $name: there, with policy $policy"
    done <"$desired/users"
}

# Users who have a policy of ours and should not: the policy is taken away, and with it the user unless they have another one.
prune_users() {
    local list line key policy ours others
    list=$(mc admin user ls --json store)
    while read -r line; do
        key=$(field accessKey "$line")
        ours=()
        others=()
        for policy in $(field policyName "$line" | tr , ' '); do
            case $policy in "$prefix"*) ours+=("$policy") ;; *) others+=("$policy") ;; esac
        done
        for policy in "${ours[@]}"; do
            [ "$policy" != "${wanted[$key]:-}" ] || continue
            if [ -n "${wanted[$key]:-}" ] || [ ${#others[@]} -gt 0 ]; then
                attempt "user $key" admin policy detach store "$policy" --user "$key" || continue
                say "user $key: policy $policy taken away, no longer asked for"
            else
                attempt "user $key" admin user rm store "$key" || break
                say "user $key: removed, no longer asked for"
                break
            fi
        done
    done <<<"$list"
}

prune_policies() {
    local list line policy
    list=$(mc admin policy ls --json store)
    while read -r line; do
        policy=$(field policy "$line")
        case $policy in "$prefix"*) ;; *) continue ;; esac
        ! grep -qxF -- "${policy#"$prefix"}" "$desired/users" || continue
        attempt "policy $policy" admin policy rm store "$policy" || continue
        say "policy $policy: removed, no longer asked for"
    done <<<"$list"
}

declare -A wanted=()
connect
make_buckets
make_users
# With a user missing, an old one may be the only one that works: remove nothing.
[ $failures = 0 ] || die "$failures of the above failed; nothing was removed"
prune_users
prune_policies
[ $failures = 0 ] || exit 1
say "done after $SECONDS s"
