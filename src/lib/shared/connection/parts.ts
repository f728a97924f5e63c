import { laravelEnvLine, uriPart } from './quote';
import { snippetLanguages, type ConnectionFacts, type ConnectionText, type SnippetLanguage } from './text';

/** Who connects where, as a URI names it. `password` null: the program asks for it. */
export function uriAuthority(
	{ host, port, user }: Pick<ConnectionFacts, 'host' | 'port' | 'user'>,
	password: string | null,
): string {
	const login = password === null ? uriPart(user) : `${uriPart(user)}:${uriPart(password)}`;
	return `${login}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** One snippet for each language, in the order in which they are shown. */
export function snippetsOf<Facts>(
	facts: Facts,
	byLanguage: Record<SnippetLanguage, (facts: Facts) => string>,
): ConnectionText['snippets'] {
	return snippetLanguages.map((language) => ({ language, code: byLanguage[language](facts) }));
}

/** Laravel's `.env` for a server that it reaches by `driver`. */
export function laravelDatabase(
	driver: string,
	{ host, port, user, password, database }: ConnectionFacts & { password: string },
): string {
	return [
		`DB_CONNECTION=${driver}`,
		laravelEnvLine('DB_HOST', host),
		laravelEnvLine('DB_PORT', String(port)),
		...(database === null ? [] : [laravelEnvLine('DB_DATABASE', database)]),
		laravelEnvLine('DB_USERNAME', user),
		laravelEnvLine('DB_PASSWORD', password),
	].join('\n');
}
