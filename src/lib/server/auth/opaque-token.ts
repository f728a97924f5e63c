import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new random value of 256 bits as 43 base64url characters, for cookies, links and API tokens. */
export function newOpaqueToken(): string {
	return randomBytes(32).toString('base64url');
}

/** SHA-256 as lower-case hex. Enough for values of 128 random bits and more; passwords take argon2id instead. */
export function sha256Hex(text: string): string {
	return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Compares two hex digests in constant time. */
export function isSameDigest(a: string, b: string): boolean {
	const left = Buffer.from(a, 'hex');
	const right = Buffer.from(b, 'hex');
	return left.length === right.length && timingSafeEqual(left, right);
}
