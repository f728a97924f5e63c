# shellcheck shell=bash
# MySQL's part of the entrypoint.

label=MySQL
server=mysqld
prefix=MYSQL

read_settings() {
	read_setting root_password MYSQL_ROOT_PASSWORD
	read_setting root_host MYSQL_ROOT_HOST
	read_setting allow_empty MYSQL_ALLOW_EMPTY_PASSWORD
	read_setting random_password MYSQL_RANDOM_ROOT_PASSWORD
	read_setting database MYSQL_DATABASE
	read_setting user MYSQL_USER
	read_setting password MYSQL_PASSWORD
	root_password_hash='' password_hash=''
}

# identified PASSWORD HASH
identified() {
	printf 'IDENTIFIED BY %s' "$(quote "$1")"
}

root_sql() {
	local host=${root_host:-%} account
	printf "ALTER USER 'root'@'localhost' %s;\n" "$(identified "$root_password")"
	[ "$host" != localhost ] || return 0
	account="'root'@$(quote "$host")"
	printf 'CREATE USER %s %s;\n' "$account" "$(identified "$root_password")"
	printf 'GRANT ALL ON *.* TO %s WITH GRANT OPTION;\n' "$account"
}

# make_data_folder FOLDER [ARGUMENT...]: a complete data folder. The statements reach the server by a pipe, never by a file.
make_data_folder() {
	local folder=$1
	printf 'Initialising the data folder\n'
	"$server" "${@:2}" --datadir="$folder" --initialize-insecure --skip-log-bin --init-file=<(account_sql; time_zone_sql)
}

time_zone_sql() {
	if [ -n "${MYSQL_INITDB_SKIP_TZINFO:-}" ]; then return 0; fi
	printf 'USE mysql;\n'
	mysql_tzinfo_to_sql /usr/share/zoneinfo 2> /dev/null
}
