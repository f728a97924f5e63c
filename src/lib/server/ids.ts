import { randomBytes } from 'node:crypto';
import { idPrefixes, type IdKind } from '$lib/shared/ids';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** A new random id such as `svc_k5x…` (see `$lib/shared/ids`). */
export function newId(kind: IdKind): string {
	const bytes = randomBytes(20);
	let text = '';
	for (const byte of bytes) text += alphabet.charAt(byte & 31);
	return `${idPrefixes[kind]}_${text}`;
}
