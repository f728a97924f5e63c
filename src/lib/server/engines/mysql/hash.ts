import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../secret';

/** The prefix of `caching_sha2_password`: its digest, and thousands of rounds in hexadecimal. */
const prefix = '$A$005$';
const rounds = 5_000;
const saltLength = 20;

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Drepper's order of the digest's bytes in the text; the last group has two. */
const order = [
	[0, 10, 20],
	[21, 1, 11],
	[12, 22, 2],
	[3, 13, 23],
	[24, 4, 14],
	[15, 25, 5],
	[6, 16, 26],
	[27, 7, 17],
	[18, 28, 8],
	[9, 19, 29],
] as const;

function sha256(...parts: Buffer[]): Buffer {
	const hash = createHash('sha256');
	for (const part of parts) hash.update(part);
	return hash.digest();
}

/** `length` bytes of a digest, repeated as often as it takes. */
function stretch(digest: Buffer, length: number): Buffer {
	return Buffer.alloc(length, digest);
}

function encode(digest: Buffer): string {
	const characters = (value: number, count: number): string =>
		Array.from({ length: count }, (_, index) => alphabet.charAt((value >> (6 * index)) & 63)).join('');
	const byte = (index: number): number => digest[index] ?? 0;
	const groups = order.map(([a, b, c]) => characters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4));
	return groups.join('') + characters((byte(31) << 8) | byte(30), 3);
}

/** SHA-crypt of Drepper's specification, of which MySQL stores the 43 characters of the digest. */
export function sha256Crypt(password: Buffer, salt: Buffer, count: number): string {
	const alternate = sha256(password, salt, password);
	const bits: Buffer[] = [];
	for (let length = password.length; length > 0; length >>= 1) bits.push(length & 1 ? alternate : password);
	let digest = sha256(password, salt, stretch(alternate, password.length), ...bits);
	const p = stretch(sha256(...Array.from({ length: password.length }, () => password)), password.length);
	const s = stretch(sha256(...Array.from({ length: 16 + (digest[0] ?? 0) }, () => salt)), salt.length);
	for (let round = 0; round < count; round += 1) {
		const parts = round & 1 ? [p] : [digest];
		if (round % 3 !== 0) parts.push(s);
		if (round % 7 !== 0) parts.push(p);
		parts.push(round & 1 ? digest : p);
		digest = sha256(...parts);
	}
	return encode(digest);
}

/** Bytes that are text on every way to the server: seven bits, no NUL and no `$`, which ends the salt. */
function newSalt(): Buffer {
	const bytes = Array.from(randomBytes(saltLength), (byte) => byte & 0x7f);
	return Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x24 ? byte + 1 : byte)));
}

/** What MySQL stores for a password, so that the server never sees its clear text: not in a statement, a log or performance_schema. */
export function cachingSha2Hash(password: Secret, salt: Buffer = newSalt()): Buffer {
	const digest = sha256Crypt(Buffer.from(password.reveal(), 'utf8'), salt, rounds);
	return Buffer.concat([Buffer.from(prefix), salt, Buffer.from(digest)]);
}

/** True when the stored hash, made here or by the server, is that of this password. */
export function isCachingSha2Hash(password: Secret, stored: Buffer): boolean {
	const count = /^\$A\$([0-9A-F]{3})\$/.exec(stored.subarray(0, prefix.length).toString('latin1'))?.[1];
	if (count === undefined || stored.length !== prefix.length + saltLength + 43) return false;
	const salt = stored.subarray(prefix.length, prefix.length + saltLength);
	const digest = sha256Crypt(
		Buffer.from(password.reveal(), 'utf8'),
		salt,
		Number.parseInt(count, 16) * 1_000,
	);
	return timingSafeEqual(Buffer.from(digest), stored.subarray(prefix.length + saltLength));
}
