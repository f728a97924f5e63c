import { snippetsOf, uriAuthority } from './parts';
import { envLine, jsonLiteral, laravelEnvLine, phpLiteral, shellWord } from './quote';
import { PASSWORD_PLACEHOLDER, type ConnectionFacts, type ConnectionText } from './text';

/** The protocol and its drivers are the same; each engine brings a program of its own for the terminal. */
type Program = 'redis-cli' | 'valkey-cli';

type Known = Omit<ConnectionFacts, 'database'> & { password: string; database: number };

/** Databases are numbers; every client begins in the first. */
function databaseNumber(database: string | null): number {
	return database !== null && /^\d{1,6}$/.test(database) ? Number(database) : 0;
}

function uri(facts: Known): string {
	return `redis://${uriAuthority(facts, facts.password)}/${facts.database}`;
}

/**
 * The password goes by the environment: arguments can be read by every user of a machine. Without one, the program asks for it. All
 * versions of both read this variable.
 */
function command(program: Program, facts: Known, password: string | null): string {
	const { host, port, user, database } = facts;
	const login = `${program} -h ${shellWord(host)} -p ${port} --user ${shellWord(user)} -n ${database}`;
	return password === null ? `${login} --askpass` : `REDISCLI_AUTH=${shellWord(password)} ${login}`;
}

function env(facts: Known): string {
	const { host, port, user, password, database } = facts;
	return [
		envLine('REDIS_URL', uri(facts)),
		envLine('REDIS_HOST', host),
		envLine('REDIS_PORT', String(port)),
		envLine('REDIS_USERNAME', user),
		envLine('REDIS_PASSWORD', password),
		envLine('REDIS_DB', String(database)),
	].join('\n');
}

function node({ host, port, user, password, database }: Known): string {
	return [
		`import { Redis } from 'ioredis';`,
		``,
		`const redis = new Redis({`,
		`	host: ${jsonLiteral(host)},`,
		`	port: ${port},`,
		`	username: ${jsonLiteral(user)},`,
		`	password: ${jsonLiteral(password)},`,
		`	db: ${database},`,
		`});`,
		`console.log(await redis.ping());`,
	].join('\n');
}

function python({ host, port, user, password, database }: Known): string {
	return [
		`import redis`,
		``,
		`connection = redis.Redis(`,
		`    host=${jsonLiteral(host)},`,
		`    port=${port},`,
		`    username=${jsonLiteral(user)},`,
		`    password=${jsonLiteral(password)},`,
		`    db=${database},`,
		`)`,
		`print(connection.ping())`,
	].join('\n');
}

function php({ host, port, user, password, database }: Known): string {
	return [
		`// phpredis`,
		`$redis = new Redis();`,
		`$redis->connect(${phpLiteral(host)}, ${port});`,
		`$redis->auth([${phpLiteral(user)}, ${phpLiteral(password)}]);`,
		`$redis->select(${database});`,
		``,
		`// Predis`,
		`$redis = new Predis\\Client([`,
		`    'host' => ${phpLiteral(host)},`,
		`    'port' => ${port},`,
		`    'username' => ${phpLiteral(user)},`,
		`    'password' => ${phpLiteral(password)},`,
		`    'database' => ${database},`,
		`]);`,
	].join('\n');
}

function laravel({ host, port, user, password, database }: Known): string {
	return [
		laravelEnvLine('REDIS_HOST', host),
		laravelEnvLine('REDIS_PORT', String(port)),
		laravelEnvLine('REDIS_USERNAME', user),
		laravelEnvLine('REDIS_PASSWORD', password),
		laravelEnvLine('REDIS_DB', String(database)),
		laravelEnvLine('REDIS_CACHE_DB', String(database)),
	].join('\n');
}

function connectionText(program: Program, facts: ConnectionFacts): ConnectionText {
	const known: Known = {
		...facts,
		password: facts.password ?? PASSWORD_PLACEHOLDER,
		database: databaseNumber(facts.database),
	};
	return {
		uri: uri(known),
		command: command(program, known, facts.password),
		env: env(known),
		snippets: snippetsOf(known, { node, python, php, laravel }),
	};
}

/** How to connect to a Redis server. */
export function redisConnectionText(facts: ConnectionFacts): ConnectionText {
	return connectionText('redis-cli', facts);
}

/** How to connect to a Valkey server. */
export function valkeyConnectionText(facts: ConnectionFacts): ConnectionText {
	return connectionText('valkey-cli', facts);
}
