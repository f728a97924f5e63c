#!/usr/bin/env bash
# Prepares FerretDB's store from the environment, then runs FerretDB and the PostgreSQL under it until one of them ends.
# Contract: the variables, paths and ids of the official MongoDB image, without /docker-entrypoint-initdb.d and mongod's arguments.
# Arguments: first `-c NAME=VALUE` for PostgreSQL, as often as wished, then FerretDB's own.
set -euo pipefail

store=/data/db/documentdb
run=/tmp/ferretdb
# Made with the store when it has a root user: then nobody gets in without a login, whatever the environment says later.
marker=sh0-root-user

fail() {
	printf 'sh0: %s\n' "$@" >&2
	exit 1
}

# read_setting NAME: sets NAME from NAME or from the file named in NAME_FILE.
read_setting() {
	local name=$1 file_name="${1}_FILE" value=
	if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
		fail "$name and $file_name exclude each other; set only one of them."
	fi
	if [ -n "${!name:-}" ]; then
		value=${!name}
	elif [ -n "${!file_name:-}" ]; then
		value=$(< "${!file_name}")
	fi
	printf -v "$name" '%s' "$value"
}

drop_root() {
	find /data/db /data/configdb \! -user mongodb -exec chown mongodb:mongodb '{}' +
	exec setpriv --reuid=mongodb --regid=mongodb --init-groups "$0" "$@"
}

# start_postgres FOLDER [ARGUMENT...]: reachable by its socket alone, and that by this user alone.
start_postgres() {
	postgres -D "$1" -c listen_addresses='' -c unix_socket_directories="$run" -c unix_socket_permissions=0700 \
		-c shared_preload_libraries=pg_cron,pg_documentdb_core,pg_documentdb \
		-c cron.database_name=postgres -c cron.host="$run" -c cron.log_run=off -c cron.log_statement=off \
		-c documentdb.localhost_connection_string="host=$run" "${@:2}" &
	postgres=$!
	until pg_isready --quiet --host="$run" --username=postgres; do
		kill -0 "$postgres" 2> /dev/null || fail 'PostgreSQL ended before it was ready.'
		sleep 0.1
	done
}

# The root user's name and password reach psql by its environment, and PostgreSQL as values: neither is ever part of a statement's text.
create_extension() {
	psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host="$run" --username=postgres --dbname=postgres > /dev/null
}

create_root() {
	name=$MONGO_INITDB_ROOT_USERNAME password=$MONGO_INITDB_ROOT_PASSWORD \
		psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host="$run" --username=postgres --dbname=postgres > /dev/null << 'SQL'
\getenv name name
\getenv password password
SELECT documentdb_api.create_user(json_build_object(
	'createUser', :'name', 'pwd', :'password', 'roles', json_build_array(
		json_build_object('role', 'clusterAdmin', 'db', 'admin'),
		json_build_object('role', 'readWriteAnyDatabase', 'db', 'admin')))::text::documentdb_core.bson);
SQL
}

check_settings() {
	if [ -n "$MONGO_INITDB_ROOT_USERNAME" ] && [ -z "$MONGO_INITDB_ROOT_PASSWORD" ]; then
		fail 'MONGO_INITDB_ROOT_USERNAME needs MONGO_INITDB_ROOT_PASSWORD or MONGO_INITDB_ROOT_PASSWORD_FILE.'
	fi
	if [ -z "$MONGO_INITDB_ROOT_USERNAME" ] && [ -n "$MONGO_INITDB_ROOT_PASSWORD" ]; then
		fail 'MONGO_INITDB_ROOT_PASSWORD needs MONGO_INITDB_ROOT_USERNAME or MONGO_INITDB_ROOT_USERNAME_FILE.'
	fi
	if [ -e /data/db/WiredTiger ]; then
		fail '/data/db holds data of MongoDB itself, which FerretDB cannot read; nothing was changed.'
	fi
}

# The store is made aside and gets its name when it is complete: a start that was interrupted is made again from the beginning.
initialise() {
	local making="$store.making"
	rm -rf "$making"
	printf 'Initialising the store\n'
	initdb --pgdata="$making" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 > /dev/null
	start_postgres "$making" "$@" -c log_statement=none -c log_min_error_statement=panic
	create_extension <<< 'CREATE EXTENSION documentdb CASCADE;'
	if [ -n "$MONGO_INITDB_ROOT_USERNAME" ]; then
		create_root
		touch "$making/$marker"
	fi
	kill -INT "$postgres"
	wait "$postgres"
	mv "$making" "$store"
	printf '\nFerretDB init process complete; ready for start up.\n\n'
}

# Runs both. Whichever ends takes the other along; a wish to end is passed on, FerretDB first.
serve() {
	local code=0 login=(--no-auth)
	if [ -e "$store/$marker" ]; then login=(--auth); fi
	trap 'true' TERM INT
	start_postgres "$store" "${postgres_arguments[@]}"
	ferretdb --listen-addr=:27017 --postgresql-url="postgres://postgres@/postgres?host=$run" --state-dir="$run" \
		--telemetry=disable --debug-addr=127.0.0.1:8088 "${login[@]}" "$@" &
	ferretdb=$!
	trap 'stopping=1' TERM INT
	stopping=
	wait -n "$postgres" "$ferretdb" || code=$?
	kill -TERM "$ferretdb" 2> /dev/null || true
	wait "$ferretdb" || true
	kill -INT "$postgres" 2> /dev/null || true
	wait "$postgres" || true
	if [ -n "$stopping" ]; then exit 0; fi
	exit "$code"
}

main() {
	if [ "${1:0:1}" = '-' ]; then set -- ferretdb "$@"; fi
	if [ "$1" != ferretdb ]; then exec "$@"; fi
	case ${2:-} in
		ping | --help | --version | -h) exec "$@" ;;
	esac
	if [ "$(id -u)" = 0 ]; then drop_root "$@"; fi

	local all=("$@")
	shift
	postgres_arguments=()
	while [ "${1:-}" = -c ] && [ $# -ge 2 ]; do
		postgres_arguments+=(-c "$2")
		shift 2
	done

	rm -rf "$run"
	mkdir -m 700 "$run"
	if [ -z "${SH0_PREPARED:-}" ]; then
		read_setting MONGO_INITDB_ROOT_USERNAME
		read_setting MONGO_INITDB_ROOT_PASSWORD
		check_settings
		if [ ! -d "$store" ]; then initialise "${postgres_arguments[@]}"; fi
		# Started over, so that this process's environment holds no secret any more.
		unset MONGO_INITDB_ROOT_PASSWORD MONGO_INITDB_ROOT_PASSWORD_FILE
		SH0_PREPARED=1 exec "$0" "${all[@]}"
	fi
	serve "$@"
}

main "$@"
