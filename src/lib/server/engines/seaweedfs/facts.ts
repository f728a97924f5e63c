import { z } from 'zod';
import type { StorageKeyInfo } from '../storage';

/** What is known of a key besides its rights; it is kept in tags of its account. */
export type KeyFacts = Pick<StorageKeyInfo, 'description' | 'createdAt' | 'expiresAt'>;

/** Tags hold 256 bytes each; the longest description takes four. */
const TAG_BYTES = 256;
const tagNames = ['sh0-0', 'sh0-1', 'sh0-2', 'sh0-3'];

const moment = z.iso.datetime().transform((text) => new Date(text));
const factsSchema = z.object({ description: z.string(), createdAt: moment, expiresAt: moment.nullable() });

const unknown: KeyFacts = { description: '', createdAt: null, expiresAt: null };

/** As many tags each time, since those that are not said stay as they are. Throws an Error for facts that they could not hold. */
export function tagsOf(facts: KeyFacts): Map<string, string> {
	const text = Buffer.from(JSON.stringify(facts)).toString('base64url');
	if (text.length > TAG_BYTES * tagNames.length)
		throw new Error('the facts of a key are too long for its tags');
	return new Map(
		tagNames.map((name, index) => [name, text.slice(index * TAG_BYTES, (index + 1) * TAG_BYTES)]),
	);
}

/** Nothing is known of a key that somebody else has made. */
export function factsOf(tags: Map<string, string>): KeyFacts {
	const text = tagNames.map((name) => tags.get(name) ?? '').join('');
	try {
		const facts = factsSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
		return facts.success ? facts.data : unknown;
	} catch {
		return unknown;
	}
}
