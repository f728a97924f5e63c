# shellcheck shell=bash
# MariaDB's part of the entrypoint.

label=MariaDB
server=mariadbd
prefix=MARIADB

read_settings() {
	read_setting root_password MARIADB_ROOT_PASSWORD MYSQL_ROOT_PASSWORD
	read_setting root_password_hash MARIADB_ROOT_PASSWORD_HASH
	read_setting root_host MARIADB_ROOT_HOST MYSQL_ROOT_HOST
	read_setting allow_empty MARIADB_ALLOW_EMPTY_ROOT_PASSWORD MYSQL_ALLOW_EMPTY_PASSWORD
	read_setting random_password MARIADB_RANDOM_ROOT_PASSWORD MYSQL_RANDOM_ROOT_PASSWORD
	read_setting database MARIADB_DATABASE MYSQL_DATABASE
	read_setting user MARIADB_USER MYSQL_USER
	read_setting password MARIADB_PASSWORD MYSQL_PASSWORD
	read_setting password_hash MARIADB_PASSWORD_HASH
	if [ -n "$root_password" ] && [ -n "$root_password_hash" ]; then
		fail 'MARIADB_ROOT_PASSWORD and MARIADB_ROOT_PASSWORD_HASH exclude each other; set only one of them.'
	fi
}

# identified PASSWORD HASH
identified() {
	if [ -n "$2" ]; then
		printf 'IDENTIFIED BY PASSWORD %s' "$(quote "$2")"
	else
		printf 'IDENTIFIED BY %s' "$(quote "$1")"
	fi
}

root_sql() {
	local host=${root_host:-%} secret account
	secret=$(identified "$root_password" "$root_password_hash")
	printf "DELETE FROM mysql.global_priv WHERE Host NOT IN ('localhost', '');\n"
	printf "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';\n"
	if [ "$host" != localhost ]; then proxies_sql "$host"; fi
	# The tables of accounts are not read while a data folder is made, unless asked for.
	printf 'FLUSH PRIVILEGES;\n'
	printf "ALTER USER 'root'@'localhost' %s;\n" "$secret"
	[ "$host" != localhost ] || return 0
	account="'root'@$(quote "$host")"
	printf 'CREATE USER %s %s;\n' "$account" "$secret"
	printf 'GRANT ALL ON *.* TO %s WITH GRANT OPTION;\n' "$account"
}

# proxies_sql HOST: root@HOST may act for others as root@localhost may. The right cannot be granted while a data folder is made.
proxies_sql() {
	printf 'INSERT INTO mysql.proxies_priv (Host, User, Proxied_host, Proxied_user, With_grant, Grantor) '
	printf "SELECT %s, User, Proxied_host, Proxied_user, With_grant, Grantor FROM mysql.proxies_priv;\n" "$(quote "$1")"
}

# make_data_folder FOLDER [ARGUMENT...]: a complete data folder. The statements reach the server by a pipe, never by a file.
make_data_folder() {
	local folder=$1
	printf 'Initialising the data folder\n'
	mariadb-install-db --datadir="$folder" --skip-test-db --auth-root-authentication-method=normal --skip-name-resolve \
		--skip-log-bin "${@:2}" > /dev/null
	{ time_zone_sql; account_sql; } | "$server" "${@:2}" --datadir="$folder" --bootstrap --skip-log-bin
}

time_zone_sql() {
	if [ -n "${MARIADB_INITDB_SKIP_TZINFO:-}${MYSQL_INITDB_SKIP_TZINFO:-}" ]; then return 0; fi
	printf 'USE mysql;\n'
	mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo 2> /dev/null
}
