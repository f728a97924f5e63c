import type { RequestHead } from '../storage';
import { SYSTEM_FOLDER } from './client';

/** The path as the server reads it, or null when it is no text. */
function plainPath(path: string): string | null {
	try {
		return decodeURIComponent(path);
	} catch {
		return null;
	}
}

const rules: { name: string; refuses: (head: RequestHead) => boolean }[] = [
	// Accounts and temporary logins: apps have no business there.
	{
		name: 'account service',
		refuses: ({ method, path }) => method === 'POST' && /^\/*$/.test(plainPath(path) ?? path),
	},
	{ name: 'token service', refuses: ({ query }) => query.has('Action') },
	// It takes `a//b` for `a/b`: an app would write over another object without a word.
	{ name: 'empty part', refuses: ({ path }) => /\/\/./.test(plainPath(path) ?? path) },
	// The size of the whole disk, for whoever may read the bucket.
	{ name: 'system folder', refuses: ({ path }) => (plainPath(path) ?? path).includes(`/${SYSTEM_FOLDER}/`) },
];

/** The rule by which a request never reaches the server, or null. */
export function refusal(head: RequestHead): string | null {
	return rules.find((rule) => rule.refuses(head))?.name ?? null;
}
