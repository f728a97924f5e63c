import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../secret';

/**
 * What MariaDB stores for a password of `mysql_native_password`, so that the server never sees, and never logs, its clear text. It has
 * no salt: only a long random password is safe in it.
 */
export function nativeHash(password: Secret): string {
	const inner = createHash('sha1').update(password.reveal(), 'utf8').digest();
	return `*${createHash('sha1').update(inner).digest('hex').toUpperCase()}`;
}

/** True when the stored hash is that of this password. */
export function isNativeHash(password: Secret, stored: Buffer): boolean {
	const expected = Buffer.from(nativeHash(password));
	return stored.length === expected.length && timingSafeEqual(stored, expected);
}
