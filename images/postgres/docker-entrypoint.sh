#!/usr/bin/env bash
# Prepares a PostgreSQL data folder from the environment, then becomes the server.
# Contract: the variables, paths and ids of the official image, without /docker-entrypoint-initdb.d.
set -euo pipefail

fail() {
	printf 'sh0: %s\n' "$@" >&2
	exit 1
}

# read_setting NAME [DEFAULT]: exports NAME from NAME, from the file named in NAME_FILE, or from DEFAULT.
read_setting() {
	local name=$1 file_name="${1}_FILE" value=${2:-}
	if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
		fail "$name and $file_name exclude each other; set only one of them."
	fi
	if [ -n "${!name:-}" ]; then
		value=${!name}
	elif [ -n "${!file_name:-}" ]; then
		value=$(< "${!file_name}")
	fi
	export "$name"="$value"
	unset "$file_name"
}

# From 18 on the volume lies one level higher. Starting on the old layout would show an empty database.
refuse_old_layout() {
	[ "$PG_MAJOR" -ge 18 ] || return 0
	[ ! -s "$PGDATA/PG_VERSION" ] || return 0
	local old=/var/lib/postgresql/data
	if [ -s "$old/PG_VERSION" ]; then
		fail "$old holds data of PostgreSQL $(< "$old/PG_VERSION"), but PostgreSQL $PG_MAJOR keeps its data in $PGDATA." \
			'Mount the volume at /var/lib/postgresql, and move older data over with pg_dump or pg_upgrade.'
	fi
	if grep -q " $old " /proc/self/mounts; then
		fail "A volume is mounted at $old. For PostgreSQL 18 and later, mount it at /var/lib/postgresql."
	fi
}

# As root: gives the folders to the server's user, then starts over as that user.
drop_root() {
	mkdir -p "$PGDATA" /var/run/postgresql
	chmod 700 "$PGDATA"
	chmod 3775 /var/run/postgresql || true
	find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
	find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
	if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
		mkdir -p "$POSTGRES_INITDB_WALDIR"
		chmod 700 "$POSTGRES_INITDB_WALDIR"
		find "$POSTGRES_INITDB_WALDIR" \! -user postgres -exec chown postgres '{}' +
	fi
	exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
}

check_settings() {
	if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
		fail 'The data folder is empty and no password for the superuser is given.' \
			'Set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE to a password that is not empty.'
	fi
	case $POSTGRES_PASSWORD in
		*$'\n'*) fail 'POSTGRES_PASSWORD must be one line.' ;;
	esac
}

initialise() {
	local extra=() options=(--username="$POSTGRES_USER" --pgdata="$PGDATA")
	read -r -a extra <<< "${POSTGRES_INITDB_ARGS:-}"
	if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then options+=(--waldir="$POSTGRES_INITDB_WALDIR"); fi
	if [ -n "$POSTGRES_PASSWORD" ]; then
		initdb "${options[@]}" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${extra[@]}"
	else
		initdb "${options[@]}" "${extra[@]}"
	fi
	if [ -n "${PG_SOCKET_DIRECTORY:-}" ]; then
		printf "\nunix_socket_directories = '%s'\n" "$PG_SOCKET_DIRECTORY" >> "$PGDATA/postgresql.conf"
	fi
}

allow_network_logins() {
	local method=$POSTGRES_HOST_AUTH_METHOD
	if [ -z "$method" ]; then method=$(postgres -C password_encryption -D "$PGDATA" "$@"); fi
	printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

# The server runs for a moment on its socket alone, so that nobody can log in before it is complete.
create_database() {
	[ "$POSTGRES_DB" != postgres ] || return 0
	pg_ctl --pgdata="$PGDATA" --wait --silent --options="-c listen_addresses='' -p 5432" start
	PGPASSWORD=$POSTGRES_PASSWORD psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=name="$POSTGRES_DB" \
		--username="$POSTGRES_USER" --no-password --dbname=postgres <<< 'CREATE DATABASE :"name";'
	pg_ctl --pgdata="$PGDATA" --wait --silent --mode=fast stop
}

main() {
	if [ "${1:0:1}" = '-' ]; then set -- postgres "$@"; fi
	if [ "$1" != postgres ]; then exec "$@"; fi
	case " $* " in
		*' --help '* | *' -? '* | *' --version '* | *' -V '* | *' --describe-config '*) exec "$@" ;;
	esac

	refuse_old_layout
	if [ "$(id -u)" = 0 ]; then drop_root "$@"; fi
	mkdir -p "$PGDATA"
	chmod 700 "$PGDATA" || true

	if [ ! -s "$PGDATA/PG_VERSION" ]; then
		read_setting POSTGRES_PASSWORD
		read_setting POSTGRES_USER postgres
		read_setting POSTGRES_DB "$POSTGRES_USER"
		read_setting POSTGRES_INITDB_ARGS
		: "${POSTGRES_HOST_AUTH_METHOD:=}"
		check_settings
		initialise
		allow_network_logins "${@:2}"
		create_database
		printf '\nPostgreSQL init process complete; ready for start up.\n\n'
	fi
	unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE PGPASSWORD
	exec "$@"
}

main "$@"
