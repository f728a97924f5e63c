import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../secret';

/** PBKDF2-SHA256 and AES-256-GCM, the one of the server's three ways that needs nothing but Node. */
const ALGORITHM = 2;
const ROUNDS = 8_192;
const CHUNK_BYTES = 16 * 1024;
const MORE = 0x00;
const LAST = 0x80;

const derive = promisify(pbkdf2);

function sealChunk(key: Buffer, nonce: Buffer, sequence: number, aad: Buffer | null, text: Buffer): Buffer {
	const counter = Buffer.alloc(4);
	counter.writeUInt32LE(sequence);
	const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([nonce, counter]));
	if (aad) cipher.setAAD(aad);
	return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/**
 * A body of the admin API as only the holder of the caller's secret reads it: salt, algorithm, nonce, then chunks, each bound to its place
 * by the tag of an empty first one (madmin-go's encrypt.go over sio).
 */
export async function seal(secret: Secret, text: Buffer): Promise<Buffer> {
	const salt = randomBytes(32);
	const nonce = randomBytes(8);
	const key = await derive(secret.reveal(), salt, ROUNDS, 32, 'sha256');
	const first = sealChunk(key, nonce, 0, null, Buffer.alloc(0));
	const parts: Buffer[] = [salt, Buffer.from([ALGORITHM]), nonce];
	for (let start = 0, sequence = 1; start === 0 || start < text.length; start += CHUNK_BYTES, sequence += 1) {
		const isLast = start + CHUNK_BYTES >= text.length;
		const aad = Buffer.concat([Buffer.from([isLast ? LAST : MORE]), first]);
		parts.push(sealChunk(key, nonce, sequence, aad, text.subarray(start, start + CHUNK_BYTES)));
	}
	return Buffer.concat(parts);
}
