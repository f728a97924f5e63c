import { createHash } from 'node:crypto';
import { queryNotAllowed } from '../../query-not-allowed';
import { keyText } from './text';
import { keyOfText } from './tokenizer';

/** As long an id as the API takes. */
const maxIdLength = 1_000;
/** No text of a key begins so: its closing quote is missing. */
const encoded = '"b64:';
const digested = '"sha256:';
/** The longest name that can be sent back: base64 makes four characters of three bytes. */
const maxBytes = Math.floor(((maxIdLength - encoded.length) * 3) / 4);

/**
 * What tells a key from every other and is short enough to be sent back: its text, or its bytes in base64 where that is shorter. For a
 * longer key a digest, which opens nothing.
 */
export function keyId(key: Buffer): string {
	if (key.length > maxBytes && key.length > maxIdLength) return digestOf(key);
	const text = keyText(key);
	if (text.length <= maxIdLength) return text;
	return key.length <= maxBytes ? `${encoded}${key.toString('base64url')}` : digestOf(key);
}

function digestOf(key: Buffer): string {
	return `${digested}${key.length}:${createHash('sha256').update(key).digest('base64url')}`;
}

/** The key that `keyId` made this of, or null when it made it of none. Throws QUERY_NOT_ALLOWED for one that is too long. */
export function keyOf(id: string): Buffer | null {
	const bytes = /^"sha256:(\d{1,10}):/.exec(id)?.[1];
	if (bytes !== undefined && !id.endsWith('"')) {
		throw queryNotAllowed({ reason: 'keyTooLong', bytes: Number(bytes), maxBytes });
	}
	const [, base64] = /^"b64:([\w-]+)$/.exec(id) ?? [];
	return base64 === undefined ? keyOfText(id) : Buffer.from(base64, 'base64url');
}
