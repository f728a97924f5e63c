/**
 * Words and names that are rightly equal in English and another language. Whole messages, without their placeholders and signs.
 */
const same = new Set<string>([
	'Action',
	'Actions',
	'Active',
	'Admin',
	'Bucket',
	'Buckets',
	'Client',
	'Code',
	'Collation',
	'Collection',
	'Collections',
	'Data',
	'Digest',
	'E-mail',
	'Error',
	'Experimental',
	'Host',
	'Image',
	'Invitations',
	'Notifications',
	'Pages',
	'Pause',
	'Port',
	'Public',
	'Secret',
	'Secrets',
	'Sessions',
	'Table',
	'Tables',
	'Version',
	'Volume',
]);

/** Names that no language translates, wherever they stand in a message. */
const names =
	/\b(PostgreSQL|MySQL|MariaDB|MongoDB|FerretDB|Redis|Valkey|Docker|Node\.js|Node|Python|PHP|Laravel|Java|Go|Ruby|psql|sh0|URI|URL|API|CPU|TOTP|IP|JSON|CSV|SQL|UTF8|GB|MB|SSL|TLS|ID|\.env)\b/g;

/** True when nothing in the text needs a translation: only names, numbers, signs and placeholders, or a word of the list. */
export function sameInSeveralLanguages(text: string): boolean {
	const rest = text
		.replace(/\{\w+\}/g, ' ')
		.replace(names, ' ')
		.replace(/[^\p{L}-]+/gu, ' ')
		.trim();
	return rest === '' || same.has(rest);
}
