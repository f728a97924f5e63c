import { snippetsOf, uriAuthority } from './parts';
import { envLine, jsonLiteral, laravelEnvLine, phpLiteral, shellWord, uriPart } from './quote';
import { PASSWORD_PLACEHOLDER, type ConnectionFacts, type ConnectionText } from './text';

const adminDatabase = 'admin';
/** Where clients go that are told no database. */
const defaultDatabase = 'test';

type Known = ConnectionFacts & { password: string; database: string; authSource: string };

/** `name@database` is a user that lives in another database than `admin`. */
function login(identifier: string): { user: string; authSource: string } {
	const at = identifier.lastIndexOf('@');
	if (at < 0) return { user: identifier, authSource: adminDatabase };
	return { user: identifier.slice(0, at), authSource: identifier.slice(at + 1) };
}

/** `directConnection`: a server without replicas is reached as itself, whatever it calls itself. */
function uri(facts: Known, password: string | null): string {
	const options = `authSource=${uriPart(facts.authSource)}&directConnection=true`;
	return `mongodb://${uriAuthority(facts, password)}/${uriPart(facts.database)}?${options}`;
}

/** Without the password, which mongosh asks for: arguments can be read by every user of a machine. */
function command(facts: Known): string {
	return `mongosh ${shellWord(uri(facts, null))}`;
}

function env(facts: Known): string {
	const { host, port, user, password, database, authSource } = facts;
	return [
		envLine('MONGODB_URI', uri(facts, password)),
		envLine('MONGODB_HOST', host),
		envLine('MONGODB_PORT', String(port)),
		envLine('MONGODB_USER', user),
		envLine('MONGODB_PASSWORD', password),
		envLine('MONGODB_DATABASE', database),
		envLine('MONGODB_AUTH_SOURCE', authSource),
	].join('\n');
}

function node(facts: Known): string {
	return [
		`import { MongoClient } from 'mongodb';`,
		``,
		`const client = new MongoClient(${jsonLiteral(uri(facts, facts.password))});`,
		`const database = client.db(${jsonLiteral(facts.database)});`,
		`console.log(await database.command({ ping: 1 }));`,
	].join('\n');
}

function python({ host, port, user, password, database, authSource }: Known): string {
	return [
		`from pymongo import MongoClient`,
		``,
		`client = MongoClient(`,
		`    host=${jsonLiteral(host)},`,
		`    port=${port},`,
		`    username=${jsonLiteral(user)},`,
		`    password=${jsonLiteral(password)},`,
		`    authSource=${jsonLiteral(authSource)},`,
		`    directConnection=True,`,
		`)`,
		`database = client[${jsonLiteral(database)}]`,
		`print(database.command("ping"))`,
	].join('\n');
}

function php(facts: Known): string {
	return [
		`$client = new MongoDB\\Client(${phpLiteral(uri(facts, facts.password))});`,
		`$database = $client->selectDatabase(${phpLiteral(facts.database)});`,
		`var_dump($database->command(['ping' => 1])->toArray());`,
	].join('\n');
}

/** As the package mongodb/laravel-mongodb reads it. */
function laravel(facts: Known): string {
	return [
		`DB_CONNECTION=mongodb`,
		laravelEnvLine('DB_URI', uri(facts, facts.password)),
		laravelEnvLine('DB_DATABASE', facts.database),
	].join('\n');
}

/** How to connect to a MongoDB server, or to one that speaks its protocol. */
export function mongodbConnectionText(facts: ConnectionFacts): ConnectionText {
	const known: Known = {
		...facts,
		...login(facts.user),
		password: facts.password ?? PASSWORD_PLACEHOLDER,
		database: facts.database ?? defaultDatabase,
	};
	return {
		uri: uri(known, known.password),
		command: command(known),
		env: env(known),
		snippets: snippetsOf(known, { node, python, php, laravel }),
	};
}
