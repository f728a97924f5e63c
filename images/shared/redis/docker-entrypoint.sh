#!/usr/bin/env bash
# Gives the data folder to the server's user, then becomes the server.
# Contract: the official images of Redis and Valkey.
set -euo pipefail

# The official servers are compiled with protected mode off: whoever reaches the port may try to log in. Debian's are not, so it is
# turned off here, unless the arguments or the configuration file speak of it themselves.
names_protected_mode() {
	local argument file=${1:-}
	for argument in "$@"; do
		if [ "$argument" = --protected-mode ]; then return 0; fi
	done
	[ "$file" != "${file%.conf}" ] && [ -r "$file" ] && grep -qiE '^[[:space:]]*protected-mode[[:space:]]' "$file"
}

main() {
	if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then set -- "$SERVER" "$@"; fi
	# Either name starts the one server that is here.
	case $1 in
		redis-server | valkey-server) set -- "$SERVER" "${@:2}" ;;
		*) exec "$@" ;;
	esac

	if [ "$(id -u)" = 0 ]; then
		find . \! -user "$SERVER_USER" -exec chown "$SERVER_USER:$SERVER_USER" '{}' +
		exec setpriv --reuid="$SERVER_USER" --regid="$SERVER_USER" --init-groups "$0" "$@"
	fi

	# What the server writes is for nobody else, unless somebody has chosen a mask already.
	if [ "$(umask)" = 0022 ]; then umask 0077; fi
	local extra=()
	read -r -a extra <<< "${VALKEY_EXTRA_FLAGS:-}"
	if ! names_protected_mode "${@:2}" "${extra[@]}"; then extra+=(--protected-mode no); fi
	exec "$@" "${extra[@]}"
}

main "$@"
