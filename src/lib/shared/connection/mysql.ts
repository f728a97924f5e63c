import { laravelDatabase, snippetsOf, uriAuthority } from './parts';
import { envLine, jsonLiteral, phpLiteral, shellWord, uriPart } from './quote';
import { PASSWORD_PLACEHOLDER, type ConnectionFacts, type ConnectionText } from './text';

/** `mysql` and `mariadb` differ in the program's name and in Laravel's driver. */
type Kind = 'mysql' | 'mariadb';
type Known = ConnectionFacts & { password: string; kind: Kind };

/** The name to log in with: an account's address is where it comes from, not a part of that. */
function loginName(user: string): string {
	const at = user.lastIndexOf('@');
	return at < 0 ? user : user.slice(0, at);
}

function uri(facts: Known): string {
	const { password, database } = facts;
	return `mysql://${uriAuthority(facts, password)}/${database === null ? '' : uriPart(database)}`;
}

/** The password goes by the environment: arguments can be read by every user of a machine. Without one, the program asks for it. */
function command({ kind, host, port, user, database }: Known, password: string | null): string {
	const words = [
		kind,
		// Without it "localhost" would mean a socket.
		`--protocol=TCP`,
		`--host=${shellWord(host)}`,
		`--port=${port}`,
		`--user=${shellWord(user)}`,
		...(database === null ? [] : [`--database=${shellWord(database)}`]),
		...(password === null ? ['--password'] : []),
	].join(' ');
	return password === null ? words : `MYSQL_PWD=${shellWord(password)} ${words}`;
}

function env(facts: Known): string {
	const { host, port, user, password, database } = facts;
	return [
		envLine('DATABASE_URL', uri(facts)),
		envLine('MYSQL_HOST', host),
		envLine('MYSQL_PORT', String(port)),
		envLine('MYSQL_USER', user),
		envLine('MYSQL_PASSWORD', password),
		...(database === null ? [] : [envLine('MYSQL_DATABASE', database)]),
	].join('\n');
}

function node({ host, port, user, password, database }: Known): string {
	return [
		`import mysql from 'mysql2/promise';`,
		``,
		`const pool = mysql.createPool({`,
		`	host: ${jsonLiteral(host)},`,
		`	port: ${port},`,
		`	user: ${jsonLiteral(user)},`,
		`	password: ${jsonLiteral(password)},`,
		...(database === null ? [] : [`	database: ${jsonLiteral(database)},`]),
		`});`,
		`const [rows] = await pool.query('SELECT version()');`,
	].join('\n');
}

function python({ host, port, user, password, database }: Known): string {
	return [
		`import pymysql`,
		``,
		`connection = pymysql.connect(`,
		`    host=${jsonLiteral(host)},`,
		`    port=${port},`,
		`    user=${jsonLiteral(user)},`,
		`    password=${jsonLiteral(password)},`,
		...(database === null ? [] : [`    database=${jsonLiteral(database)},`]),
		`)`,
		`with connection.cursor() as cursor:`,
		`    cursor.execute("SELECT version()")`,
		`    print(cursor.fetchone())`,
	].join('\n');
}

function php({ host, port, user, password, database }: Known): string {
	const address = `mysql:host=${host};port=${port};charset=utf8mb4`;
	// A ";" ends a value of the DSN; such a name is chosen by a statement instead.
	const isPlain = database !== null && !/[;\\'"\s]/.test(database);
	const use =
		database === null || isPlain
			? []
			: [`$pdo->exec(${phpLiteral(`USE \`${database.replaceAll('`', '``')}\``)});`];
	return [
		`$pdo = new PDO(`,
		`    ${phpLiteral(isPlain ? `${address};dbname=${database}` : address)},`,
		`    ${phpLiteral(user)},`,
		`    ${phpLiteral(password)},`,
		`);`,
		...use,
		`echo $pdo->query('SELECT version()')->fetchColumn();`,
	].join('\n');
}

function laravel(facts: Known): string {
	return laravelDatabase(facts.kind, facts);
}

function textFor(kind: Kind, facts: ConnectionFacts): ConnectionText {
	const known: Known = {
		...facts,
		kind,
		user: loginName(facts.user),
		password: facts.password ?? PASSWORD_PLACEHOLDER,
	};
	return {
		uri: uri(known),
		command: command(known, facts.password),
		env: env(known),
		snippets: snippetsOf(known, { node, python, php, laravel }),
	};
}

/** How to connect to a MySQL server. */
export function mysqlConnectionText(facts: ConnectionFacts): ConnectionText {
	return textFor('mysql', facts);
}

/** How to connect to a MariaDB server. */
export function mariadbConnectionText(facts: ConnectionFacts): ConnectionText {
	return textFor('mariadb', facts);
}
