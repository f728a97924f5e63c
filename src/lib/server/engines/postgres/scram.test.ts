import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { scramVerifier } from './scram';

/** The exchange printed in RFC 7677, section 3. */
const rfc = {
	password: 'pencil',
	salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
	authMessage: [
		'n=user,r=rOprNGfwEbeRWgbNEkqO',
		'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
		'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
	].join(','),
	clientProof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
	serverSignature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

function parse(verifier: string): { iterations: number; salt: string; storedKey: Buffer; serverKey: Buffer } {
	const match = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier);
	if (!match) throw new Error(verifier);
	const [, iterations, salt, storedKey, serverKey] = match;
	return {
		iterations: Number(iterations),
		salt: salt ?? '',
		storedKey: Buffer.from(storedKey ?? '', 'base64'),
		serverKey: Buffer.from(serverKey ?? '', 'base64'),
	};
}

describe('scramVerifier', () => {
	it('accepts the proof and gives the signature of RFC 7677', async () => {
		const verifier = await scramVerifier(new Secret(rfc.password), { salt: Buffer.from(rfc.salt, 'base64') });
		const { iterations, salt, storedKey, serverKey } = parse(verifier);
		expect([iterations, salt]).toEqual([4096, rfc.salt]);
		const clientSignature = createHmac('sha256', storedKey).update(rfc.authMessage).digest();
		const clientKey = Buffer.from(rfc.clientProof, 'base64').map(
			(byte, index) => byte ^ (clientSignature[index] ?? 0),
		);
		expect(timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey)).toBe(true);
		expect(createHmac('sha256', serverKey).update(rfc.authMessage).digest('base64')).toBe(
			rfc.serverSignature,
		);
	});

	it('takes a new salt each time', async () => {
		const password = new Secret('the same one');
		expect(await scramVerifier(password)).not.toBe(await scramVerifier(password));
	});
});
