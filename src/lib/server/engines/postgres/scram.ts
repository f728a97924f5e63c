import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../secret';

const deriveKey = promisify(pbkdf2);

/** PostgreSQL's own default (`scram_iterations`, settable from 16 on). */
const defaultIterations = 4096;

function hmac(key: Buffer, text: string): Buffer {
	return createHmac('sha256', key).update(text).digest();
}

/**
 * The SCRAM-SHA-256 verifier PostgreSQL stores (RFC 5802, RFC 7677), so that the server never sees the password's clear text: not in a
 * statement, its log or pg_stat_activity. The password must already be what SASLprep makes of it.
 */
export async function scramVerifier(
	password: Secret,
	{ salt = randomBytes(16), iterations = defaultIterations }: { salt?: Buffer; iterations?: number } = {},
): Promise<string> {
	const salted = await deriveKey(Buffer.from(password.reveal(), 'utf8'), salt, iterations, 32, 'sha256');
	const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
	const serverKey = hmac(salted, 'Server Key').toString('base64');
	return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
