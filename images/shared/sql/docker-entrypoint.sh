#!/usr/bin/env bash
# Prepares a data folder of MySQL or MariaDB from the environment, then becomes the server.
# Contract: the variables, paths and ids of the official images, without /docker-entrypoint-initdb.d and without passwords in the log.
set -euo pipefail

data=/var/lib/mysql

fail() {
	printf 'sh0: %s\n' "$@" >&2
	exit 1
}

# read_setting VARIABLE NAME...: sets VARIABLE from the first of these environment variables that is given, itself or by the file that
# NAME_FILE names.
read_setting() {
	local variable=$1 name file_name value=
	for name in "${@:2}"; do
		file_name=${name}_FILE
		if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
			fail "$name and $file_name exclude each other; set only one of them."
		fi
		if [ -z "$value" ] && [ -n "${!name:-}" ]; then value=${!name}; fi
		if [ -z "$value" ] && [ -n "${!file_name:-}" ]; then value=$(< "${!file_name}"); fi
	done
	printf -v "$variable" '%s' "$value"
}

# quote TEXT: the text as a string of SQL.
quote() {
	local text=$1
	text=${text//\\/\\\\}
	text=${text//\'/\\\'}
	text=${text//$'\n'/\\n}
	text=${text//$'\r'/\\r}
	text=${text//$'\x1a'/\\Z}
	printf "'%s'" "$text"
}

# quote_name NAME: the name as an identifier of SQL.
quote_name() {
	printf '`%s`' "${1//\`/\`\`}"
}

# quote_pattern NAME: the same for GRANT, which takes a database's name for a pattern.
quote_pattern() {
	local name=$1
	name=${name//\\/\\\\}
	name=${name//_/\\_}
	quote_name "${name//%/\\%}"
}

# What each engine's own part defines.
# shellcheck source=/dev/null
. /usr/local/lib/sh0/server.sh

# The statements that turn a new data folder into what the environment asks for. One a line: MySQL reads them so.
account_sql() {
	printf 'SET NAMES utf8mb4;\n'
	root_sql
	if [ -n "$database" ]; then printf 'CREATE DATABASE IF NOT EXISTS %s;\n' "$(quote_name "$database")"; fi
	[ -n "$user" ] || return 0
	local account
	account="$(quote "$user")@'%'"
	printf 'CREATE USER %s %s;\n' "$account" "$(identified "$password" "$password_hash")"
	if [ -n "$database" ]; then printf 'GRANT ALL ON %s.* TO %s;\n' "$(quote_pattern "$database")" "$account"; fi
}

check_settings() {
	if [ -z "$root_password$root_password_hash" ] && [ -z "$allow_empty" ]; then
		fail 'The data folder is empty and no password for root is given.' \
			"Set ${prefix}_ROOT_PASSWORD or ${prefix}_ROOT_PASSWORD_FILE to a password that is not empty."
	fi
	if [ -n "$random_password" ]; then
		fail "${prefix}_RANDOM_ROOT_PASSWORD would write the password to the log; set ${prefix}_ROOT_PASSWORD instead."
	fi
	if [ "$user" = root ]; then
		fail "${prefix}_USER cannot be root; ${prefix}_ROOT_PASSWORD sets its password."
	fi
	if [ -n "$user" ] && [ -z "$password$password_hash" ]; then
		fail "${prefix}_USER needs ${prefix}_PASSWORD or ${prefix}_PASSWORD_FILE."
	fi
}

is_initialised() {
	[ -d "$data/mysql" ]
}

# Nothing but what file systems put there themselves.
is_empty() {
	local name
	for name in "$data"/* "$data"/.[!.]*; do
		case ${name##*/} in
			'*' | '.[!.]*' | lost+found) ;;
			*) return 1 ;;
		esac
	done
}

# The new data folder is made aside and moved into place when it is complete: a start that was interrupted is made again from the
# beginning, one that was interrupted while moving goes on.
initialise() {
	local making="$data/.sh0-making" complete="$data/.sh0-complete"
	rm -rf "$making"
	if [ ! -d "$complete" ]; then
		if is_initialised; then return 0; fi
		is_empty || fail "$data holds files, but none of a $label server; nothing was changed."
		read_settings
		check_settings
		mkdir -m 700 "$making"
		make_data_folder "$making" "$@"
		mv "$making" "$complete"
	fi
	(
		shopt -s dotglob nullglob
		for entry in "$complete"/*; do mv "$entry" "$data/"; done
	)
	rmdir "$complete"
	printf '\n%s init process complete; ready for start up.\n\n' "$label"
}

# As root: gives the folders to the server's user, then starts over as that user.
drop_root() {
	mkdir -p /run/mysqld
	find "$data" /run/mysqld \! -user mysql -exec chown mysql:mysql '{}' +
	exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
}

main() {
	if [ "${1:0:1}" = '-' ]; then set -- "$server" "$@"; fi
	case $1 in
		mysqld | mariadbd) set -- "$server" "${@:2}" ;;
		*) exec "$@" ;;
	esac
	case " $* " in
		*' --help '* | *' -? '* | *' --version '* | *' -V '* | *' --print-defaults '*) exec "$@" ;;
	esac

	if [ "$(id -u)" = 0 ]; then drop_root "$@"; fi
	initialise "${@:2}"
	forget_secrets
	exec "$@"
}

# The server needs none of them, and every program in the container could read its environment.
forget_secrets() {
	local name
	for name in "${!MYSQL_@}" "${!MARIADB_@}"; do
		case $name in
			*PASSWORD*) unset "$name" ;;
		esac
	done
}

main "$@"
