import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** The bytes were not made with this key for this place, or were changed since. */
export class CipherError extends Error {
	override readonly name = 'CipherError';
}

/** Which place a ciphertext belongs to, as bytes in which no two places look alike: each part with its length before it. */
export function bindingOf(parts: string[]): Buffer {
	const chunks = parts.flatMap((part) => {
		const bytes = Buffer.from(part);
		const length = Buffer.alloc(4);
		length.writeUInt32BE(bytes.length);
		return [length, bytes];
	});
	return Buffer.concat(chunks);
}

/** AES-256-GCM with a random nonce: nonce, ciphertext and tag, one after another. */
export function seal(key: Buffer, binding: Buffer, clear: Buffer): Buffer {
	const nonce = randomBytes(NONCE_BYTES);
	const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
	cipher.setAAD(binding);
	return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
}

/** The clear bytes of what `seal` made; nothing unverified ever leaves. Throws CipherError. */
export function unseal(key: Buffer, binding: Buffer, sealed: Buffer): Buffer {
	if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new CipherError('too short');
	const nonce = sealed.subarray(0, NONCE_BYTES);
	// Without a fixed tag length node accepts tags of 4 bytes, which can be guessed.
	const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
	decipher.setAAD(binding);
	decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
	try {
		return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
	} catch (cause) {
		throw new CipherError('does not verify', { cause });
	}
}
