import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const iterations = 4096;

function hmac(key: Buffer, text: string): Buffer {
	return createHmac('sha256', key).update(text).digest();
}

function fieldsOf(text: string): Map<string, string> {
	return new Map(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function unescaped(name: string): string {
	return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

/** The server's side of one login by SCRAM-SHA-256 (RFC 5802, RFC 7677). */
export class ScramServer {
	readonly user: string;
	readonly first: string;
	readonly #clientFirst: string;
	readonly #salt = randomBytes(28);

	/** `payload`: the client's first message. */
	constructor(payload: string) {
		this.#clientFirst = payload.replace(/^n,,/, '');
		const fields = fieldsOf(this.#clientFirst);
		this.user = unescaped(fields.get('n') ?? '');
		const nonce = `${fields.get('r') ?? ''}${randomBytes(18).toString('base64')}`;
		this.first = `r=${nonce},s=${this.#salt.toString('base64')},i=${iterations}`;
	}

	/** The server's last message, or null when the password is another. */
	finish(payload: string, password: string): string | null {
		const salted = pbkdf2Sync(password, this.#salt, iterations, 32, 'sha256');
		const clientKey = hmac(salted, 'Client Key');
		const storedKey = createHash('sha256').update(clientKey).digest();
		const proofAt = payload.lastIndexOf(',p=');
		const message = `${this.#clientFirst},${this.first},${payload.slice(0, proofAt)}`;
		const signature = hmac(storedKey, message);
		const proof = Buffer.from(payload.slice(proofAt + 3), 'base64');
		const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
		if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) return null;
		return `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`;
	}
}
