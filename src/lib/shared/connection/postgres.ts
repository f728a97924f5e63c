import { laravelDatabase, snippetsOf, uriAuthority } from './parts';
import { conninfoValue, envLine, jsonLiteral, phpLiteral, shellWord, uriPart } from './quote';
import { PASSWORD_PLACEHOLDER, type ConnectionFacts, type ConnectionText } from './text';

const defaultDatabase = 'postgres';

type Known = ConnectionFacts & { password: string; database: string };

function uri(facts: Known, password: string | null): string {
	return `postgresql://${uriAuthority(facts, password)}/${uriPart(facts.database)}`;
}

/** The password goes by the environment: arguments can be read by every user of a machine. Without one, psql asks for it. */
function command(facts: Known, password: string | null): string {
	const psql = `psql ${shellWord(uri(facts, null))}`;
	return password === null ? psql : `PGPASSWORD=${shellWord(password)} ${psql}`;
}

function env(facts: Known): string {
	const { host, port, user, password, database } = facts;
	return [
		envLine('DATABASE_URL', uri(facts, password)),
		envLine('PGHOST', host),
		envLine('PGPORT', String(port)),
		envLine('PGUSER', user),
		envLine('PGPASSWORD', password),
		envLine('PGDATABASE', database),
	].join('\n');
}

function node({ host, port, user, password, database }: Known): string {
	return [
		`import pg from 'pg';`,
		``,
		`const pool = new pg.Pool({`,
		`	host: ${jsonLiteral(host)},`,
		`	port: ${port},`,
		`	user: ${jsonLiteral(user)},`,
		`	password: ${jsonLiteral(password)},`,
		`	database: ${jsonLiteral(database)},`,
		`});`,
		`const { rows } = await pool.query('SELECT version()');`,
	].join('\n');
}

function python({ host, port, user, password, database }: Known): string {
	return [
		`import psycopg`,
		``,
		`connection = psycopg.connect(`,
		`    host=${jsonLiteral(host)},`,
		`    port=${port},`,
		`    user=${jsonLiteral(user)},`,
		`    password=${jsonLiteral(password)},`,
		`    dbname=${jsonLiteral(database)},`,
		`)`,
		`print(connection.execute("SELECT version()").fetchone())`,
	].join('\n');
}

function php({ host, port, user, password, database }: Known): string {
	const address = `pgsql:host=${conninfoValue(host)};port=${port}`;
	// PDO reads every ";" of its DSN as a separator, quoted or not; libpq takes the name from the environment then.
	const isSplitByPdo = database.includes(';');
	const dsn = isSplitByPdo ? address : `${address};dbname=${conninfoValue(database)}`;
	return [
		...(isSplitByPdo ? [`putenv(${phpLiteral(`PGDATABASE=${database}`)});`] : []),
		`$pdo = new PDO(`,
		`    ${phpLiteral(dsn)},`,
		`    ${phpLiteral(user)},`,
		`    ${phpLiteral(password)},`,
		`);`,
		`echo $pdo->query('SELECT version()')->fetchColumn();`,
	].join('\n');
}

function laravel(facts: Known): string {
	return laravelDatabase('pgsql', facts);
}

/** How to connect to a PostgreSQL server. */
export function postgresConnectionText(facts: ConnectionFacts): ConnectionText {
	const known: Known = {
		...facts,
		password: facts.password ?? PASSWORD_PLACEHOLDER,
		database: facts.database ?? defaultDatabase,
	};
	return {
		uri: uri(known, known.password),
		command: command(known, facts.password),
		env: env(known),
		snippets: snippetsOf(known, { node, python, php, laravel }),
	};
}
