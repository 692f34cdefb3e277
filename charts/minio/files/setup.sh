#!/bin/bash
# Gives the store the buckets, policies and users that the release asks for, and takes away what the release gave before and no
# longer asks for: users and policies, never a bucket. Runs as a Helm hook after each install and upgrade, any number of times.
#
# A user of MinIO is an access key, and that one is as random as its secret; what stays is the application's name, which its policy
# has. An application with a new key keeps the old one for a while, so that what runs isn't cut off before it was restarted: under
# a policy of its own that says until when, `app-<name>.until-<seconds since 1970>`, which the server itself holds to.
#
# Bash and mc are all that it needs of the image, and some of coreutils: Silo's has no sed and no grep.
#
# MINIO_ENDPOINT      https://minio:9000
# MINIO_CA_FILE       the authority that signed the store's certificate
# SETUP_TIMEOUT       seconds to wait for the store
# SETUP_OVERLAP       seconds for which an application's old key stays good
# SETUP_DESIRED_DIR   buckets (lines: name versioning days [quota]), users (lines: name), policy-<user>.json
# SETUP_SECRETS_DIR   root/{rootUser,rootPassword}, users/<name>/{accessKey,secretKey}
#
# Passwords go through standard input only: an argument or a variable of a process can be read by its neighbours. An access key is
# an argument of mc, which takes it in no other way; it stays out of the log.
set -euo pipefail

endpoint=$MINIO_ENDPOINT
timeout=${SETUP_TIMEOUT:-240}
overlap=${SETUP_OVERLAP:-3600}
desired=${SETUP_DESIRED_DIR:-/etc/minio-setup}
secrets=${SETUP_SECRETS_DIR:-/run/secrets/minio}
ca=${MINIO_CA_FILE:-/etc/data-platform/ca/ca.crt}
export MC_CONFIG_DIR=${MC_CONFIG_DIR:-/tmp/mc}

# Policies of ours begin so; by them we know users of ours, and leave those alone that somebody else made.
prefix=app-
# The rule of ours in a bucket's lifecycle; others may stand beside it.
rule=data-platform-expiry
printf -v now '%(%s)T' -1
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

# The string under a key in a line of mc's JSON; nothing where there is none.
field() { # key line
    local pattern="\"$1\":\"([^\"]*)\""
    [[ ! $2 =~ $pattern ]] || echo "${BASH_REMATCH[1]}"
}

connect() {
    local user password answer waited=0 patience=5
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
            die "no access to $endpoint as the administrator within $timeout s: ${answer//"$user"/***}"
        fi
        [ $((waited++ % 15)) != 0 ] || say "not yet: ${answer//"$user"/***}"
        sleep 1
    done
    # A store of several nodes answers before enough of them are there; a busy one needs longer for it.
    until answer=$(timeout $patience mc ready store 2>&1); do
        [ $SECONDS -lt "$timeout" ] || die "$endpoint takes no writes within $timeout s: ${answer##*$'\n'}"
        patience=$((patience < 60 ? 2 * patience : patience))
        sleep 1
    done
    say "connected as the administrator after $SECONDS s"
}

make_buckets() {
    local bucket versioning days quota is
    while read -r bucket versioning days quota; do
        attempt "bucket $bucket" mb --quiet --ignore-existing "store/$bucket" || continue
        is=$(mc version info --json "store/$bucket")
        is=$(field status "${is##*\"versioning\":}")
        case $versioning/$is in
            true/Enabled | false/Suspended | false/) say "bucket $bucket: there (versioning ${is:-off})" ;;
            true/*) attempt "bucket $bucket" version enable "store/$bucket" && say "bucket $bucket: versioning enabled" ;;
            *) attempt "bucket $bucket" version suspend "store/$bucket" && say "bucket $bucket: versioning suspended" ;;
        esac || true
        make_lifecycle "$bucket" "$days"
        make_quota "$bucket" "$quota"
    done <"$desired/buckets"
}

# Bounds the size of a bucket; none: no longer; nothing: as it is.
make_quota() { # bucket quota
    local bucket=$1 quota=$2
    case $quota in
        "") ;;
        none) attempt "bucket $bucket" quota clear "store/$bucket" && say "bucket $bucket: of any size, as asked for" || true ;;
        # To mc a size without a B is a number of something else.
        *) attempt "bucket $bucket" quota set "store/$bucket" --size "${quota}B" && say "bucket $bucket: at most $quota" || true ;;
    esac
}

# Has objects of a bucket go after so many days, old versions of them too; 0: they stay. Rules of others stay as they are.
make_lifecycle() { # bucket days
    local bucket=$1 days=$2 all answer ours
    # A bucket without rules is an error to mc.
    all=$(mc ilm rule export "store/$bucket" 2>/dev/null) || all=
    [[ $all == *'"Rules"'* ]] || all='{"Rules":[]}'
    ours="{\"ID\":\"$rule\",\"Status\":\"Enabled\",\"Filter\":{\"Prefix\":\"\"},\"Expiration\":{\"Days\":$days},"
    ours+="\"NoncurrentVersionExpiration\":{\"NoncurrentDays\":$days}}"
    if [[ $all == *"\"$rule\""* ]]; then
        attempt "bucket $bucket" ilm rule rm --id "$rule" "store/$bucket" || return 0
        [ "$days" != 0 ] || say "bucket $bucket: objects stay, as asked for"
        all=$(mc ilm rule export "store/$bucket" 2>/dev/null) || all=
        [[ $all == *'"Rules"'* ]] || all='{"Rules":[]}'
    fi
    [ "$days" != 0 ] || return 0
    # First among the rules that are there.
    all=${all/'"Rules":['/"\"Rules\":[$ours,"}
    all=${all/'"Rules": ['/"\"Rules\": [$ours,"}
    all=${all/',]'/']'}
    if answer=$(mc ilm rule import "store/$bucket" 2>&1 <<<"$all"); then
        say "bucket $bucket: objects go after $days days"
    else
        problem "bucket $bucket: $answer"
    fi
}

make_users() {
    local name accessKey secretKey policy
    while read -r name; do
        policy=$prefix$name
        read_secret accessKey "$secrets/users/$name/accessKey" 3 "user $name"
        read_secret secretKey "$secrets/users/$name/secretKey" 8 "user $name"
        wanted[$accessKey]=$policy
        names[$name]=1
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

# Until when a policy of ours is good; nothing for one without an end.
ends() { [[ $1 != *.until-* ]] || echo "${1##*.until-}"; }

# The application that a policy of ours is for.
application() {
    local name=${1#"$prefix"}
    echo "${name%.until-*}"
}

# Whether a policy of ours is good for nothing any more: its time is over, or nobody asks for its application.
is_over() {
    local end
    end=$(ends "$1")
    [ -z "${names[$(application "$1")]:-}" ] || { [ -n "$end" ] && [ "$end" -le "$now" ]; }
}

# Puts the key under a policy with an end, of the same rights, instead of the one without.
limit_key() { # key policy
    local key=$1 policy=$2 name end limited file when
    name=$(application "$policy")
    printf -v end '%(%s)T' -1
    end=$((end + overlap))
    limited=$policy.until-$end
    TZ=UTC printf -v when '%(%Y-%m-%dT%H:%M:%SZ)T' "$end"
    file=$MC_CONFIG_DIR/until.json
    local rights
    rights=$(<"$desired/policy-$name.json")
    echo "${rights//'"Effect": "Allow"'/"\"Effect\": \"Allow\", \"Condition\": {\"DateLessThan\": {\"aws:CurrentTime\": \"$when\"}}"}" >"$file"
    attempt "user $name" admin policy create store "$limited" "$file" || return 1
    attempt "user $name" admin policy attach store "$limited" --user "$key" || return 1
    attempt "user $name" admin policy detach store "$policy" --user "$key" || return 1
    say "user $name: the key of before is good until $when"
}

# Users who have a policy of ours and should not: the policy is taken away, and with it the user unless they have another one.
prune_users() {
    local list line key policy name ours others
    list=$(mc admin user ls --json store)
    while read -r line; do
        key=$(field accessKey "$line")
        ours=()
        others=()
        policy=$(field policyName "$line")
        for policy in ${policy//,/ }; do
            case $policy in "$prefix"*) ours+=("$policy") ;; *) others+=("$policy") ;; esac
        done
        for policy in "${ours[@]}"; do
            [ "$policy" != "${wanted[$key]:-}" ] || continue
            name=$(application "$policy")
            if [ -n "${wanted[$key]:-}" ] || [ ${#others[@]} -gt 0 ]; then
                attempt "user $name" admin policy detach store "$policy" --user "$key" || continue
                say "user $name: policy $policy taken from a key of somebody else's, no longer asked for"
            elif ! is_over "$policy" && [ "$overlap" != 0 ]; then
                # Only the key of before; one with an end has had its time.
                [ -n "$(ends "$policy")" ] || limit_key "$key" "$policy" || continue
            else
                attempt "user $name" admin user rm store "$key" || break
                say "user $name: an old key removed"
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
        is_over "$policy" || { [ "$overlap" = 0 ] && [ -n "$(ends "$policy")" ]; } || continue
        attempt "policy $policy" admin policy rm store "$policy" || continue
        say "policy $policy: removed, no longer asked for"
    done <<<"$list"
}

declare -A wanted=() names=()
connect
make_buckets
make_users
# With a user missing, an old one may be the only one that works: remove nothing.
[ $failures = 0 ] || die "$failures of the above failed; nothing was removed"
prune_users
prune_policies
[ $failures = 0 ] || exit 1
say "done after $SECONDS s"
