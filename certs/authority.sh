# Shared by the scripts beside it: checks of names, and the one place where certificates are made.
# Not a program; `certs/ca --help` says where to begin.

program=$(basename "$0")

die() {
    echo "$program: $*" >&2
    exit 1
}

# Every script answers --help with the comment at its head.
show_help() {
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
    exit 0
}

# Options without a value in the right place are the commonest mistake: say which one it was.
need_value() {
    [ "$#" -ge 2 ] && [ -n "$2" ] || die "$1 needs a value"
}

unknown() {
    case $1 in
    -*) die "unknown option $1; see $program --help" ;;
    *) die "'$1' is one argument too many; see $program --help" ;;
    esac
}

# The same rule as everywhere in distml, byte by byte whatever the locale is.
check_name() {
    case $(LC_ALL=C; export LC_ALL; printf '%s' "$2" | tr -d 'a-z0-9._-' | wc -c) in
    *[!0\ ]*) bad=yes ;;
    *) bad= ;;
    esac
    case $2 in
    '' | [!a-z0-9]*) bad=yes ;;
    esac
    [ "${#2}" -le 64 ] || bad=yes
    [ -z "$bad" ] || die "$1 name '$2' is not allowed: use 1 to 64 of a-z, 0-9, '.', '_' and '-'," \
        "beginning with a letter or a digit"
}

check_days() {
    case $1 in
    '' | *[!0-9]* | ??????*) die "'$1' is not a number of days" ;;
    esac
    [ "$1" -ge 1 ] && [ "$1" -le "$2" ] || die "$1 days: a $3 lives 1 to $2 days"
}

# refuse_overwrite FILE... unless --force was given, and then says what goes.
refuse_overwrite() {
    for file in "$@"; do
        [ -e "$file" ] || [ -L "$file" ] || continue
        [ -n "${force:-}" ] || die "$file exists; --force replaces it"
        echo "$program: replacing $file" >&2
    done
}

need_authority() {
    [ -r "$dir/ca.pem" ] || die "no CA in $dir; 'certs/ca <cluster>' makes one"
    [ -r "$dir/ca.key" ] || die "$dir/ca.key cannot be read: only the CA's host can do this"
    cluster=$(cat "$dir/cluster") || die "$dir/cluster is missing"
    check_name cluster "$cluster"
}

scratch() {
    case $(openssl version 2>/dev/null) in
    'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9].*) ;;
    *) die "this needs the program openssl, version 3 or newer" ;;
    esac
    umask 077
    work=$(mktemp -d "${TMPDIR:-/tmp}/distml-certs.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
}

# quietly COMMAND... shows what openssl said only if it failed.
quietly() {
    "$@" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        die "openssl ${2:-} failed"
    }
}

new_key() {
    quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
    chmod 600 "$1"
}

# install_file FROM TO MODE: the target is complete or absent, never half written.
install_file() {
    cp "$1" "$2.new"
    chmod "$3" "$2.new"
    mv -f "$2.new" "$2"
}

# at SECONDS: that many seconds from now, as certificates spell it.
at() {
    date -u -d "@$(($(date +%s) + $1))" +%Y%m%d%H%M%SZ
}

# Everything begins five minutes ago, so that a node whose clock is a little behind can use it.
begin() {
    at -300
}

# authority_command ARGUMENT...: 'openssl ca' with the CA's own files.
authority_command() {
    cat >"$work/authority.cnf" <<EOF
[ca]
default_ca = authority
[authority]
database = $dir/index.txt
crlnumber = $dir/crlnumber
new_certs_dir = $work
default_md = sha256
policy = names
rand_serial = yes
unique_subject = no
copy_extensions = none
crl_extensions = list
[names]
organizationName = supplied
commonName = supplied
[list]
authorityKeyIdentifier = keyid
EOF
    quietly openssl ca -config "$work/authority.cnf" -batch -notext \
        -keyfile "$dir/ca.key" "$@"
}

# issue REQUEST NAME DAYS OUT: only the key of the request counts, all else is said here.
issue() {
    openssl x509 -in "$dir/ca.pem" -noout -checkend $(($3 * 86400)) >/dev/null ||
        die "the CA itself lives only until $(end_date "$dir/ca.pem"): fewer --days, or a new CA"
    cat >"$work/leaf.cnf" <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = URI:spiffe://$cluster/node/$2
EOF
    authority_command -in "$1" -subj "/O=$cluster/CN=$2" -cert "$dir/ca.pem" \
        -startdate "$(begin)" -enddate "$(at $(($3 * 86400)))" \
        -extfile "$work/leaf.cnf" -out "$work/leaf.pem"
    quietly openssl verify -x509_strict -CAfile "$dir/ca.pem" "$work/leaf.pem"
    serial=$(serial_of "$work/leaf.pem")
    install_file "$1" "$dir/issued/$2-$serial.csr" 644
    install_file "$work/leaf.pem" "$dir/issued/$2-$serial.pem" 644
    install_file "$work/leaf.pem" "$4" 644
    echo "$4: $2 of cluster $cluster, serial $serial, until $(end_date "$4")"
}

# request KEY NAME OUT: what a node says to the CA.
request() {
    quietly openssl req -new -key "$1" -sha256 -subj "/O=$cluster/CN=$2" \
        -addext "subjectAltName = URI:spiffe://$cluster/node/$2" -out "$3"
}

serial_of() {
    openssl x509 -in "$1" -noout -serial | cut -d= -f2 | tr A-F a-f
}

is_revoked() {
    awk -F '\t' -v serial="$1" '$1 == "R" && tolower($4) == serial { found = 1 }
        END { exit !found }' "$dir/index.txt"
}

end_date() {
    openssl x509 -in "$1" -noout -enddate | cut -d= -f2
}

make_crl() {
    authority_command -gencrl -cert "$dir/ca.pem" -crl_lastupdate "$(begin)" \
        -crl_nextupdate "$(at $((days * 86400)))" -out "$work/crl.pem"
    install_file "$work/crl.pem" "$dir/crl.pem" 644
    echo "$dir/crl.pem: valid for $days days; copy it to every node and run 'distmlctl cert reload'"
}
